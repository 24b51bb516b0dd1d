{#- Custom fields of issues, found by what they are and not by their names, which are translated,
    changed and not unique. They are looked up in the raw tables when the models are compiled. -#}

{#- The fields with one of these types (the end of `schema.custom`), or, of those of type number, one of
    these ids or names (in lower case): a list of ids, in the order of the ids' numbers. -#}
{% macro jira_field_ids(types=[], numbers=[]) %}
  {%- set found = [] -%}
  {%- for id, name, custom, type in tap_jira.jira_known_custom_fields() -%}
    {%- set kind = (custom or '').split(':') | last -%}
    {%- if kind in types or (type == 'number' and (id in numbers or name in numbers)) -%}
      {%- do found.append(id) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}


{#- The custom fields, in the order of the ids' numbers: id, name in lower case, `schema.custom`,
    `schema.type`. -#}
{% macro jira_known_custom_fields() %}
  {%- if not execute -%}{{ return([]) }}{%- endif -%}
  {%- set shared = tap_jira.jira_shared() -%}
  {%- if 'custom fields' not in shared -%}
    {%- set relation = tap_jira.jira_raw_relation('fields') -%}
    {%- set there = tap_jira.jira_raw_columns(relation) -%}
    {%- set found = [] -%}
    {%- if 'id' in there and 'name' in there and 'schema' in there -%}
      {%- set schema = tap_jira.jira_as('json', adapter.quote('schema')) -%}
      {%- set rows = run_query(
        'select id, name, ' ~ tap_jira.jira_text(schema, 'custom') ~ ', '
        ~ tap_jira.jira_text(schema, 'type') ~ ' from ' ~ relation
        ~ ' where id like \'customfield%\''
        ~ (' and _sdc_deleted_at is null' if '_sdc_deleted_at' in there else '') ~ ' order by length(id), id'
      ) -%}
      {%- for id, name, custom, type in rows -%}
        {#- Databases differ in what the lower case of some letters is. -#}
        {%- do found.append([id, name | lower, custom, type]) -%}
      {%- endfor -%}
    {%- endif -%}
    {%- do shared.update({'custom fields': found}) -%}
  {%- endif -%}
  {{ return(shared['custom fields']) }}
{% endmacro %}


{#- SQL for the value of the first of these fields that has one, as JSON; null where there is none.

    A field is a column by its id, by its name with the id's number at the end
    (`custom_field_names: name`), or a member of `scoped_fields` or `custom_fields`. -#}
{% macro jira_field_value(ids) %}
  {%- set values = [] -%}
  {%- if execute -%}
    {%- set relation = tap_jira.jira_raw_relation('issues') -%}
    {%- set there = tap_jira.jira_raw_columns(relation) -%}
    {%- for id in ids -%}
      {%- set number = id.split('_') | last -%}
      {%- set columns = [] -%}
      {%- for column in there -%}
        {%- if column == id or column.endswith('_' ~ number) -%}{%- do columns.append(column) -%}{%- endif -%}
      {%- endfor -%}
      {%- for column in columns -%}
        {%- do values.append(tap_jira.jira_as('json', adapter.quote(there[column]))) -%}
      {%- endfor -%}
      {%- for object in ['scoped_fields', 'custom_fields'] -%}
        {%- if object in there -%}
          {%- do values.append(
            'nullif(' ~ tap_jira.jira_member(tap_jira.jira_as('json', adapter.quote(there[object])), id)
            ~ ', ' ~ tap_jira.jira_null() ~ ')'
          ) -%}
        {%- endif -%}
      {%- endfor -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(
    'coalesce(' ~ values | join(', ') ~ ')' if values else 'cast(null as ' ~ tap_jira.jira_type('json') ~ ')'
  ) }}
{% endmacro %}


{#- SQL for the text of the first field of a type, which names another issue by its key: of its column, or
    of what holds the fields that have none. -#}
{% macro jira_link_key(type) %}
  {%- set columns = tap_jira.jira_custom_columns(
    tap_jira.jira_raw_columns(tap_jira.jira_raw_relation('issues') if execute else none)
  ) -%}
  {%- set ids = tap_jira.jira_field_ids(types=[type]) -%}
  {%- set found = ids | select('in', columns) | first -%}
  {{ return(
    tap_jira.jira_as('text', adapter.quote(columns[found])) if found
    else tap_jira.jira_scalar(tap_jira.jira_field_value(ids))
  ) }}
{% endmacro %}


{#- The fields that hold story points: a list of ids, of which the first that has a value counts. -#}
{% macro jira_story_point_fields() %}
  {%- if var('story_point_fields') -%}
    {%- set chosen = [] -%}
    {%- for field in var('story_point_fields') -%}
      {%- set found = tap_jira.jira_field_ids(numbers=[field | lower]) -%}
      {%- if execute and not found and tap_jira.jira_is_first('without points ' ~ field) -%}
        {{ log(
          'story_point_fields has "' ~ field ~ '", and no number field in ' ~ var('raw_schema') ~ '.fields has'
          ~ ' that name or id: no story points are taken from it.', info=true
        ) }}
      {%- endif -%}
      {%- do chosen.extend(found | reject('in', chosen) | list) -%}
    {%- endfor -%}
    {{ return(chosen) }}
  {%- endif -%}
  {%- set own = tap_jira.jira_field_ids(types=['jsw-story-points']) -%}
  {%- set named = tap_jira.jira_field_ids(numbers=['story points', 'story point estimate']) -%}
  {{ return(own + named | reject('in', own) | list) }}
{% endmacro %}
