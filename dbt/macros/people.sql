{#- Who a person is: the account id on Cloud, the key (on old servers the name) elsewhere. -#}
{% macro jira_person(json) -%}
  coalesce(
    {{ tap_jira.jira_text(json, 'accountId') }},
    {{ tap_jira.jira_text(json, 'key') }},
    {{ tap_jira.jira_text(json, 'name') }}
  )
{%- endmacro %}
