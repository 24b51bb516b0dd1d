{#- How models become tables and views here. Tables stay where they are, so that the views on them do:
    PostgreSQL drops with a table what reads it. After that no view is believed to be there. -#}

{#- A table that is built in steps. In a step, either the model's rows are of what its hook noted, or, with
    `differing`, the model's rows are those that differ themselves; those with the same `key` go before.
    With `refilled` a step takes all rows out. `unique_by` is a column that no two rows have alike,
    `index_more` are indexes that PostgreSQL alone can have. -#}
{% materialization jira_steps, default %}
  {%- do tap_jira.jira_want_builds() -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set refilled, differing = config.get('refilled', false), config.get('differing', false) -%}
  {%- set since = tap_jira.jira_since(alone=refilled) -%}
  {%- set in_turn = tap_jira.jira_is_in_turn(tap_jira.jira_made_of(model.name)) -%}
  {%- set key = config.get('key', 'issue_id') -%}
  {%- set noted = tap_jira.jira_noted(this) -%}
  {%- set new_relation = make_intermediate_relation(target_relation) -%}
  {{ drop_relation_if_exists(load_cached_relation(new_relation)) }}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- if since %}
    {%- call statement('main', fetch_result=in_turn) %}
      {%- if differing %}
      drop table if exists {{ noted }};
      create temporary table {{ noted }} as
      {{ sql }};
      {%- endif %}
      delete from {{ target_relation }}
      {%- if not refilled %} where {{ key }} in (select {{ key }} from {{ noted }}){% endif %};
      insert into {{ target_relation }}
      {% if differing %}select * from {{ noted }}{% else %}{{ sql }}{% endif %};
      {%- if in_turn %}
      {{ tap_jira.jira_note_build(
        tap_jira.jira_version(),
        '(select count(*) * 2 from ' ~ noted ~ ') > (select count(*) from ' ~ target_relation ~ ')'
        if config.get('tells_whole', false) else 'false',
      ) }};
      {%- endif %}
      {%- if not refilled %}
      drop table {{ noted }};
      {%- endif %}
      {%- if in_turn %}
      {{ tap_jira.jira_noted_build() }}
      {%- endif %}
    {%- endcall %}
    {%- if in_turn %}
      {%- do tap_jira.jira_take_down(tap_jira.jira_version(), load_result('main').table.rows) %}
    {%- endif %}
  {%- else %}
    {%- call statement('main') %}
      {{ get_create_table_as_sql(False, new_relation, sql) }}
    {%- endcall %}
    {{ tap_jira.jira_drop(existing) }}
    {{ adapter.rename_relation(new_relation, target_relation) }}
    {%- do create_indexes(target_relation) %}
    {%- call statement('noted', fetch_result=in_turn) %}
      {{ tap_jira.jira_unique_index(target_relation, config.get('unique_by')) }}
      {% for given in config.get('index_more', []) %}{{ tap_jira.jira_index_more(target_relation, given) }}{% endfor %}
      {{ tap_jira.jira_analyze(target_relation) }};
      {%- if in_turn %}
      {{ tap_jira.jira_note_build(tap_jira.jira_version(), config.get('tells_whole', false) | lower) }};
      {{ tap_jira.jira_noted_build() }}
      {%- else %}
      {{ tap_jira.jira_forget_build() }}
      {%- endif %}
    {%- endcall %}
    {%- do tap_jira.jira_take_down(tap_jira.jira_version(), load_result('noted').table.rows) %}
  {%- endif %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing, not since)) %}
  {%- do persist_docs(target_relation, model) %}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- A table that is made once, and filled by other models. -#}
{% materialization jira_kept, default %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set is_new = existing is none or should_full_refresh() -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- if is_new %}
    {{ drop_relation_if_exists(existing) }}
    {%- call statement('main') %}
      {{ get_create_table_as_sql(False, target_relation, sql) }}
    {%- endcall %}
  {%- else %}
    {{ tap_jira.jira_nothing_to_do() }}
  {%- endif %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- if is_new or pre_hooks or post_hooks %}{{ adapter.commit() }}{% endif %}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- A view that is made again if it is not there, or not as it was made, or is to be another. A schema may
    have several projects' views of the same name: the last one's would stay. -#}
{% materialization jira_view, default %}
  {%- do tap_jira.jira_want_builds() -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set settings = [sql, config.get('grants', {}), config.get('persist_docs', {})] -%}
  {%- if config.get('persist_docs') -%}
    {%- do settings.extend([model.description, model.columns]) -%}
  {%- endif -%}
  {%- set version = local_md5(tojson(settings)) -%}
  {%- set is_there = existing is not none and existing.is_view and not should_full_refresh()
    and 'views are gone' not in tap_jira.jira_shared()
    and tap_jira.jira_books().get(model.name, {}).version == version ~ ' ' ~ tap_jira.jira_defined(target_relation) -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- if not is_there %}
    {{ tap_jira.jira_drop(existing) }}
    {%- call statement('main') %}
      {{ get_create_view_as_sql(target_relation, sql) }};
      {{ tap_jira.jira_note_build(version, definition=tap_jira.jira_definition_of(target_relation)) }}
    {%- endcall %}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke=False) %}
    {%- do persist_docs(target_relation, model) %}
  {%- else %}
    {{ tap_jira.jira_nothing_to_do() }}
  {%- endif %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- if not is_there or pre_hooks or post_hooks %}{{ adapter.commit() }}{% endif %}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- Drop a table or view that was there, and with it what reads it, of which dbt may not know. -#}
{% macro jira_drop(existing) %}
  {%- if existing is not none -%}
    {{ drop_relation_if_exists(existing) }}
    {%- do tap_jira.jira_shared().update({'views are gone': true}) -%}
  {%- endif -%}
{% endmacro %}


{#- What dbt wants of every model is its main statement; it connects to the database for one. A project may
    have hooks on these models, which are then committed with it. -#}
{% macro jira_nothing_to_do() %}
  {%- if pre_hooks or post_hooks -%}
    {%- call statement('main') %}
      select 1
    {%- endcall %}
  {%- else -%}
    {%- do store_raw_result('main', message='as it was', code='', rows_affected=0) -%}
  {%- endif -%}
{% endmacro %}
