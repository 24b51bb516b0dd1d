{#- All that differs between warehouses. PostgreSQL and DuckDB; `jira_type` names the kinds. -#}

{% macro jira_type(kind) -%}
  {{ adapter.dispatch('jira_type', 'tap_jira')(kind) }}
{%- endmacro %}
{% macro default__jira_type(kind) -%}
  {{ {'json': 'jsonb', 'number': 'double precision', 'integer': 'bigint', 'texts': 'text[]', 'id': 'text'}.get(kind, kind) }}
{%- endmacro %}
{% macro duckdb__jira_type(kind) -%}
  {{ {'json': 'json', 'number': 'double', 'integer': 'bigint', 'texts': 'varchar[]', 'text': 'varchar', 'id': 'varchar'}.get(kind, kind) }}
{%- endmacro %}

{#- A raw column as one of the kinds. An `id` is text that never comes as JSON, and costs nothing. -#}
{% macro jira_as(kind, column) -%}
  {{ adapter.dispatch('jira_as', 'tap_jira')(kind, column) }}
{%- endmacro %}
{% macro default__jira_as(kind, column) -%}
  {%- if kind == 'json' -%} to_jsonb({{ column }})
  {%- elif kind == 'text' -%} (to_jsonb({{ column }}) #>> '{}')
  {%- else -%} cast({{ column }} as {{ tap_jira.jira_type(kind) }})
  {%- endif -%}
{%- endmacro %}
{% macro duckdb__jira_as(kind, column) -%}
  {%- if kind == 'json' -%} to_json({{ column }})
  {%- else -%} cast({{ column }} as {{ tap_jira.jira_type(kind) }})
  {%- endif -%}
{%- endmacro %}

{#- The text of a member: `jira_text('assignee', 'accountId')`; a null member is null. -#}
{% macro jira_text(json) -%}
  {{ adapter.dispatch('jira_text', 'tap_jira')(json, varargs) }}
{%- endmacro %}
{% macro default__jira_text(json, path) -%}
  ({{ json }} #>> '{ {{- path | join(',') -}} }')
{%- endmacro %}
{% macro duckdb__jira_text(json, path) -%}
  json_extract_string({{ json }}, '$ {%- for part in path -%} ."{{ part }}" {%- endfor -%}')
{%- endmacro %}

{#- A member, as JSON. -#}
{% macro jira_member(json) -%}
  {{ adapter.dispatch('jira_member', 'tap_jira')(json, varargs) }}
{%- endmacro %}
{% macro default__jira_member(json, path) -%}
  ({{ json }} #> '{ {{- path | join(',') -}} }')
{%- endmacro %}
{% macro duckdb__jira_member(json, path) -%}
  json_extract({{ json }}, '$ {%- for part in path -%} ."{{ part }}" {%- endfor -%}')
{%- endmacro %}

{#- A lateral join to the members of an array: `<alias>.value` is JSON, `<alias>.position` counts from 1.
    What is no array has none. A model with it begins with a `with`: dbt looks for the first one. -#}
{% macro jira_members(json, alias) -%}
  {{ adapter.dispatch('jira_members', 'tap_jira')(json, alias) }}
{%- endmacro %}
{% macro default__jira_members(json, alias) -%}
  cross join lateral jsonb_array_elements(
    case when jsonb_typeof({{ json }}) = 'array' then {{ json }} else '[]' end
  ) with ordinality as {{ alias }} (value, position)
{%- endmacro %}
{% macro duckdb__jira_members(json, alias) -%}
  cross join lateral (
    select unnest(members) as value, generate_subscripts(members, 1) as position
    from (
      select case
        when json_type({{ json }}) = 'ARRAY' then json_extract({{ json }}, '$[*]') else []
      end as members
    )
  ) as {{ alias }}
{%- endmacro %}

{#- A lateral join to several values of a row, one after the other: `<alias>.value`. -#}
{% macro jira_each(values, alias) -%}
  {{ adapter.dispatch('jira_each', 'tap_jira')(values, alias) }}
{%- endmacro %}
{% macro default__jira_each(values, alias) -%}
  cross join lateral (values ({{ values | join('), (') }})) as {{ alias }} (value)
{%- endmacro %}
{% macro duckdb__jira_each(values, alias) -%}
  cross join lateral (select unnest([{{ values | join(', ') }}]) as value) as {{ alias }}
{%- endmacro %}

{#- A JSON array as it is, and anything else as the only member of one. -#}
{% macro jira_list(json) -%}
  {{ adapter.dispatch('jira_list', 'tap_jira')(json) }}
{%- endmacro %}
{% macro default__jira_list(json) -%}
  case jsonb_typeof({{ json }}) when 'array' then {{ json }} else jsonb_build_array({{ json }}) end
{%- endmacro %}
{% macro duckdb__jira_list(json) -%}
  case json_type({{ json }}) when 'ARRAY' then {{ json }} else json_array({{ json }}) end
{%- endmacro %}

{#- How many members an array has; what is no array has none. -#}
{% macro jira_length(json) -%}
  {{ adapter.dispatch('jira_length', 'tap_jira')(json) }}
{%- endmacro %}
{% macro default__jira_length(json) -%}
  case jsonb_typeof({{ json }}) when 'array' then jsonb_array_length({{ json }}) else 0 end
{%- endmacro %}
{% macro duckdb__jira_length(json) -%}
  coalesce(json_array_length({{ json }}), 0)
{%- endmacro %}

{#- The text of a JSON value that is a string, a number or a boolean. -#}
{% macro jira_scalar(json) -%}
  {{ adapter.dispatch('jira_scalar', 'tap_jira')(json) }}
{%- endmacro %}
{% macro default__jira_scalar(json) -%}
  ({{ json }} #>> '{}')
{%- endmacro %}
{% macro duckdb__jira_scalar(json) -%}
  json_extract_string({{ json }}, '$')
{%- endmacro %}

{#- Whether JSON holds this JSON, which is a literal: members of an array, some of an object's. -#}
{% macro jira_holds(json, literal) -%}
  {{ adapter.dispatch('jira_holds', 'tap_jira')(json, literal) }}
{%- endmacro %}
{% macro default__jira_holds(json, literal) -%}
  {{ json }} @> '{{ literal }}'
{%- endmacro %}
{% macro duckdb__jira_holds(json, literal) -%}
  json_contains({{ json }}, '{{ literal }}')
{%- endmacro %}

{#- Whether an array of texts, in JSON, has this one. -#}
{% macro jira_has(json, text) -%}
  {{ adapter.dispatch('jira_has', 'tap_jira')(json, text) }}
{%- endmacro %}
{% macro default__jira_has(json, text) -%}
  jsonb_exists({{ json }}, {{ text }})
{%- endmacro %}
{% macro duckdb__jira_has(json, text) -%}
  list_contains(cast({{ json }} as varchar[]), {{ text }})
{%- endmacro %}

{#- Milliseconds since 1970, as text, as a timestamp in UTC; null where there are none. -#}
{% macro jira_from_millis(text) -%}
  {{ adapter.dispatch('jira_from_millis', 'tap_jira')(text) }}
{%- endmacro %}
{% macro default__jira_from_millis(text) -%}
  timestamp '1970-01-01' + {{ tap_jira.jira_try('integer', text) }} * interval '1 millisecond'
{%- endmacro %}
{% macro duckdb__jira_from_millis(text) -%}
  make_timestamp({{ tap_jira.jira_try('integer', text) }} * 1000)
{%- endmacro %}

{#- Text as one of the kinds, or as the key of an issue; null where it is none. -#}
{% macro jira_try(kind, text) -%}
  {{ adapter.dispatch('jira_try', 'tap_jira')(kind, text) }}
{%- endmacro %}
{% macro default__jira_try(kind, text) -%}
  {#- A day that there is: a cast of any other is an error. -#}
  {%- set day = '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|[0-9]{4}-(0[13-9]|1[0-2])-(29|30)'
    ~ '|[0-9]{4}-(0[13578]|1[02])-31|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29'
  -%}
  {%- set forms = {
    'integer': '^-?[0-9]{1,18}$',
    'number': '^[+-]?([0-9]{1,200}([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$',
    'timestamp': '^(?!0000)(' ~ day ~ ')T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?'
      ~ '(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)?$',
    'date': '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
    'key': '^[A-Z][A-Z0-9_]*-[0-9]+$',
  } -%}
  case when {{ text }} ~ '{{ forms[kind] }}' then
  {%- if kind == 'key' %} {{ text }}
  {%- elif kind == 'timestamp' %} cast({{ text }} as timestamptz) at time zone 'UTC'
  {%- else %} cast({{ text }} as {{ tap_jira.jira_type(kind) }})
  {%- endif %} end
{%- endmacro %}
{% macro duckdb__jira_try(kind, text) -%}
  {%- if kind == 'timestamp' -%}
  cast(try_cast({{ text }} as timestamptz) at time zone 'UTC' as timestamp)
  {%- elif kind == 'key' -%}
  case when regexp_full_match({{ text }}, '[A-Z][A-Z0-9_]*-[0-9]+') then {{ text }} end
  {%- else -%}
  try_cast({{ text }} as {{ tap_jira.jira_type(kind) }})
  {%- endif -%}
{%- endmacro %}

{#- The text of a number, with all of its digits where there is an exponent (`1.0E7`). -#}
{% macro jira_written_out(text) -%}
  {{ adapter.dispatch('jira_written_out', 'tap_jira')(text) }}
{%- endmacro %}
{% macro default__jira_written_out(text) -%}
  case when {{ text }} ~ '^-?[0-9]{1,200}([.][0-9]{0,200})?[eE][+-]?[0-9]{1,3}$'
    then cast(cast({{ text }} as numeric) as text) else {{ text }} end
{%- endmacro %}
{% macro duckdb__jira_written_out(text) -%}
  case when regexp_matches({{ text }}, '^-?[0-9]+([.][0-9]*)?[eE][+-]?[0-9]{1,2}$')
    then coalesce(cast(try_cast({{ text }} as double) as varchar), {{ text }}) else {{ text }} end
{%- endmacro %}

{#- The text of a rich text: of a document what is written in it, a line a block; text is itself. -#}
{% macro jira_plain_text(json) -%}
  {{ adapter.dispatch('jira_plain_text', 'tap_jira')(json) }}
{%- endmacro %}
{% macro default__jira_plain_text(json) -%}
  case jsonb_typeof({{ json }})
    when 'string' then {{ json }} #>> '{}'
    when 'object' then (
      select string_agg(
        (
          select string_agg(piece #>> '{}', '')
          from jsonb_path_query(block, 'strict $.**.text ? (@.type() == "string")') as piece
        ),
        e'\n' order by position
      )
      from jsonb_array_elements(
        case when jsonb_typeof({{ json }} -> 'content') = 'array' then {{ json }} -> 'content' else '[]' end
      ) with ordinality as blocks (block, position)
    )
  end
{%- endmacro %}
{% macro duckdb__jira_plain_text(json) -%}
  case json_type({{ json }})
    when 'VARCHAR' then json_extract_string({{ json }}, '$')
    when 'OBJECT' then nullif(array_to_string([
      said for said in [
        array_to_string(json_extract_string(block, '$..text'), '')
        for block in json_extract({{ json }}, '$.content[*]')
      ] if said <> ''
    ], chr(10)), '')
  end
{%- endmacro %}

{#- A lateral join to columns of a row that hold something: `<alias>.field_id`, and `<alias>.value` in
    JSON. columns: id of the field → column. -#}
{% macro jira_unpivot(columns, table, alias) -%}
  {{ adapter.dispatch('jira_unpivot', 'tap_jira')(columns, table, alias) }}
{%- endmacro %}
{% macro default__jira_unpivot(columns, table, alias) -%}
  cross join lateral (values
    {%- for id, column in columns.items() %}
    ('{{ id }}', {{ tap_jira.jira_as('json', table ~ '.' ~ adapter.quote(column)) }}){% if not loop.last %},{% endif %}
    {%- endfor %}
  ) as {{ alias }} (field_id, value)
{%- endmacro %}
{% macro duckdb__jira_unpivot(columns, table, alias) -%}
  cross join lateral (
    select pair.field_id, pair.value
    from (select unnest([
      {%- for id, column in columns.items() %}
      struct_pack(field_id := '{{ id }}', value := {{ tap_jira.jira_as('json', table ~ '.' ~ adapter.quote(column)) }}){% if not loop.last %},{% endif %}
      {%- endfor %}
    ]) as pair)
  ) as {{ alias }}
{%- endmacro %}

{#- A lateral join to the members of an object: `<alias>.field_id` is the name, `<alias>.value` is JSON. -#}
{% macro jira_object_members(json, alias) -%}
  {{ adapter.dispatch('jira_object_members', 'tap_jira')(json, alias) }}
{%- endmacro %}
{% macro default__jira_object_members(json, alias) -%}
  cross join lateral jsonb_each(
    case when jsonb_typeof({{ json }}) = 'object' then {{ json }} else '{}' end
  ) as {{ alias }} (field_id, value)
{%- endmacro %}
{% macro duckdb__jira_object_members(json, alias) -%}
  cross join lateral (
    select member as field_id, json_extract({{ json }}, '$."' || member || '"') as value
    from (select unnest(json_keys({{ json }})) as member)
  ) as {{ alias }}
{%- endmacro %}

{#- An array of texts, one for each member of an array: `text` is SQL over `member.value`, which is JSON.
    Null for what is no array, or an empty one. -#}
{% macro jira_collect(json, text) -%}
  {{ adapter.dispatch('jira_collect', 'tap_jira')(json, text) }}
{%- endmacro %}
{% macro default__jira_collect(json, text) -%}
  (
    select array_agg({{ text }} order by member.position)
    from jsonb_array_elements(
      case when jsonb_typeof({{ json }}) = 'array' then {{ json }} else '[]' end
    ) with ordinality as member (value, position)
  )
{%- endmacro %}
{% macro duckdb__jira_collect(json, text) -%}
  case when json_type({{ json }}) = 'ARRAY' and json_array_length({{ json }}) > 0 then list_transform(
    json_extract({{ json }}, '$[*]'), lambda each: {{ text | replace('member.value', 'each') }}
  ) end
{%- endmacro %}

{#- Whether JSON is neither null nor an empty text, array or object. -#}
{% macro jira_is_something(json) -%}
  {{ adapter.dispatch('jira_is_something', 'tap_jira')(json) }}
{%- endmacro %}
{% macro default__jira_is_something(json) -%}
  {{ json }} not in (jsonb 'null', jsonb '""', jsonb '[]', jsonb '{}')
{%- endmacro %}
{% macro duckdb__jira_is_something(json) -%}
  cast({{ json }} as varchar) not in ('null', '""', '[]', '{}')
{%- endmacro %}

{#- Whether JSON is an object. -#}
{% macro jira_is_object(json) -%}
  {{ adapter.dispatch('jira_is_object', 'tap_jira')(json) }}
{%- endmacro %}
{% macro default__jira_is_object(json) -%} jsonb_typeof({{ json }}) = 'object' {%- endmacro %}
{% macro duckdb__jira_is_object(json) -%} json_type({{ json }}) = 'OBJECT' {%- endmacro %}

{#- An array of these texts. -#}
{% macro jira_array() -%}
  cast(array[{{ varargs | join(', ') }}] as {{ tap_jira.jira_type('texts') }})
{%- endmacro %}

{#- An array without texts. -#}
{% macro jira_no_texts() -%}
  {{ adapter.dispatch('jira_no_texts', 'tap_jira')() }}
{%- endmacro %}
{% macro default__jira_no_texts() -%} cast('{}' as text[]) {%- endmacro %}
{% macro duckdb__jira_no_texts() -%} cast([] as varchar[]) {%- endmacro %}

{#- How many texts an array has. -#}
{% macro jira_count(texts) -%}
  {{ adapter.dispatch('jira_count', 'tap_jira')(texts) }}
{%- endmacro %}
{% macro default__jira_count(texts) -%} cardinality({{ texts }}) {%- endmacro %}
{% macro duckdb__jira_count(texts) -%} len({{ texts }}) {%- endmacro %}

{#- An array of nulls, as long as another one. -#}
{% macro jira_nulls(texts) -%}
  {{ adapter.dispatch('jira_nulls', 'tap_jira')(texts) }}
{%- endmacro %}
{% macro default__jira_nulls(texts) -%}
  array_fill(cast(null as text), array[cardinality({{ texts }})])
{%- endmacro %}
{% macro duckdb__jira_nulls(texts) -%}
  list_transform({{ texts }}, lambda each: cast(null as varchar))
{%- endmacro %}

{#- Whether no text of an array is null. -#}
{% macro jira_complete(texts) -%}
  {{ adapter.dispatch('jira_complete', 'tap_jira')(texts) }}
{%- endmacro %}
{% macro default__jira_complete(texts) -%} array_position({{ texts }}, null) is null {%- endmacro %}
{% macro duckdb__jira_complete(texts) -%} list_count({{ texts }}) = len({{ texts }}) {%- endmacro %}

{#- Whether two arrays without nulls have the same texts, in any order. -#}
{% macro jira_same(one, other) -%}
  {{ adapter.dispatch('jira_same', 'tap_jira')(one, other) }}
{%- endmacro %}
{% macro default__jira_same(one, other) -%}
  ({{ one }} @> {{ other }} and {{ one }} <@ {{ other }})
{%- endmacro %}
{% macro duckdb__jira_same(one, other) -%}
  list_sort(list_distinct({{ one }})) = list_sort(list_distinct({{ other }}))
{%- endmacro %}

{#- A lateral join to the texts of two arrays of one length: `<alias>.id`, `<alias>.text` and
    `<alias>.position`, which counts from 1. -#}
{% macro jira_pairs(ids, texts, alias) -%}
  {{ adapter.dispatch('jira_pairs', 'tap_jira')(ids, texts, alias) }}
{%- endmacro %}
{% macro default__jira_pairs(ids, texts, alias) -%}
  cross join lateral unnest({{ ids }}, {{ texts }}) with ordinality as {{ alias }} (id, text, position)
{%- endmacro %}
{% macro duckdb__jira_pairs(ids, texts, alias) -%}
  cross join lateral (
    select unnest({{ ids }}) as id, unnest({{ texts }}) as text, generate_subscripts({{ ids }}, 1) as position
  ) as {{ alias }}
{%- endmacro %}

{#- What a group of a pattern matches in a text; null where the pattern does not. -#}
{% macro jira_group(text, pattern, number) -%}
  {{ adapter.dispatch('jira_group', 'tap_jira')(text, pattern, number) }}
{%- endmacro %}
{% macro default__jira_group(text, pattern, number) -%}
  (regexp_match({{ text }}, '{{ pattern }}'))[{{ number }}]
{%- endmacro %}
{% macro duckdb__jira_group(text, pattern, number) -%}
  nullif(regexp_extract({{ text }}, '{{ pattern }}', {{ number }}), '')
{%- endmacro %}

{#- Whether a pattern is found in a text. -#}
{% macro jira_matches(text, pattern) -%}
  {{ adapter.dispatch('jira_matches', 'tap_jira')(text, pattern) }}
{%- endmacro %}
{% macro default__jira_matches(text, pattern) -%} ({{ text }} ~ '{{ pattern }}') {%- endmacro %}
{% macro duckdb__jira_matches(text, pattern) -%} regexp_matches({{ text }}, '{{ pattern }}') {%- endmacro %}

{#- Whether an issue is one of those in a table of them: a condition that reaches what is asked for it,
    below unions too. -#}
{% macro jira_one_of(issue_id, relation) -%}
  {{ adapter.dispatch('jira_one_of', 'tap_jira')(issue_id, relation) }}
{%- endmacro %}
{% macro default__jira_one_of(issue_id, relation) -%}
  {{ issue_id }} = any(array(select issue_id from {{ relation }}))
{%- endmacro %}
{% macro duckdb__jira_one_of(issue_id, relation) -%}
  {{ issue_id }} in (select issue_id from {{ relation }})
{%- endmacro %}

{#- An index that tells the planner that a column is unique: a join that nothing is asked of is left out
    then. Where a row cannot be deleted and inserted again under such an index, there is none. -#}
{% macro jira_unique_index(relation, column) -%}
  {%- if column -%}{{ adapter.dispatch('jira_unique_index', 'tap_jira')(relation, column) }}{%- endif -%}
{%- endmacro %}
{% macro default__jira_unique_index(relation, column) -%}
  create unique index on {{ relation }} ({{ column }});
{%- endmacro %}
{% macro duckdb__jira_unique_index(relation, column) -%}{%- endmacro %}

{#- An index on `columns`, in an order of theirs or of the rows `where` something is so, for few rows of a
    large table. Where such an index cannot be, there is none. -#}
{% macro jira_index_more(relation, given) -%}
  {{ adapter.dispatch('jira_index_more', 'tap_jira')(relation, given) }}
{%- endmacro %}
{% macro default__jira_index_more(relation, given) -%}
  create index on {{ relation }} ({{ given['columns'] }})
  {%- if 'where' in given %} where {{ given['where'] }}{% endif %};
{%- endmacro %}
{% macro duckdb__jira_index_more(relation, given) -%}{%- endmacro %}

{#- The different values of a column of a large table that has an index on it: a query, column `value`. With
    the index each one is found by the one before it. -#}
{% macro jira_distinct(relation, column) -%}
  {{ adapter.dispatch('jira_distinct', 'tap_jira')(relation, column) }}
{%- endmacro %}
{% macro default__jira_distinct(relation, column) -%}
  with recursive found (value) as (
    select min({{ column }}) from {{ relation }}
    union all
    select (select min({{ column }}) from {{ relation }} where {{ column }} > found.value)
    from found
    where found.value is not null
  )
  select value from found where value is not null
{%- endmacro %}
{% macro duckdb__jira_distinct(relation, column) -%}
  select distinct {{ column }} as value from {{ relation }} where {{ column }} is not null
{%- endmacro %}

{#- What the planner wants to know of a table that was just made: without it, joins of the next models may
    be tried row by row. A few more rows change nothing of that. -#}
{% macro jira_analyze(relation) -%}
  {{ adapter.dispatch('jira_analyze', 'tap_jira')(relation) }}
{%- endmacro %}
{% macro default__jira_analyze(relation) -%} analyze {{ relation }} {%- endmacro %}
{% macro duckdb__jira_analyze(relation) -%}{%- endmacro %}

{#- A timestamp as text, to the second. -#}
{% macro jira_printed(timestamp) -%}
  {{ adapter.dispatch('jira_printed', 'tap_jira')(timestamp) }}
{%- endmacro %}
{% macro default__jira_printed(timestamp) -%}
  to_char({{ timestamp }}, 'YYYY-MM-DD HH24:MI:SS')
{%- endmacro %}
{% macro duckdb__jira_printed(timestamp) -%}
  strftime({{ timestamp }}, '%Y-%m-%d %H:%M:%S')
{%- endmacro %}

{#- A number that stands for all columns of a row of a table; with another seed, another one. -#}
{% macro jira_row_hash(table, seed=0) -%}
  {{ adapter.dispatch('jira_row_hash', 'tap_jira')(table, seed) }}
{%- endmacro %}
{% macro default__jira_row_hash(table, seed) -%} hashtextextended(cast({{ table }} as text), {{ seed }}) {%- endmacro %}
{% macro duckdb__jira_row_hash(table, seed) -%} cast(hash({{ table }}, {{ seed }}) >> 1 as bigint) {%- endmacro %}

{#- A number that stands for a text; with another seed, another one. -#}
{% macro jira_hash(text, seed=0) -%}
  {{ adapter.dispatch('jira_hash', 'tap_jira')(text, seed) }}
{%- endmacro %}
{% macro default__jira_hash(text, seed) -%} hashtextextended({{ text }}, {{ seed }}) {%- endmacro %}
{% macro duckdb__jira_hash(text, seed) -%} cast(hash({{ text }}, {{ seed }}) >> 1 as bigint) {%- endmacro %}

{#- SQL before a model that reads many rows at once: what it sorts and joins is kept in memory. -#}
{% macro jira_more_memory() -%}
  {{ adapter.dispatch('jira_more_memory', 'tap_jira')() }}
{%- endmacro %}
{% macro default__jira_more_memory() -%}
  select set_config('work_mem', '64MB', true)
  where pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('64MB')
{%- endmacro %}
{% macro duckdb__jira_more_memory() -%}{%- endmacro %}

{#- Seconds from one timestamp to another, with fractions. -#}
{% macro jira_seconds(begin, end) -%}
  {{ adapter.dispatch('jira_seconds', 'tap_jira')(begin, end) }}
{%- endmacro %}
{% macro default__jira_seconds(begin, end) -%}
  cast(extract(epoch from ({{ end }} - {{ begin }})) as double precision)
{%- endmacro %}
{% macro duckdb__jira_seconds(begin, end) -%}
  (epoch_us({{ end }}) - epoch_us({{ begin }})) / 1000000.0
{%- endmacro %}

{#- Texts as an array, in an order: an aggregate. -#}
{% macro jira_texts(text, order) -%}
  {{ adapter.dispatch('jira_texts', 'tap_jira')(text, order) }}
{%- endmacro %}
{% macro default__jira_texts(text, order) -%}
  array_agg({{ text }} order by {{ order }})
{%- endmacro %}

{#- Now, as a timestamp in UTC; the variable `now` sets it, for runs that can be repeated. -#}
{% macro jira_now() -%}
  {%- if var('now', none) -%} cast('{{ var("now") }}' as timestamp)
  {%- else -%} {{ adapter.dispatch('jira_now', 'tap_jira')() }}
  {%- endif -%}
{%- endmacro %}
{% macro default__jira_now() -%}
  cast(now() at time zone 'UTC' as timestamp)
{%- endmacro %}

{#- A row a day, both ends included, whatever time of the day they are: a relation with the column `day`. -#}
{% macro jira_days(first, last) -%}
  {{ adapter.dispatch('jira_days', 'tap_jira')(first, last) }}
{%- endmacro %}
{% macro default__jira_days(first, last) -%}
  (select cast(day as date) as day
   from generate_series(
     cast(cast({{ first }} as date) as timestamp), cast({{ last }} as timestamp), interval '1 day'
   ) as days (day))
{%- endmacro %}

{#- The null that stands in JSON. -#}
{% macro jira_null() -%}
  {{ adapter.dispatch('jira_null', 'tap_jira')() }}
{%- endmacro %}
{% macro default__jira_null() -%} jsonb 'null' {%- endmacro %}
{% macro duckdb__jira_null() -%} cast('null' as json) {%- endmacro %}

{#- A lateral join to the elements of an array of texts: `<alias>.value`. -#}
{% macro jira_elements(texts, alias) -%}
  {{ adapter.dispatch('jira_elements', 'tap_jira')(texts, alias) }}
{%- endmacro %}
{% macro default__jira_elements(texts, alias) -%}
  cross join lateral unnest({{ texts }}) as {{ alias }} (value)
{%- endmacro %}
{% macro duckdb__jira_elements(texts, alias) -%}
  cross join lateral (select unnest({{ texts }}) as value) as {{ alias }}
{%- endmacro %}

{#- A join of few issues to their rows of a table, by the index on its `issue_id`; a planner that does
    not know how few they are would read the table whole. -#}
{% macro jira_rows_of_few(issues, relation, alias) -%}
  {{ adapter.dispatch('jira_rows_of_few', 'tap_jira')(issues, relation, alias) }}
{%- endmacro %}
{% macro default__jira_rows_of_few(issues, relation, alias) -%}
  cross join lateral (
    select * from {{ relation }} as indexed where indexed.issue_id = {{ issues }}.issue_id offset 0
  ) as {{ alias }}
{%- endmacro %}
{% macro duckdb__jira_rows_of_few(issues, relation, alias) -%}
  inner join {{ relation }} as {{ alias }} on {{ issues }}.issue_id = {{ alias }}.issue_id
{%- endmacro %}

{#- A join of few people to what describes them: of each, at least what was seen last of the first source, by
    the index that begins with these columns. -#}
{% macro jira_newest_of_few(people, relation, alias) -%}
  {{ adapter.dispatch('jira_newest_of_few', 'tap_jira')(people, relation, alias) }}
{%- endmacro %}
{% macro default__jira_newest_of_few(people, relation, alias) -%}
  cross join lateral (
    select * from {{ relation }} as indexed where indexed.id = {{ people }}.id
    order by indexed.source, indexed.seen desc nulls last fetch first 1 rows with ties
  ) as {{ alias }}
{%- endmacro %}
{% macro duckdb__jira_newest_of_few(people, relation, alias) -%}
  inner join {{ relation }} as {{ alias }} on {{ people }}.id = {{ alias }}.id
{%- endmacro %}

{#- A lateral join to the members of two arrays of text, an id and a text each, those with either: columns
    `id` and `text`, each pair once. One row of nulls if there is none. -#}
{% macro jira_either(ids, texts, alias) -%}
  {{ adapter.dispatch('jira_either', 'tap_jira')(ids, texts, alias) }}
{%- endmacro %}
{% macro default__jira_either(ids, texts, alias) -%}
  left join lateral (
    select distinct id, text
    from unnest({{ ids }}, {{ texts }}) as members (id, text)
    where nullif(coalesce(id, text), '') is not null
  ) as {{ alias }} on true
{%- endmacro %}
{% macro duckdb__jira_either(ids, texts, alias) -%}
  left join lateral (
    select distinct id, text
    from (select unnest({{ ids }}) as id, unnest({{ texts }}) as text) as members
    where nullif(coalesce(id, text), '') is not null
  ) as {{ alias }} on true
{%- endmacro %}

{#- The columns of a raw table, in order: a name and a type each. Where one query tells those of all tables
    as quickly as those of one, it is asked once a run. -#}
{% macro jira_columns(relation) -%}
  {{ return(adapter.dispatch('jira_columns', 'tap_jira')(relation)) }}
{%- endmacro %}
{% macro default__jira_columns(relation) -%}
  {%- set shared, key = tap_jira.jira_shared(), 'columns in ' ~ relation.schema -%}
  {%- if key not in shared -%}
    {%- set tables = {} -%}
    {%- for table, name, type in run_query(
      'select cast(tables.relname as text), cast(columns.attname as text),'
      ~ ' format_type(columns.atttypid, columns.atttypmod)'
      ~ ' from pg_attribute as columns'
      ~ ' inner join pg_class as tables on columns.attrelid = tables.oid'
      ~ ' inner join pg_namespace as schemas on tables.relnamespace = schemas.oid'
      ~ ' where columns.attnum > 0 and not columns.attisdropped'
      ~ ' and tables.relkind in (\'r\', \'p\', \'v\', \'m\', \'f\')'
      ~ ' and schemas.nspname = \'' ~ relation.schema ~ '\' order by columns.attrelid, columns.attnum'
    ) -%}
      {%- do tables.setdefault(table, []).append([name, type]) -%}
    {%- endfor -%}
    {%- do shared.setdefault(key, tables) -%}
  {%- endif -%}
  {{ return(shared[key].get(relation.identifier, [])) }}
{%- endmacro %}
{% macro duckdb__jira_columns(relation) -%}
  {%- set found = [] -%}
  {%- for column in adapter.get_columns_in_relation(relation) -%}
    {%- do found.append([column.name, column.data_type]) -%}
  {%- endfor -%}
  {{ return(found) }}
{%- endmacro %}

{#- SQL for indexes on raw tables by which what was loaded anew is found, and then read: without them all
    rows are read, twice, in each build. None where the variable `raw_indexes` is off, where the table is
    somebody else's, or where it has such an index already. `wanted` is stream → columns.

    Each is made in a transaction of its own, which holds and wants no other lock: a load that writes several
    tables would meet it crosswise otherwise. Where a load is writing it is left to the next build. -#}
{% macro jira_raw_indexes(wanted) -%}
  {{ adapter.dispatch('jira_raw_indexes', 'tap_jira')(wanted) }}
{%- endmacro %}
{% macro default__jira_raw_indexes(wanted) -%}
  {%- if execute and var('raw_indexes') -%}
  {%- set own = run_query(
    'select cast(tables.relname as text) from pg_class as tables'
    ~ ' inner join pg_namespace as schemas on tables.relnamespace = schemas.oid'
    ~ ' where schemas.nspname = \'' ~ var('raw_schema') ~ '\' and tables.relkind = \'r\''
    ~ ' and pg_has_role(tables.relowner, \'usage\') and has_schema_privilege(schemas.oid, \'create\')'
    ~ ' and not exists ('
    ~ 'select 1 from pg_index as indexes'
    ~ ' inner join pg_attribute as ahead on ahead.attrelid = tables.oid and ahead.attnum = indexes.indkey[0]'
    ~ ' inner join pg_attribute as loaded on loaded.attrelid = tables.oid and loaded.attnum = any(indexes.indkey)'
    ~ ' where indexes.indrelid = tables.oid'
    ~ ' and ahead.attname in (\'id\', \'issue_id\') and loaded.attname = \'_sdc_batched_at\')'
  ).columns[0].values() | list -%}
  {%- for stream, columns in wanted.items() -%}
    {%- set there = tap_jira.jira_raw_columns(tap_jira.jira_raw_relation(stream)).values() | list -%}
    {%- set columns = columns + ['_sdc_batched_at'] -%}
    {%- if stream in own and columns | reject('in', there) | list | length == 0 %}
  commit;
  do $$
  begin
    set local lock_timeout = '1s';
    create index on {{ tap_jira.jira_raw_relation(stream) }} ({{ columns | join(', ') }})
      {%- if '_sdc_deleted_at' in there %} where _sdc_deleted_at is null{% endif %};
  exception
    when lock_not_available or deadlock_detected or undefined_table or undefined_column then
      raise notice 'No index was made: a load is writing.';
  end
  $$;
  commit;
    {%- endif -%}
  {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
{% macro duckdb__jira_raw_indexes(wanted) -%}{%- endmacro %}

{#- The digest of a view's definition: SQL. -#}
{% macro jira_definition_of(relation) -%}
  {{ adapter.dispatch('jira_definition_of', 'tap_jira')(relation) }}
{%- endmacro %}
{% macro default__jira_definition_of(relation) -%}
  md5(pg_get_viewdef('{{ relation }}'::regclass))
{%- endmacro %}
{% macro duckdb__jira_definition_of(relation) -%}
  (
    select md5(sql) from duckdb_views()
    where schema_name = '{{ relation.schema }}' and view_name = '{{ relation.identifier }}'
      and database_name = '{{ relation.database }}'
  )
{%- endmacro %}

{#- The views of these names in a relation's schema, and the digests of their definitions: a query. -#}
{% macro jira_definitions(relation, names) -%}
  {{ adapter.dispatch('jira_definitions', 'tap_jira')(relation, names) }}
{%- endmacro %}
{% macro default__jira_definitions(relation, names) -%}
  select cast(views.relname as text), md5(pg_get_viewdef(views.oid))
  from pg_class as views
  inner join pg_namespace as schemas on views.relnamespace = schemas.oid
  where views.relkind = 'v' and schemas.nspname = '{{ relation.schema }}' and views.relname in ({{ names }})
{%- endmacro %}
{% macro duckdb__jira_definitions(relation, names) -%}
  select view_name, md5(sql) from duckdb_views()
  where schema_name = '{{ relation.schema }}' and database_name = '{{ relation.database }}'
    and view_name in ({{ names }})
{%- endmacro %}
