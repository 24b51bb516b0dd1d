{#-
  Columns of a raw table, whatever of it is there.

  columns: name → kind, one of `id`, `text`, `number`, `integer`, `boolean`, `date`, `timestamp`, `json`.

  A stream that is not selected has no table, and no rows then; a line of the log says so. A column
  that is not selected, or that this product has not, is null. Rows that the target only marked as deleted (`_sdc_deleted_at`) are left out. Both
  kinds of columns that a target makes of an array, one of JSON and an array of JSON, are JSON here.

  expressions: name → SQL over columns that are there, for what else the table has.

  early: what reads it says by itself that it comes after `jira_builds`.
-#}
{% macro jira_raw(stream, columns, expressions={}, early=false) -%}
  {#- All models are built after this one. -#}
  {%- if not execute and not early -%}{%- set builds = ref('jira_builds') -%}{%- endif -%}
  {%- set relation = tap_jira.jira_raw_relation(stream) -%}
  {%- set there = tap_jira.jira_raw_columns(relation) -%}
  {%- if execute and relation is none and tap_jira.jira_is_first('without ' ~ stream) -%}
    {{ log(
      var('raw_schema') ~ '.' ~ stream ~ ' is not there: jira_stg_' ~ stream ~ ' is empty. Select the stream'
      ~ ' "' ~ stream ~ '" in the catalog if you want it.', info=true
    ) }}
  {%- endif -%}
  {%- do tap_jira.jira_refuse(stream, relation, there, columns) -%}
  {%- set sql -%}
  select
  {%- for name, kind in columns.items() %}
    {% if name in there -%}
      {{ tap_jira.jira_as(kind, adapter.quote(there[name])) }}
    {%- else -%}
      cast(null as {{ tap_jira.jira_type(kind) }})
    {%- endif %} as {{ adapter.quote(name) if name in tap_jira.jira_reserved() else name }}
    {%- if not loop.last or expressions %},{% endif %}
  {%- endfor %}
  {%- for name, expression in expressions.items() %}
    {{ expression }} as {{ name }}{% if not loop.last %},{% endif %}
  {%- endfor %}
  {%- if relation is none %}
  where 1 = 0
  {%- else %}
  from {{ relation }}
  {%- if '_sdc_deleted_at' in there %}
  where _sdc_deleted_at is null
  {%- endif %}
  {%- endif %}
  {%- endset -%}
  {#- A staging model is this and nothing else: what reads it need not make it once more. -#}
  {%- if execute and model.name.startswith('jira_stg_') -%}
    {%- do tap_jira.jira_shared().update({'SQL of ' ~ model.name: '(\n' ~ sql ~ '\n)'}) -%}
  {%- endif -%}
  {{ sql }}
{%- endmacro %}


{#- What models of one run share: a dictionary. Each of them would ask the database for the same columns
    and fields otherwise, which is much of the time that a small build takes. -#}
{% macro jira_shared() %}
  {{ return(graph.setdefault('tap_jira ' ~ invocation_id, {})) }}
{% endmacro %}


{#- Whether this is the first time in this run that a model asks so. -#}
{% macro jira_is_first(key) %}
  {%- set own = [] -%}
  {{ return(tap_jira.jira_shared().setdefault(key, own) is sameas own) }}
{% endmacro %}


{#- An ephemeral model in place of its name: a query in brackets. dbt would write it before the model, and
    takes the model's SQL apart for that, which takes longer than all else that it does for some models. -#}
{% macro jira_inline(name) %}
  {%- set node = graph.get('nodes', {}).get('model.tap_jira.' ~ name) if execute -%}
  {#- In unit tests it may be rows that are given. -#}
  {%- if not node -%}{{ return(ref(name)) }}{%- endif -%}
  {%- set shared, key = tap_jira.jira_shared(), 'SQL of ' ~ name -%}
  {%- if key not in shared -%}
    {%- do shared.update({key: '(\n' ~ render(node.raw_code) | trim ~ '\n)'}) -%}
  {%- endif -%}
  {{ return(shared[key]) }}
{% endmacro %}


{#- A model that an ephemeral one reads: where that one is put in place of its name, dbt's own `ref` would
    know what the other model reads, and not this. -#}
{% macro jira_read_inline(name) %}
  {%- set node = graph.get('nodes', {}).get('model.tap_jira.' ~ name) if execute -%}
  {%- if not node -%}{{ return(ref(name)) }}{%- endif -%}
  {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{% endmacro %}


{#- What the models would read wrongly is refused: the rows of several Jiras, whose ids are each Jira's own,
    and objects that were taken apart. -#}
{% macro jira_refuse(stream, relation, there, columns) %}
  {%- set table = var('raw_schema') ~ '.' ~ stream -%}
  {%- if 'site' in there -%}
    {%- set site = adapter.quote(there['site']) -%}
    {%- set ends = run_query('select min(' ~ site ~ '), max(' ~ site ~ ') from ' ~ relation)[0] -%}
    {%- if ends[0] != ends[1] -%}
      {%- do exceptions.raise_compiler_error(
        table ~ ' has rows of several Jiras (site: ' ~ ends[0] ~ ', ' ~ ends[1] ~ '), and ids are each'
        ~ ' Jira\'s own: build the models of one, from a raw_schema of views of its rows (docs/dbt.md).'
      ) -%}
    {%- endif -%}
  {%- endif -%}
  {%- for name, kind in columns.items() if kind == 'json' and name not in there -%}
    {%- for column in there if column.startswith(name ~ '__') -%}
      {%- do exceptions.raise_compiler_error(
        table ~ ' has ' ~ column ~ ' instead of ' ~ name ~ ': the models read objects whole. Load it with'
        ~ ' flattening_enabled off.'
      ) -%}
    {%- endfor -%}
  {%- endfor -%}
{% endmacro %}


{#- The raw table of a stream; none if it was not loaded. What dbt itself knows of a schema is not asked:
    while one thread looks what is there, others are told that nothing is. -#}
{% macro jira_raw_relation(stream) %}
  {%- if not execute -%}{{ return(none) }}{%- endif -%}
  {%- set relation = api.Relation.create(
    database=target.database, schema=var('raw_schema'), identifier=stream
  ) -%}
  {{ return(relation if tap_jira.jira_raw_columns(relation) else none) }}
{% endmacro %}


{#- A number for what a row of a stream was loaded with: another one whenever it was loaded anew, or,
    without the target's metadata, whenever a column is another. Streams have different ones. -#}
{% macro jira_stamp(stream) %}
  {%- set relation = tap_jira.jira_raw_relation(stream) -%}
  {%- set seed = ['issues', 'changelogs', 'comments', 'worklogs', 'requests'].index(stream) -%}
  {{ return(
    'cast(null as ' ~ tap_jira.jira_type('integer') ~ ')' if relation is none
    else tap_jira.jira_hash('cast(_sdc_batched_at as ' ~ tap_jira.jira_type('text') ~ ')', seed)
      if '_sdc_batched_at' in tap_jira.jira_raw_columns(relation)
    else tap_jira.jira_row_hash(stream, seed)
  ) }}
{% endmacro %}


{#- Whether a stream was loaded. -#}
{% macro jira_is_loaded(stream) %}
  {{ return(not execute or tap_jira.jira_raw_relation(stream) is not none) }}
{% endmacro %}


{#- The columns of a relation: name in lower case → name. -#}
{% macro jira_raw_columns(relation) %}
  {{ return(tap_jira.jira_described(relation)['names']) }}
{% endmacro %}


{#- The columns of a relation with their types: texts, in order. -#}
{% macro jira_raw_types(relation) %}
  {{ return(tap_jira.jira_described(relation)['types'] | sort) }}
{% endmacro %}


{#- What both know of a relation. -#}
{% macro jira_described(relation) %}
  {%- if relation is none -%}{{ return({'names': {}, 'types': []}) }}{%- endif -%}
  {%- set shared = tap_jira.jira_shared() -%}
  {%- set key = 'columns of ' ~ relation -%}
  {%- if key not in shared -%}
    {%- set names, types = {}, [] -%}
    {%- for name, type in tap_jira.jira_columns(relation) -%}
      {%- do names.update({name | lower: name}) -%}
      {%- do types.append(name ~ ' ' ~ type) -%}
    {%- endfor -%}
    {#- Of two models that ask at once both go on with what the first one found. -#}
    {%- do shared.setdefault(key, {'names': names, 'types': types}) -%}
  {%- endif -%}
  {{ return(shared[key]) }}
{% endmacro %}


{#- Names of columns that SQL wants in quotes. -#}
{% macro jira_reserved() %}
  {{ return(['default', 'desc', 'to', 'user', 'group', 'references']) }}
{% endmacro %}
