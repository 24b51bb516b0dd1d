{#- One row is a stay of an issue in a status or in a sprint, or a number of story points and the time
    that it held: what the answers need of the history, built for the issues that changed only. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}, {'columns': ['kind', 'value']}],
  index_more=[
    {'columns': '(greatest(entered, left_at))'},
    {'columns': 'entered', 'where': "kind = 'status'"},
  ],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_history_issues'))]) }}",
) }}
{%- set since = jira_since() -%}
{%- set sprint_fields = jira_field_ids(types=['gh-sprint']) -%}
{%- set point_fields = jira_story_point_fields() -%}
{%- set has_changes = jira_is_loaded('changelogs') -%}
{%- if not has_changes -%}
  {{ log(
    'Without the stream "changelogs" nothing is known of the past: the answers on statuses, on times and '
    ~ 'on sprints are empty.', info=true
  ) }}
{%- endif -%}
with issues as (
  select issues.issue_id
  from {{ ref('jira_history_issues') }} as issues
  {%- if since %}
  inner join {{ jira_noted(this) }} as noted on issues.issue_id = noted.issue_id
  {%- endif %}
),

history as (
  select
    history.issue_id,
    history.field_id,
    coalesce(history.value_id, history.value_text) as value,
    history.value_text,
    history.value_ids,
    history.valid_from,
    history.valid_to
  from issues
  {% if since -%}
  {{ jira_rows_of_few('issues', ref('jira_issue_field_history'), 'history') }}
  {%- else -%}
  inner join {{ ref('jira_issue_field_history') }} as history on issues.issue_id = history.issue_id
  {%- endif %}
  -- Without the changes, what issues hold now would seem to be all that they ever held.
  where {{ 'true' if has_changes else 'false' }}
    and history.field_id in ('{{ (['status'] + sprint_fields + point_fields) | join("', '") }}')
),

status_steps as (
  select
    history.*,
    lag(value) over (partition by issue_id order by valid_from, valid_to) as previous
  from history
  where field_id = 'status' and value is not null
),

-- A change to the status that it was in, which a change of the workflow writes, is no new stay.
statuses as (
  select
    issue_id,
    value,
    value_text,
    valid_from,
    lead(valid_from) over (partition by issue_id order by valid_from, valid_to) as valid_to
  from status_steps
  where previous is distinct from value
),

sprint_steps as (
  select
    history.issue_id,
    history.field_id,
    sprint.value,
    history.valid_from,
    history.valid_to,
    case
      when history.valid_from <= lag(history.valid_to) over (
        partition by history.issue_id, history.field_id, sprint.value
        order by history.valid_from, history.valid_to
      ) then 0
      else 1
    end as is_first
  from history
  {{ jira_elements('history.value_ids', 'sprint') }}
  where history.field_id in ('{{ sprint_fields | join("', '") }}') and sprint.value is not null
),

sprint_stays as (
  select
    sprint_steps.*,
    sum(is_first) over (
      partition by issue_id, field_id, value order by valid_from, valid_to
      rows between unbounded preceding and current row
    ) as stay
  from sprint_steps
),

-- What is in the field before and after a change of it is one stay.
sprints as (
  select
    issue_id,
    value,
    min(valid_from) as valid_from,
    case when count(*) = count(valid_to) then max(valid_to) end as valid_to
  from sprint_stays
  group by issue_id, field_id, value, stay
),

points as (
  select
    issue_id,
    {% if point_fields -%}
    case field_id
      {%- for field in point_fields %}
      when '{{ field }}' then {{ loop.index }}
      {%- endfor %}
    end
    {%- else -%} 0
    {%- endif %} as precedence,
    {{ jira_try('number', 'value_text') }} as points,
    valid_from,
    valid_to
  from history
  where field_id in ('{{ point_fields | join("', '") }}')
)

select
  issue_id,
  'status' as kind,
  value,
  value_text as name,
  cast(null as {{ jira_type('number') }}) as points,
  cast(null as {{ jira_type('integer') }}) as precedence,
  valid_from as entered,
  valid_to as left_at
from statuses
union all
select issue_id, 'sprint', value, null, null, null, valid_from, valid_to
from sprints
union all
select issue_id, 'points', null, null, points, precedence, valid_from, valid_to
from points
where points is not null
