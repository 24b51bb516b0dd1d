{#- One row is a week of a project, from the first in which an issue of it was created; imported issues may
    have been completed before that. -#}
with issues as (
  select
    places.project_id,
    places.project_key,
    issues.created,
    issues.story_points,
    case when turns.current_category_key = 'done'
      then coalesce(turns.last_reopened_until, turns.first_entered)
    end as completed
  from {{ ref('jira_issue_turns') }} as turns
  inner join {{ ref('jira_issue_rows') }} as issues on turns.issue_id = issues.id and not issues.is_gone
  inner join {{ ref('jira_issue_places') }} as places on turns.issue_id = places.id
),

created as (
  select
    project_id,
    max(project_key) as project_key,
    cast(date_trunc('week', min(least(created, completed))) as date) as first_week
  from issues
  group by project_id
),

weeks as (
  select days.day as week
  from {{ jira_days('(select min(first_week) from created)', '(select moment from ' ~ ref('jira_moment') ~ ')') }} as days
  where extract(isodow from days.day) = 1
),

completed as (
  select
    project_id,
    cast(date_trunc('week', completed) as date) as week,
    count(*) as issues,
    sum(story_points) as story_points
  from issues
  where completed is not null
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
