{#- How models become tables and views here. Tables stay where they are, so that the views on them do:
    PostgreSQL drops with a table what reads it. -#}

{#- A table that is built in steps. In a step, either the model's rows are of what its hook noted, or, with
    `differing`, the model's rows are those that differ themselves; those with the same `key` go before.
    With `refilled` a step takes all rows out. `unique_by` is a column that no two rows have alike. -#}
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
    {%- call statement('main') %}
      {%- if refilled or differing %}
      drop table if exists {{ noted }};
      create temporary table {{ noted }} as
      {{ sql }};
      {%- endif %}
      delete from {{ target_relation }}
      {%- if not refilled %} where {{ key }} in (select {{ key }} from {{ noted }}){% endif %};
      insert into {{ target_relation }}
      {% if refilled or differing %}select * from {{ noted }}{% else %}{{ sql }}{% endif %};
      {%- if in_turn %}
      {{ tap_jira.jira_note_build(
        tap_jira.jira_version(),
        '(select count(*) * 2 from ' ~ noted ~ ') > (select count(*) from ' ~ target_relation ~ ')'
        if config.get('tells_whole', false) else 'false',
      ) }};
      {%- endif %}
      drop table {{ noted }};
    {%- endcall %}
  {%- else %}
    {%- call statement('main') %}
      {{ get_create_table_as_sql(False, new_relation, sql) }}
    {%- endcall %}
    {{ drop_relation_if_exists(existing) }}
    {{ adapter.rename_relation(new_relation, target_relation) }}
    {%- do create_indexes(target_relation) %}
    {%- call statement('noted') %}
      {{ tap_jira.jira_unique_index(target_relation, config.get('unique_by')) }}
      {{ tap_jira.jira_note_build(tap_jira.jira_version(), config.get('tells_whole', false) | lower)
        if in_turn else tap_jira.jira_forget_build() }};
      {{ tap_jira.jira_analyze(target_relation) }}
    {%- endcall %}
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
  {%- set target_relation = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- if existing is none or should_full_refresh() %}
    {{ drop_relation_if_exists(existing) }}
    {%- call statement('main') %}
      {{ get_create_table_as_sql(False, target_relation, sql) }}
    {%- endcall %}
  {%- else %}
    {%- call statement('main') %}
      select 1
    {%- endcall %}
  {%- endif %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- A view that is made again if it is not there or its SQL is another. -#}
{% materialization jira_view, default %}
  {%- do tap_jira.jira_want_builds() -%}
  {%- set builds = tap_jira.jira_builds() -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set version = local_md5(sql) -%}
  {%- set is_there = existing is not none and existing.is_view and not should_full_refresh() and run_query(
    'select 1 from ' ~ builds ~ ' where model = \'' ~ model.name ~ '\' and version = \'' ~ version ~ '\''
  ).rows | length > 0 -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- if is_there %}
    {%- call statement('main') %}
      select 1
    {%- endcall %}
  {%- else %}
    {{ drop_relation_if_exists(existing) }}
    {%- call statement('main') %}
      {{ get_create_view_as_sql(target_relation, sql) }};
      {{ tap_jira.jira_note_build(version) }}
    {%- endcall %}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke=False) %}
    {%- do persist_docs(target_relation, model) %}
  {%- endif %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
