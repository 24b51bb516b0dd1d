{#- Models that are built in steps: a build writes only what has changed since the last one.

    `jira_builds` has a row of each of them, with a number that grows with every build of anything. What
    was changed bears the number of its change (`changed_in`), so that a model takes up what has a
    larger one than its own. Its row is written in one transaction with its rows: a build that was
    killed is made up for by the next one.

    A model is built whole with `--full-refresh`, if it has no row, if its row is of another version of
    these models, and if so much has changed that steps do not pay (`whole_since`).

    A build of some models only may leave out what others are made of. These are built, too, but keep the
    number that they had, so that a later build takes up what they have missed. -#}

{#- Of another version, tables are made anew: raise it with a change of what a model in steps holds. -#}
{% macro jira_version() %}{{ return('4') }}{% endmacro %}


{#- The table of builds; nothing in unit tests, which build all whole. It is no `ref`, which they would have
    to bring rows for: all models come after it since `jira_raw` has one. -#}
{% macro jira_builds() %}
  {%- set node = graph.get('nodes', {}).get('model.tap_jira.jira_builds') -%}
  {{ return(
    api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) if node else ''
  ) }}
{% endmacro %}


{#- Without that table no model can be built: say how it comes. -#}
{% macro jira_want_builds() %}
  {%- if load_cached_relation(tap_jira.jira_builds()) is none -%}
    {%- do exceptions.raise_compiler_error(
      'jira_builds is not there yet: build what ' ~ model.name ~ ' is made of as well, by --select +' ~ model.name
      ~ '.'
    ) -%}
  {%- endif -%}
{% endmacro %}


{#- The number of what this build changes: SQL. -#}
{% macro jira_next_number() -%}
  (select coalesce(max(number), 0) + 1 from {{ tap_jira.jira_builds() }})
{%- endmacro %}


{#- What `jira_builds` has: name of a model → `version`, `number`, `whole_since`. It is read once a run;
    what is built in the run is noted here as well. -#}
{% macro jira_books() %}
  {%- set shared = tap_jira.jira_shared() -%}
  {%- if 'books' not in shared -%}
    {%- set found = {} -%}
    {%- for name, version, number, whole_since in run_query(
      'select model, version, number, whole_since from ' ~ tap_jira.jira_builds()
    ) -%}
      {%- do found.update({name: {
        'version': version, 'number': number | int, 'whole_since': whole_since | int
      }}) -%}
    {%- endfor -%}
    {#- Of two models that ask at once both go on with what the first one found. -#}
    {%- do shared.setdefault('books', found) -%}
  {%- endif -%}
  {{ return(shared['books']) }}
{% endmacro %}


{#- The digest of a view's definition as the run found it; nothing if there was none. -#}
{% macro jira_defined(relation) %}
  {%- set shared, key = tap_jira.jira_shared(), 'views in ' ~ relation.schema -%}
  {%- if key not in shared -%}
    {%- set found, names = {}, [] -%}
    {%- for node in graph.nodes.values() if node.package_name == 'tap_jira' and node.schema == relation.schema -%}
      {%- if node.config.materialized == 'jira_view' -%}{%- do names.append("'" ~ node.alias ~ "'") -%}{%- endif -%}
    {%- endfor -%}
    {%- for name, definition in run_query(tap_jira.jira_definitions(relation, names | join(', '))) -%}
      {%- do found.update({name: definition}) -%}
    {%- endfor -%}
    {%- do shared.setdefault(key, found) -%}
  {%- endif -%}
  {{ return(shared[key].get(relation.identifier, '')) }}
{% endmacro %}


{#- Since which number of a build everything counts as changed. -#}
{% macro jira_whole_since() %}
  {{ return(tap_jira.jira_books().values() | list | map(attribute='whole_since') | max | default(0, true)) }}
{% endmacro %}


{#- The number that this model was built with; false if it is built whole. `alone` are models that do not
    mind how much has changed. -#}
{% macro jira_since(alone=false) %}
  {#- What is only shown is read whole: nothing is noted of what has changed. -#}
  {%- if not execute or should_full_refresh() or flags.WHICH == 'show' -%}{{ return(false) }}{%- endif -%}
  {%- set builds = tap_jira.jira_builds() -%}
  {%- set shared, key = tap_jira.jira_shared(), 'since ' ~ this -%}
  {%- if key in shared -%}{{ return(shared[key]) }}{%- endif -%}
  {%- set built = load_cached_relation(this) if builds else none -%}
  {%- if built is none or not built.is_table or load_cached_relation(builds) is none -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set book = tap_jira.jira_books().get(model.name) -%}
  {%- set is_current = book and book.version == tap_jira.jira_version()
    and (alone or book.number >= tap_jira.jira_whole_since()) -%}
  {%- do shared.update({key: book.number if is_current else false}) -%}
  {{ return(shared[key]) }}
{% endmacro %}


{#- The names of the models in steps that one is made of, with all that these are made of. -#}
{% macro jira_made_of(name) %}
  {%- set shared, key = tap_jira.jira_shared(), 'made of ' ~ name -%}
  {%- if key not in shared -%}
    {%- set found = [] -%}
    {%- for parent in graph.nodes['model.tap_jira.' ~ name].depends_on.nodes -%}
      {%- set node = graph.nodes.get(parent, {}) -%}
      {%- if node.package_name == 'tap_jira' -%}
        {%- if node.config.materialized == 'jira_steps' -%}{%- do found.append(node.name) -%}{%- endif -%}
        {%- do found.extend(tap_jira.jira_made_of(node.name)) -%}
      {%- endif -%}
    {%- endfor -%}
    {%- do shared.update({key: found | unique | list}) -%}
  {%- endif -%}
  {{ return(shared[key]) }}
{% endmacro %}


{#- Whether each of these models in steps was built after all that it is made of, so that it lacks nothing
    that these have. They are what is being built is made of: nothing is done to them any more in this run. -#}
{% macro jira_is_in_turn(names) %}
  {%- set shared, books, nothing = tap_jira.jira_shared(), tap_jira.jira_books(), {'number': 0} -%}
  {%- set late = [] -%}
  {%- for name in names -%}
    {%- set key = 'lacking in ' ~ name -%}
    {%- if key not in shared -%}
      {%- set number, lacking = books.get(name, nothing).number, [] -%}
      {%- for other in tap_jira.jira_made_of(name) if books.get(other, nothing).number > number -%}
        {%- do lacking.append(other) -%}
      {%- endfor -%}
      {%- do shared.update({key: lacking}) -%}
    {%- endif -%}
    {%- do late.extend(shared[key]) -%}
  {%- endfor -%}
  {{ return(not late) }}
{% endmacro %}


{#- Where a model in steps notes what it has to build: a temporary table, which has statistics, so that
    a few issues are looked up and not searched for. -#}
{% macro jira_noted(relation) -%}
  changed_{{ relation.identifier }}
{%- endmacro %}


{#- SQL before a model that is built issue by issue: note the issues that have changed since. `changes` are
    queries for their `issue_id`; `{since}` is the number that the model was built with. `key` is what the
    model calls them. -#}
{% macro jira_note_issues(changes, key='issue_id') -%}
  {%- set since = tap_jira.jira_since() -%}
  {%- if since -%}
  {%- set noted = tap_jira.jira_noted(this) -%}
  drop table if exists {{ noted }};
  create temporary table {{ noted }} as
  select issue_id as {{ key }} from (
  {{ changes | join(' union ') | replace('{since}', since | string) }}
  ) as changed;
  {{ tap_jira.jira_analyze(noted) }}
  {%- endif -%}
{%- endmacro %}


{#- A query for the issues that a model says have changed. -#}
{% macro jira_changes_of(relation) -%}
  select issue_id from {{ relation }} where changed_in > {since}
{%- endmacro %}


{#- The issues that this model has to build, by `issue_id`: what was noted, or all. -#}
{% macro jira_issues_to_build(since) -%}
  {%- set revisions = ref('jira_issue_revisions') -%}
  {{ tap_jira.jira_noted(this) if since else revisions }}
{%- endmacro %}


{#- The raw comments, worklogs or changelogs that this model has to build: those that were set aside
    because their issue has changed, or all, if that was before the changes. -#}
{% macro jira_rows_to_build(stream, since) -%}
  {%- set aside, every = ref('jira_changed_' ~ stream), tap_jira.jira_inline('jira_stg_' ~ stream) -%}
  {{ aside if since and tap_jira.jira_is_in_turn(['jira_changed_' ~ stream]) else every }}
{%- endmacro %}


{#- A query for the raw comments, worklogs or changelogs of issues that have changed since one of these
    models was built. A model that is built whole reads all of them where they are. -#}
{% macro jira_changed_rows(stream, readers) -%}
  {%- set builds, revisions = tap_jira.jira_builds(), ref('jira_issue_revisions') -%}
  {%- set rows = tap_jira.jira_inline('jira_stg_' ~ stream) -%}
  {%- set numbers = [] -%}
  {%- if execute and builds and load_cached_relation(builds) is not none -%}
    {%- set books, whole_since = tap_jira.jira_books(), tap_jira.jira_whole_since() -%}
    {%- for reader in readers if reader in books and books[reader].number >= whole_since -%}
      {%- do numbers.append(books[reader].number) -%}
    {%- endfor -%}
  {%- endif -%}
  select changed.*
  from {{ rows }} as changed
  {%- if numbers %}
  inner join {{ revisions }} as revisions
    on changed.issue_id = revisions.issue_id and revisions.changed_in > {{ numbers | min }}
  {%- else %}
  where 1 = 0
  {%- endif %}
{%- endmacro %}


{#- SQL that takes out the note of this model's build: without one it is built whole. -#}
{% macro jira_forget_build() -%}
  delete from {{ tap_jira.jira_builds() }} where model = '{{ model.name }}'
{%- endmacro %}


{#- SQL that notes this build in `jira_builds`. `whole` is SQL for whether all counts as changed, `definition`
    SQL for a view's digest, which is noted behind the version. -#}
{% macro jira_note_build(version, whole='false', definition="''") -%}
  {%- set builds = tap_jira.jira_builds() -%}
  insert into {{ builds }}
  select
    '{{ model.name }} now',
    trim('{{ version }} ' || {{ definition }}),
    coalesce(max(number), 0) + 1,
    {{ tap_jira.jira_now() }},
    case
      when {{ whole }} then coalesce(max(number), 0) + 1
      else coalesce(max(case when model = '{{ model.name }}' then whole_since end), 0)
    end
  from {{ builds }};
  {{ tap_jira.jira_forget_build() }};
  update {{ builds }} set model = '{{ model.name }}' where model = '{{ model.name }} now'
{%- endmacro %}


{#- A query for what this model's build was noted as. -#}
{% macro jira_noted_build() -%}
  select number, whole_since from {{ tap_jira.jira_builds() }} where model = '{{ model.name }}'
{%- endmacro %}


{#- Take it down in this run's books: the rows of that query, or none where the note was taken out. -#}
{% macro jira_take_down(version, rows) %}
  {%- set books = tap_jira.jira_books() -%}
  {%- for number, whole_since in rows -%}
    {%- do books.update({model.name: {
      'version': version, 'number': number | int, 'whole_since': whole_since | int
    }}) -%}
  {%- else -%}
    {%- do books.pop(model.name, none) -%}
  {%- endfor -%}
{% endmacro %}


{#- A query for the issues that were in a status of which anything has changed. -#}
{% macro jira_issues_of_changed_statuses() -%}
  select stays.issue_id
  from {{ ref('jira_issue_stays') }} as stays
  inner join {{ ref('jira_known_statuses') }} as statuses on stays.status_id = statuses.reference
  where statuses.changed_in > {since}
{%- endmacro %}


{#- A query for the issues that are or were in a sprint of which anything has changed. -#}
{% macro jira_issues_of_changed_sprints() -%}
  select spans.issue_id
  from {{ ref('jira_issue_spans') }} as spans
  inner join {{ ref('jira_sprint_changes') }} as sprints on spans.value = sprints.id
  where spans.kind = 'sprint' and sprints.changed_in > {since}
{%- endmacro %}


{#- A query for the issues with anything that began or ended at the moment of this model's last build or
    after it, as the clocks of Jira and of the database may differ. Until then it was to come. -#}
{% macro jira_issues_of_the_future() -%}
  select spans.issue_id
  from {{ ref('jira_issue_spans') }} as spans
  where greatest(spans.entered, spans.left_at) >= (
    select least(builds.moment, {{ tap_jira.jira_now() }})
    from {{ tap_jira.jira_builds() }} as builds
    where builds.model = '{{ model.name }}'
  )
{%- endmacro %}
