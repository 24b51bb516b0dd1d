{#- One row is an issue that is done now. -#}
with done as (
  select
    issues.id as issue_id,
    issues.key as issue_key,
    issues.project_id,
    issues.project_key,
    issues.issue_type_name,
    issues.created,
    turns.started,
    coalesce(turns.last_reopened_until, turns.first_entered) as completed,
    issues.story_points
  from {{ ref('jira_issues') }} as issues
  inner join {{ ref('jira_issue_turns') }} as turns on issues.id = turns.issue_id
  where turns.current_category_key = 'done'
)

select
  done.issue_id,
  done.issue_key,
  done.project_id,
  done.project_key,
  done.issue_type_name,
  done.created,
  done.started,
  done.completed,
  {{ jira_seconds('done.created', 'done.completed') }} as lead_seconds,
  {{ jira_seconds('done.started', 'done.completed') }} as cycle_seconds,
  {{ jira_working_before('completed_day', 'done.completed') }}
  - {{ jira_working_before('created_day', 'done.created') }} as working_lead_seconds,
  {{ jira_working_before('completed_day', 'done.completed') }}
  - {{ jira_working_before('started_day', 'done.started') }} as working_cycle_seconds,
  done.story_points
from done
left join {{ ref('jira_working_days') }} as created_day
  on {{ jira_local_day('done.created') }} = created_day.day
left join {{ ref('jira_working_days') }} as started_day
  on {{ jira_local_day('done.started') }} = started_day.day
left join {{ ref('jira_working_days') }} as completed_day
  on {{ jira_local_day('done.completed') }} = completed_day.day
