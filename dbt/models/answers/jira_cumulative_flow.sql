{#- One row is a status of a project on a day, from the first day on which an issue was in it. -#}
with issues as (
  select id, project_id, project_key from {{ ref('jira_issues') }}
),

periods as (
  select
    issues.project_id,
    periods.status_id,
    periods.status_name,
    periods.status_category_key,
    cast(periods.entered as date) as first_day,
    cast(periods.left_at as date) as gone_day
  from {{ ref('jira_issue_status_periods') }} as periods
  inner join issues on periods.issue_id = issues.id
),

-- A stay counts on the days at whose end it lasts: one more on the day of entry, one less on that of leaving.
changes as (
  select project_id, status_id, day, sum(difference) as difference
  from (
    select project_id, status_id, first_day as day, 1 as difference from periods
    union all
    select project_id, status_id, gone_day as day, -1 as difference from periods
    where gone_day is not null
  ) as both_ends
  group by project_id, status_id, day
),

statuses as (
  select
    project_id,
    status_id,
    max(status_name) as status_name,
    max(status_category_key) as status_category_key,
    min(first_day) as first_day
  from periods
  group by project_id, status_id
),

projects as (
  select project_id, max(project_key) as project_key from issues group by project_id
),

days as (
  select days.day
  from {{ jira_days('(select min(first_day) from statuses)', '(select moment from ' ~ ref('jira_moment') ~ ')') }} as days
)

select
  days.day,
  statuses.project_id,
  projects.project_key,
  statuses.status_id,
  statuses.status_name,
  statuses.status_category_key,
  cast(sum(coalesce(changes.difference, 0)) over (
    partition by statuses.project_id, statuses.status_id order by days.day
    rows between unbounded preceding and current row
  ) as {{ jira_type('integer') }}) as issues
from statuses
inner join days on statuses.first_day <= days.day
inner join projects on statuses.project_id = projects.project_id
left join changes
  on statuses.project_id = changes.project_id
  and statuses.status_id = changes.status_id
  and days.day = changes.day
