{#- One row is a sub-task of an issue: by its own row, else, if that was not read, by its parent's; of
    several that show it, the one that was changed last: it went from one to the other. -#}
with issues as (
  select * from {{ ref('jira_present_issues') }}
),

shown as (
  select
    issues.id as issue_id,
    {{ jira_text('subtask.value', 'id') }} as subtask_id,
    row_number() over (
      partition by {{ jira_text('subtask.value', 'id') }}
      order by issues.updated desc nulls last, issues.id
    ) as place
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
where shown.place = 1 and shown.subtask_id is not null and known.id is null and gone.id is null
