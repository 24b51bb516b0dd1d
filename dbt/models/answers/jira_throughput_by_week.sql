{#- One row is a week of a project, from the first in which an issue of it was created; imported issues may
    have been completed before that. -#}
with created as (
  select
    issues.project_id,
    max(issues.project_key) as project_key,
    cast(date_trunc('week', min(least(issues.created, done.completed))) as date) as first_week
  from {{ ref('jira_issues') }} as issues
  left join {{ ref('jira_issue_cycle_times') }} as done on issues.id = done.issue_id
  -- Without any history (a stream that was not selected) zeros would be untrue.
  where issues.id in (select issue_id from {{ ref('jira_issue_spans') }} where kind = 'status')
  group by issues.project_id
),

weeks as (
  select days.day as week
  from {{ jira_days('(select min(first_week) from created)', jira_now()) }} as days
  where extract(isodow from days.day) = 1
),

completed as (
  select
    project_id,
    cast(date_trunc('week', completed) as date) as week,
    count(*) as issues,
    sum(story_points) as story_points
  from {{ ref('jira_issue_cycle_times') }}
  group by 1, 2
)

select
  weeks.week,
  created.project_id,
  created.project_key,
  coalesce(completed.issues, 0) as issues,
  coalesce(completed.story_points, 0) as story_points
from created
inner join weeks on created.first_week <= weeks.week
left join completed
  on created.project_id is not distinct from completed.project_id and weeks.week = completed.week
