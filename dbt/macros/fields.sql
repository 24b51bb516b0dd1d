{#- What kind of value each field of an issue holds, and which column of the raw issues holds it. -#}

{#- The built-in fields whose changes are followed: id → name, kind, column. -#}
{% macro jira_system_fields() %}
  {%- set rich = 'rich' if var('history_long_text', false) else 'none' -%}
  {{ return({
    'summary': ('Summary', 'text', 'summary'),
    'description': ('Description', rich, 'description'),
    'environment': ('Environment', rich, 'environment'),
    'issuekey': ('Key', 'text', 'key'),
    'project': ('Project', 'entity', 'project'),
    'issuetype': ('Issue Type', 'entity', 'issuetype'),
    'status': ('Status', 'entity', 'status'),
    'resolution': ('Resolution', 'entity', 'resolution'),
    'priority': ('Priority', 'entity', 'priority'),
    'security': ('Security Level', 'entity', 'security'),
    'assignee': ('Assignee', 'user', 'assignee'),
    'reporter': ('Reporter', 'user', 'reporter'),
    'parent': ('Parent', 'issue', 'parent'),
    'labels': ('Labels', 'labels', 'labels'),
    'components': ('Components', 'members', 'components'),
    'versions': ('Affects versions', 'members', 'versions'),
    'fixVersions': ('Fix versions', 'members', 'fix_versions'),
    'duedate': ('Due date', 'date', 'duedate'),
    'timeoriginalestimate': ('Original Estimate', 'number', 'timeoriginalestimate'),
    'timeestimate': ('Remaining Estimate', 'number', 'timeestimate'),
    'timespent': ('Time Spent', 'number', 'timespent'),
  }) }}
{% endmacro %}


{#- The kind of a custom field, of its declared types: SQL.

    What is no value that people choose, such as a service level or a rank, is `none`. -#}
{% macro jira_custom_kind(schema) -%}
  {%- set custom = tap_jira.jira_text(schema, 'custom') -%}
  {%- set type = tap_jira.jira_text(schema, 'type') -%}
  {%- set items = tap_jira.jira_text(schema, 'items') -%}
  case
    when {{ custom }} like '%:gh-sprint' then 'sprints'
    when {{ custom }} like '%:gh-epic-link' or {{ custom }} like '%:jpo-custom-field-parent' then 'link'
    when {{ custom }} like '%:textarea' then '{{ "rich" if var("history_long_text", false) else "none" }}'
    when {{ custom }} like '%:devsummarycf' or {{ custom }} like '%:gh-lexo-rank' then 'none'
    when {{ custom }} like '%:labels' then 'labels'
    when {{ type }} = 'string' then 'text'
    when {{ type }} in ('number', 'date', 'datetime', 'user', 'group') then {{ type }}
    when {{ type }} = 'option-with-child' then 'cascade'
    when {{ type }} in ('option', 'version', 'project', 'team') then 'entity'
    when {{ custom }} like '%:atlassian-team' then 'entity'
    when {{ type }} <> 'array' or {{ items }} is null then 'none'
    when {{ items }} = 'user' then 'users'
    when {{ items }} = 'group' then 'groups'
    when {{ items }} = 'string' then 'texts'
    when {{ items }} in ('option', 'version', 'component', 'sd-customerorganization') then 'entities'
    else 'none'
  end
{%- endmacro %}


{#- The kinds whose values are lists, told whole by each change. -#}
{% macro jira_list_kinds() %}
  {{ return("('sprints', 'users', 'groups', 'texts', 'entities', 'labels')") }}
{% endmacro %}


{#- The columns of custom fields in the raw issues: id of the field → column. A column bears the field's
    id, or its name and then the number of the id. -#}
{% macro jira_custom_columns(there) %}
  {%- set found = {} -%}
  {%- for column in there -%}
    {%- set number = column.split('_') | last -%}
    {%- if number.isdigit() and '_' in column -%}
      {%- do found.update({'customfield_' ~ number: there[column]}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}
