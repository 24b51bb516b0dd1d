{#- Values of fields as two arrays of one length, ids and texts; what has no id has a null for it.
    What is empty has none of either. -#}

{#- The text of a date: the day alone, if there is one. -#}
{% macro jira_day(text) -%}
  {{ tap_jira.jira_group(text, '^([0-9]{4}-[0-9]{2}-[0-9]{2})', 1) }}
{%- endmacro %}

{#- The text of an instant, in UTC; null for what is none. One without a zone is in UTC. -#}
{% macro jira_instant(text) -%}
  {{ tap_jira.jira_printed(tap_jira.jira_try('timestamp',
    'case when ' ~ tap_jira.jira_matches(text, '(Z|[+-][0-9:]{4,6})$') ~ ' then ' ~ text ~ ' else ' ~ text ~ " || 'Z' end"
  )) }}
{%- endmacro %}

{#- The text of a number, without zeros that say nothing. -#}
{% macro jira_plain_number(text) -%}
  regexp_replace(
    regexp_replace({{ tap_jira.jira_written_out(text) }}, '^(-?[0-9]+[.][0-9]*?)0+$', '\1'), '[.]$', ''
  )
{%- endmacro %}

{#- Without the brackets around a list. -#}
{% macro jira_bare(text) -%}
  regexp_replace({{ text }}, '^[[ ]+|[] ]+$', '', 'g')
{%- endmacro %}

{#- What a cascading select list was, told as `Parent values: A(1)Level 1 values: B(2)`: its parts. -#}
{% macro jira_cascade(text, parent, child) -%}
  {%- set both = '^Parent values: (.*)[(]([0-9]+)[)]Level 1 values: (.*)[(]([0-9]+)[)]$' -%}
  {%- set alone = '^Parent values: (.*)[(]([0-9]+)[)]$' -%}
  case
    when {{ tap_jira.jira_matches(text, both) }} then {{ tap_jira.jira_array(
      tap_jira.jira_group(text, both, parent), tap_jira.jira_group(text, both, child)
    ) }}
    when {{ tap_jira.jira_matches(text, alone) }} then {{ tap_jira.jira_array(tap_jira.jira_group(text, alone, parent)) }}
  end
{%- endmacro %}


{#- The ids of one side of a change. -#}
{% macro jira_told_ids(kind, id, text) -%}
  case
    when {{ id }} is null and {{ text }} is null then {{ tap_jira.jira_no_texts() }}
    when {{ kind }} in ('labels', 'texts') then null
    when {{ kind }} in {{ tap_jira.jira_list_kinds() }} then
      regexp_split_to_array(nullif({{ tap_jira.jira_bare(id) }}, ''), ' *, *')
    when {{ kind }} = 'cascade' then coalesce({{ tap_jira.jira_cascade(text, 2, 4) }}, {{ tap_jira.jira_array(id) }})
    when {{ kind }} in ('text', 'rich', 'number', 'date', 'datetime') then {{ tap_jira.jira_array('null') }}
    else {{ tap_jira.jira_array(id) }}
  end
{%- endmacro %}


{#- The texts of one side of a change. Of a list that is told whole they are the pieces of its text. -#}
{% macro jira_told_texts(kind, id, text) -%}
  case
    when {{ id }} is null and {{ text }} is null then {{ tap_jira.jira_no_texts() }}
    when {{ kind }} = 'labels' then regexp_split_to_array({{ text }}, ' +')
    when {{ kind }} in {{ tap_jira.jira_list_kinds() }} then
      case
        when {{ text }} is null then {{ tap_jira.jira_no_texts() }}
        when {{ id }} is not null and position(',' in {{ id }}) = 0 then {{ tap_jira.jira_array(text) }}
        when {{ kind }} = 'groups' then regexp_split_to_array({{ tap_jira.jira_bare(text) }}, ', *')
        else regexp_split_to_array({{ text }}, ', *')
      end
    when {{ kind }} = 'cascade' then coalesce({{ tap_jira.jira_cascade(text, 1, 3) }}, {{ tap_jira.jira_array(text) }})
    when {{ kind }} = 'number' then {{ tap_jira.jira_array(tap_jira.jira_plain_number('coalesce(' ~ text ~ ', ' ~ id ~ ')')) }}
    when {{ kind }} = 'date' then {{ tap_jira.jira_array(
      'coalesce(' ~ tap_jira.jira_day(id) ~ ', ' ~ tap_jira.jira_day(text) ~ ', ' ~ text ~ ')'
    ) }}
    when {{ kind }} = 'datetime' then {{ tap_jira.jira_array(
      'coalesce(' ~ tap_jira.jira_instant(id) ~ ', ' ~ tap_jira.jira_instant(text) ~ ', ' ~ text ~ ')'
    ) }}
    else {{ tap_jira.jira_array('coalesce(' ~ text ~ ', ' ~ id ~ ')') }}
  end
{%- endmacro %}


{#- The id of what an issue has now, or of a member of it: JSON. -#}
{% macro jira_held_id(kind, json) -%}
  case
    when {{ kind }} in ('text', 'rich', 'number', 'date', 'datetime', 'labels', 'texts') then null
    when {{ kind }} in ('user', 'users') then {{ tap_jira.jira_person(json) }}
    when {{ kind }} in ('group', 'groups') then
      coalesce({{ tap_jira.jira_text(json, 'groupId') }}, {{ tap_jira.jira_text(json, 'name') }})
    else {{ tap_jira.jira_text(json, 'id') }}
  end
{%- endmacro %}


{#- The text of what an issue has now, or of a member of it: JSON. -#}
{% macro jira_held_text(kind, json) -%}
  case
    when {{ kind }} = 'rich' then {{ tap_jira.jira_plain_text(json) }}
    when {{ kind }} = 'number' then {{ tap_jira.jira_plain_number(tap_jira.jira_scalar(json)) }}
    when {{ kind }} = 'datetime' then
      coalesce({{ tap_jira.jira_instant(tap_jira.jira_scalar(json)) }}, {{ tap_jira.jira_scalar(json) }})
    when {{ tap_jira.jira_is_object(json) }} then coalesce(
      {{ tap_jira.jira_text(json, 'displayName') }},
      case when {{ kind }} = 'issue' then {{ tap_jira.jira_text(json, 'key') }} end,
      {{ tap_jira.jira_text(json, 'name') }},
      {{ tap_jira.jira_text(json, 'value') }},
      {{ tap_jira.jira_text(json, 'title') }},
      {{ tap_jira.jira_text(json, 'id') }}
    )
    else {{ tap_jira.jira_scalar(json) }}
  end
{%- endmacro %}
