{#- One row is a sprint that has begun. -#}
{{ config(materialized='jira_steps', refilled=true) }}
{%- set parts = {
  'committed': 'points_at_start', 'added': 'points_at_start', 'removed': 'points_at_end',
  'completed': 'points_at_end', 'carried_over': 'points_at_end',
} -%}
with sums as (
  select
    sprint_id,
    {%- for part, points in parts.items() %}
    sum(case when is_{{ part }} then 1 else 0 end) as {{ part }}_issues,
    sum(case when is_{{ part }} then {{ points }} end) as {{ part }}_points
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
  from {{ ref('jira_sprint_issues') }}
  group by sprint_id
)

select
  sprints.id as sprint_id,
  sprints.name as sprint_name,
  sprints.board_id,
  sprints.state,
  sprints.start_date,
  sprints.end_date,
  sprints.complete_date,
  {%- for part in parts %}
  cast(coalesce(sums.{{ part }}_issues, 0) as {{ jira_type('integer') }}) as {{ part }}_issues,
  coalesce(sums.{{ part }}_points, 0) as {{ part }}_points
  {%- if not loop.last %},{% endif %}
  {%- endfor %}
from {{ ref('jira_sprints') }} as sprints
left join sums on sprints.id = sums.sprint_id
where
  sprints.state <> 'future'
  and sprints.start_date is not null
  -- Without any history of sprints (a stream that was not selected) zeros would be untrue.
  and exists (select 1 from {{ ref('jira_issue_spans') }} where kind = 'sprint')
