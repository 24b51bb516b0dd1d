{#- One row is a stay of an issue in a sprint, as the Sprint field of the issue says it. -#}
{%- set fields = jira_field_ids(types=['gh-sprint']) or [''] -%}
with history as (
  select
    history.issue_id,
    history.field_id,
    sprints.value as sprint_id,
    history.valid_from,
    history.valid_to
  from {{ ref('jira_issue_field_history') }} as history
  {{ jira_each('history.value_ids', 'sprints') }}
  where history.field_id in ('{{ fields | join("', '") }}')
),

-- What is in the field before and after a change of it is one stay.
steps as (
  select
    history.*,
    case
      when valid_from <= lag(valid_to) over (
        partition by issue_id, field_id, sprint_id order by valid_from, valid_to
      ) then 0
      else 1
    end as is_first
  from history
),

numbered as (
  select
    steps.*,
    sum(is_first) over (
      partition by issue_id, field_id, sprint_id order by valid_from, valid_to
      rows between unbounded preceding and current row
    ) as stay
  from steps
)

select
  issue_id,
  sprint_id,
  min(valid_from) as entered,
  case when count(*) = count(valid_to) then max(valid_to) end as left_at
from numbered
group by issue_id, field_id, sprint_id, stay
