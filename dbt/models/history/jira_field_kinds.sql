{#- One row is a field, with the kind of its values, which is `none` if they are not followed; `is_known`
    says whether the raw issues have it now. -#}
{{ config(materialized='ephemeral') }}
{%- set there = tap_jira.jira_raw_columns(tap_jira.jira_raw_relation('issues')) -%}
{%- set custom = tap_jira.jira_custom_columns(there) -%}
with built_in as (
  {%- for id, known in tap_jira.jira_system_fields().items() %}
  select '{{ id }}' as field_id, '{{ known[0] }}' as field_name, '{{ known[1] }}' as kind,
    {{ 'true' if known[2] in there else 'false' }} as is_known
  {%- if not loop.last %}
  union all
  {%- endif %}
  {%- endfor %}
),

told as (
  select *, {{ jira_custom_kind(adapter.quote('schema')) }} as kind
  from {{ jira_inline('jira_stg_fields') }} as fields
)

select
  built_in.field_id,
  coalesce(told.name, built_in.field_name) as field_name,
  built_in.kind,
  built_in.is_known
from built_in
left join told on built_in.field_id = told.id
union all
select told.id, told.name, 'none', false
from told
left join built_in on told.id = built_in.field_id
where told.id not like 'customfield%' and built_in.field_id is null
union all
select
  told.id,
  told.name,
  told.kind,
  told.id in ({% for id in custom %}'{{ id }}', {% endfor %}'')
  {%- if 'custom_fields' in there %} or true{% endif %}
  {%- if 'scoped_fields' in there %} or told.scope is not null{% endif %}
from told
where told.id like 'customfield%'
