{#- One row is a sub-task of an issue: by its own row, else, if that was not read, by its parent's. -#}
with issues as (
  select * from {{ ref('jira_present_issues') }}
)

select parent_id as issue_id, id as subtask_id
from {{ ref('jira_issues') }}
where is_subtask and parent_id is not null
union
select issues.id, {{ jira_text('subtask.value', 'id') }}
from issues
{{ jira_members('issues.subtasks', 'subtask') }}
where {{ jira_text('subtask.value', 'id') }} is not null
  and not exists (
    select 1 from {{ ref('jira_issues') }} as known
    where known.id = {{ jira_text('subtask.value', 'id') }}
  )
  and not exists (
    select 1 from {{ ref('jira_gone_issues') }} as gone
    where gone.id = {{ jira_text('subtask.value', 'id') }}
  )
