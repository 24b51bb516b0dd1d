{#- One row is a sprint, with what its issues have of it, as of its last change. -#}
{{ config(key='id', differing=true) }}
{%- set since = jira_since() -%}
with sprints as (
  select id, state, start_date, end_date, complete_date
  from {{ ref('jira_sprints') }}
)

select sprints.*, true as is_known, {{ jira_next_number() }} as changed_in
from sprints
{%- if since %}
left join {{ this }} as built on sprints.id = built.id
where built.id is null or not built.is_known
{%- for column in ['state', 'start_date', 'end_date', 'complete_date'] %}
  or sprints.{{ column }} is distinct from built.{{ column }}
{%- endfor %}
union all
select
  built.id, built.state, built.start_date, built.end_date, built.complete_date, false,
  {{ jira_next_number() }}
from {{ this }} as built
left join sprints on built.id = sprints.id
where sprints.id is null and built.is_known
{%- endif %}
