{#- One row is a sub-task of an issue: by its own row, else, if that was not read, by its parent's. -#}
with issues as (
  select * from {{ ref('jira_present_issues') }}
),

shown as (
  select issues.id as issue_id, {{ jira_text('subtask.value', 'id') }} as subtask_id
  from issues
  {{ jira_members('issues.subtasks', 'subtask') }}
)

select parent_id as issue_id, id as subtask_id
from {{ ref('jira_issues') }}
where is_subtask and parent_id is not null
union
select shown.issue_id, shown.subtask_id
from shown
left join {{ ref('jira_issues') }} as known on shown.subtask_id = known.id
left join {{ ref('jira_gone_issues') }} as gone on shown.subtask_id = gone.id
where shown.subtask_id is not null and known.id is null and gone.id is null
