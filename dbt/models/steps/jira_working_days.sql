{#- One row is a day, in the time zone of the working hours, from that of the first issue to tomorrow. -#}
{{ config(refilled=true, unique_by='day') }}
{%- set hours = jira_working_hours() -%}
with issues as (
  select min(created) as first_created from {{ ref('jira_issue_rows') }} where not is_gone
),

spans as (
  select min(entered) as first_entered, max(entered) as last_entered
  from {{ ref('jira_issue_spans') }}
  where kind = 'status'
),

days as (
  select days.day
  from {{ jira_days(
    '(select least(first_created, first_entered) from issues, spans) - interval \'1 day\'',
    '(select greatest(' ~ jira_now() ~ ', last_entered) from issues, spans) + interval \'1 day\'',
  ) }} as days
),

hours as (
  select
    day,
    {{ jira_local_time('day', hours['start']) }} as opens,
    {{ jira_local_time('day', hours['end']) }} as closes
  from days
  where extract(isodow from day) in ({{ (hours['days'] or [0]) | join(', ') }})
),

lengths as (
  select
    days.day,
    hours.opens,
    hours.closes,
    coalesce({{ jira_seconds('hours.opens', 'hours.closes') }}, 0) as seconds
  from days
  left join hours on days.day = hours.day
)

select
  day,
  opens,
  closes,
  seconds,
  coalesce(
    sum(seconds) over (order by day rows between unbounded preceding and 1 preceding), 0
  ) as seconds_before
from lengths
