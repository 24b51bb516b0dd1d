{#- One row is a sub-task of an issue: by its own row, else, if that was not read, by its parent's. -#}
{{ config(materialized='jira_steps', refilled=true) }}
select places.parent_id as issue_id, places.id as subtask_id
from {{ ref('jira_issue_places') }} as places
inner join {{ ref('jira_issue_rows') }} as issues on places.id = issues.id
where issues.is_subtask and not issues.is_gone and places.parent_id is not null
union
select shown.issue_id, shown.id
from {{ ref('jira_issue_members') }} as shown
left join {{ ref('jira_issue_rows') }} as known on shown.id = known.id
left join {{ ref('jira_gone_issues') }} as gone on shown.id = gone.id
where shown.kind = 'sub-task' and not shown.is_gone and known.id is null and gone.id is null
