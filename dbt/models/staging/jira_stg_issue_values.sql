{#- One row is a field of an issue that holds something: `value` is JSON.

    Fields are columns, by their ids or by their names, or members of `scoped_fields` and
    `custom_fields`; each is found by what the raw table has when the models are compiled. -#}
{%- set there = tap_jira.jira_raw_columns(tap_jira.jira_raw_relation('issues')) -%}
{%- set columns = {} -%}
{%- for id, known in tap_jira.jira_system_fields().items() if known[1] != 'none' and known[2] in there -%}
  {%- do columns.update({id: there[known[2]]}) -%}
{%- endfor -%}
{%- do columns.update(tap_jira.jira_custom_columns(there)) -%}
{%- set objects = [] -%}
{%- for object in ['scoped_fields', 'custom_fields'] if object in there -%}
  {%- do objects.append(there[object]) -%}
{%- endfor -%}
{%- if not columns and not objects %}
select
  cast(null as {{ jira_type('text') }}) as issue_id,
  cast(null as {{ jira_type('text') }}) as field_id,
  cast(null as {{ jira_type('json') }}) as value
where 1 = 0
{%- else %}
{%- set alive = '_sdc_deleted_at is null' if '_sdc_deleted_at' in there else '1 = 1' %}
{%- if columns %}
select issues.id as issue_id, fields.field_id, fields.value
from {{ tap_jira.jira_raw_relation('issues') }} as issues
{{ jira_unpivot(columns, 'issues', 'fields') }}
where {{ alive }} and {{ jira_is_something('fields.value') }}
{%- endif %}
{%- for object in objects %}
{% if columns or not loop.first %}union all{% endif %}
select issues.id, fields.field_id, fields.value
from {{ tap_jira.jira_raw_relation('issues') }} as issues
{{ jira_object_members('issues.' ~ adapter.quote(object), 'fields') }}
where {{ alive }} and {{ jira_is_something('fields.value') }}
{%- endfor %}
{%- endif %}
