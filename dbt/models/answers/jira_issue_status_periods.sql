{#- One row is a stay of an issue in a status. One that lasts is counted up to the moment of the build. -#}
with present as (
  select moments.moment, days.opens, days.seconds, days.seconds_before
  from {{ ref('jira_moment') }} as moments
  left join {{ ref('jira_working_days') }} as days on {{ jira_local_day('moments.moment') }} = days.day
)

select
  stays.issue_id,
  coalesce(statuses.id, stays.status_id) as status_id,
  coalesce(statuses.name, stays.status_name) as status_name,
  coalesce(statuses.category_key, 'undefined') as status_category_key,
  stays.entered,
  stays.left_at,
  coalesce(
    stays.seconds, greatest({{ jira_seconds('stays.entered', 'present.moment') }}, 0)
  ) as seconds,
  case
    when stays.left_at is not null then stays.working_seconds
    when stays.entered >= present.moment then 0
    else {{ jira_working_before('present', 'present.moment') }}
      - {{ jira_working_before('first_day', 'stays.entered') }}
  end as working_seconds
from {{ ref('jira_issue_stays') }} as stays
cross join present
left join {{ ref('jira_known_statuses') }} as statuses on stays.status_id = statuses.reference and statuses.is_known
left join {{ ref('jira_working_days') }} as first_day
  on stays.left_at is null and stays.entered_day = first_day.day
