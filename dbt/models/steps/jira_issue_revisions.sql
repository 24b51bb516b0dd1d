{#- One row is an issue that any row was loaded of: its revision changes whenever the issue or what hangs on
    it was loaded anew, or is gone. Models that are built issue by issue build again what has a
    `changed_in` larger than the number that they were built with.

    It also changes for all issues when the fields of the site, the columns of these raw tables or the
    variables that shape models do.

    It takes longest in a small build, and all that is built issue by issue waits for it. The staging models
    that it reads do not wait for `jira_builds`, so that it begins before the lists. -#}
{{ config(
  differing=true,
  tells_whole=true,
  indexes=[{'columns': ['issue_id']}, {'columns': ['changed_in']}],
  pre_hook=[
    {
      'sql': "{{ jira_raw_indexes({
        'issues': ['id', 'key', 'updated'], 'changelogs': ['issue_id'], 'comments': ['issue_id'],
        'worklogs': ['issue_id'],
      }) }}",
      'transaction': false,
    },
    "{{ jira_more_memory() }}",
  ],
) }}
{%- set since = jira_since() -%}
{%- set streams = {
  'changelogs': 'jira_stg_changelog_loads', 'comments': 'jira_stg_comment_loads',
  'worklogs': 'jira_stg_worklog_loads', 'requests': 'jira_stg_request_loads',
} -%}
{%- set shape = [
  tap_jira.jira_version(),
  var('history_long_text', false),
  var('history_fields', {}) | dictsort,
  jira_working_hours() | dictsort,
  jira_story_point_fields(),
  jira_field_ids(types=['gh-sprint']),
  jira_is_loaded('changelogs'),
] -%}
{%- for stream in ['issues'] + streams.keys() | list -%}
  {%- do shape.append(jira_raw_types(jira_raw_relation(stream))) -%}
{%- endfor -%}
-- depends_on: {{ ref('jira_builds') }}
with gone as (
  select id from {{ jira_inline('jira_stg_deleted_issues') }} as deleted_issues where returned_at is null
),

-- What was loaded of an issue and of what hangs on it, a number each; they are added up.
parts as (
  select id as issue_id, {{ jira_hash("concat_ws('|', 'issues', key, updated, stamp)") }} as loaded
  from {{ jira_inline('jira_stg_issue_loads') }} as issues
  where id is not null
  {%- for loads in streams.values() %}
  union all
  select issue_id, stamp
  from {{ jira_inline(loads) }} as loads
  where issue_id is not null
  {%- endfor %}
  -- A worklog that is deleted may be there still.
  union all
  select loads.issue_id, {{ jira_hash("'deleted'") }}
  from {{ jira_inline('jira_stg_deleted_worklogs') }} as deleted
  inner join {{ jira_inline('jira_stg_worklog_loads') }} as loads on deleted.id = loads.id
  where loads.issue_id is not null
),

-- What the kinds of fields and their names in histories are made of.
fields as (
  select {{ jira_hash(
    "string_agg(concat_ws('|', id, name, clause_names, scope is not null, " ~ adapter.quote('schema')
    ~ "), '|' order by id)"
  ) }} as fields
  from {{ jira_inline('jira_stg_fields') }} as fields
),

told as (
  select issue_id, count(*) as parts, sum(loaded) as loaded from parts group by issue_id
),

revised as (
  select
    told.issue_id,
    gone.id is not null as is_gone,
    {{ jira_hash("concat_ws('|', " ~ [
      'told.parts',
      'told.loaded',
      'gone.id',
      'fields.fields',
      "'" ~ local_md5(shape | join('|')) ~ "'",
    ] | join(', ') ~ ')') }} as revision
  from told
  cross join fields
  left join gone on told.issue_id = gone.id
),

-- The planner is to expect few of them, which are looked up in the raw issues then: hence what there is and
-- what there is no more are asked for apart.
differing as (
  select issue_id, is_gone, revision
  from revised
  {%- if since %}
  where not exists (
    select 1 from {{ this }} as built
    where built.issue_id = revised.issue_id and built.revision = revised.revision
  )
  {%- endif %}
)

select
  differing.issue_id,
  loads.key,
  coalesce(loads.created, loads.updated) as created,
  loads.updated,
  loads.epic_key,
  loads.parent_link_key,
  loads.id is not null and not differing.is_gone as is_there,
  differing.is_gone,
  differing.revision,
  {{ jira_next_number() }} as changed_in
from differing
left join {{ jira_inline('jira_stg_issue_links') }} as loads on differing.issue_id = loads.id
{%- if since %}
-- What no row is left of has no revision.
union all
select
  built.issue_id,
  null,
  cast(null as timestamp),
  cast(null as timestamp),
  null,
  null,
  false,
  true,
  cast(null as {{ jira_type('integer') }}),
  {{ jira_next_number() }}
from {{ this }} as built
where built.revision is not null
  and not exists (select 1 from revised where revised.issue_id = built.issue_id)
{%- endif %}
