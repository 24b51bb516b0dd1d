{#- One row is a sub-task of an issue: by its own row, else, if that was not read, by its parent's; of
    several that show it, the one that was changed last: it went from one to the other. -#}
{{ config(materialized='jira_steps', refilled=true) }}
with shown as (
  select
    issue_id,
    id,
    row_number() over (partition by id order by updated desc nulls last, issue_id) as place
  from {{ ref('jira_issue_members') }}
  where kind = 'sub-task' and not is_gone
)

select places.parent_id as issue_id, places.id as subtask_id
from {{ ref('jira_issue_places') }} as places
inner join {{ ref('jira_issue_rows') }} as issues on places.id = issues.id
where issues.is_subtask and not issues.is_gone and places.parent_id is not null
union
select shown.issue_id, shown.id
from shown
left join {{ ref('jira_issue_rows') }} as known on shown.id = known.id
left join {{ jira_inline('jira_gone_issues') }} as gone on shown.id = gone.id
where shown.place = 1 and known.id is null and gone.id is null
