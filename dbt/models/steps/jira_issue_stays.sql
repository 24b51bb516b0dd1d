{#- One row is a stay of an issue in a status. How long it was is known once it is over. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}, {'columns': ['status_id']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_history_issues'))]) }}",
) }}
{%- set since = jira_since() -%}
with spans as (
  select spans.*
  from {{ ref('jira_issue_spans') }} as spans
  {%- if since %}
  inner join {{ jira_noted(this) }} as noted on spans.issue_id = noted.issue_id
  {%- endif %}
  where spans.kind = 'status'
)

select
  spans.issue_id,
  spans.value as status_id,
  spans.name as status_name,
  spans.entered,
  spans.left_at,
  {{ jira_local_day('spans.entered') }} as entered_day,
  {{ jira_seconds('spans.entered', 'spans.left_at') }} as seconds,
  {{ jira_working_before('last_day', 'spans.left_at') }}
  - {{ jira_working_before('first_day', 'spans.entered') }} as working_seconds
from spans
left join {{ ref('jira_working_days') }} as first_day
  on {{ jira_local_day('spans.entered') }} = first_day.day
left join {{ ref('jira_working_days') }} as last_day
  on {{ jira_local_day('spans.left_at') }} = last_day.day
