{#- Who a person is: the account id on Cloud, the key (on old servers the name) elsewhere. -#}
{% macro jira_person(json) -%}
  coalesce(
    {{ tap_jira.jira_text(json, 'accountId') }},
    {{ tap_jira.jira_text(json, 'key') }},
    {{ tap_jira.jira_text(json, 'name') }}
  )
{%- endmacro %}


{#- The custom fields that hold people: SQL for the value by a name for it. -#}
{% macro jira_people_fields() %}
  {%- set found = {} -%}
  {%- set types = ['userpicker', 'multiuserpicker', 'people', 'sd-request-participants'] -%}
  {%- for id in tap_jira.jira_field_ids(types=types) -%}
    {%- do found.update({'people_' ~ (id.split('_') | last): tap_jira.jira_field_value([id])}) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}


{#- The columns of `jira_stg_issue_people` with people in them. -#}
{% macro jira_people_columns() %}
  {{ return(['assignee', 'reporter', 'creator', 'attachment'] + tap_jira.jira_people_fields().keys() | list) }}
{% endmacro %}
