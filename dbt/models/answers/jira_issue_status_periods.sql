{#- One row is a stay of an issue in a status. -#}
with periods as (
  select
    spans.issue_id,
    coalesce(statuses.id, spans.value) as status_id,
    coalesce(statuses.name, spans.name) as status_name,
    coalesce(statuses.category_key, 'undefined') as status_category_key,
    spans.entered,
    spans.left_at,
    coalesce(spans.left_at, greatest({{ jira_now() }}, spans.entered)) as counted_until
  from {{ ref('jira_issue_spans') }} as spans
  left join {{ ref('jira_known_statuses') }} as statuses on spans.value = statuses.reference
  where spans.kind = 'status'
)

select
  periods.issue_id,
  periods.status_id,
  periods.status_name,
  periods.status_category_key,
  periods.entered,
  periods.left_at,
  {{ jira_seconds('periods.entered', 'periods.counted_until') }} as seconds,
  {{ jira_working_before('last_day', 'periods.counted_until') }}
  - {{ jira_working_before('first_day', 'periods.entered') }} as working_seconds
from periods
left join {{ ref('jira_working_days') }} as first_day
  on {{ jira_local_day('periods.entered') }} = first_day.day
left join {{ ref('jira_working_days') }} as last_day
  on {{ jira_local_day('periods.counted_until') }} = last_day.day
