{#- One row is an issue that any row was loaded of: its revision changes whenever the issue or what hangs on
    it was loaded anew, or is gone. Models that are built issue by issue build again what has a
    `changed_in` larger than the number that they were built with.

    It also changes for all issues when the fields of the site, the columns of these raw tables or the
    variables that shape models do. -#}
{{ config(
  differing=true,
  tells_whole=true,
  indexes=[{'columns': ['issue_id']}, {'columns': ['changed_in']}],
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
with gone as (
  select id from {{ jira_inline('jira_stg_deleted_issues') }} as deleted_issues where returned_at is null
),

-- What was loaded of an issue and of what hangs on it, as numbers that are added up.
parts as (
  select id as issue_id, {{ jira_hash("concat_ws('|', 'issues', key, updated, stamp)") }} as loaded
  from {{ jira_inline('jira_stg_issue_loads') }} as issue_loads
  where id is not null
  {%- for stream, loads in streams.items() %}
  union all
  select
    issue_id,
    {{ jira_hash("concat_ws('|', '" ~ stream ~ "', count(*), sum(stamp))") }}
  from {{ jira_inline(loads) }} as loads
  where issue_id is not null
  {%- if stream == 'worklogs' %}
    and not exists (
      select 1 from {{ jira_inline('jira_stg_deleted_worklogs') }} as deleted where deleted.id = loads.id
    )
  {%- endif %}
  group by issue_id
  {%- endfor %}
),

fields as (
  select {{ jira_hash("string_agg(concat_ws('|', field_id, field_name, kind, is_known), '|' order by field_id)") }}
    as kinds
  from {{ jira_inline('jira_field_kinds') }} as field_kinds
),

names as (
  select {{ jira_hash("string_agg(concat_ws('|', field_type, name, field_id), '|' order by field_type, name)") }}
    as names
  from {{ jira_inline('jira_field_names') }} as field_names
),

told as (
  select issue_id, sum(loaded) as loaded from parts group by issue_id
),

revised as (
  select
    told.issue_id,
    gone.id is not null as is_gone,
    {{ jira_hash("concat_ws('|', " ~ [
      'told.loaded',
      'gone.id',
      'fields.kinds',
      'names.names',
      "'" ~ local_md5(shape | join('|')) ~ "'",
    ] | join(', ') ~ ')') }} as revision
  from told
  cross join fields
  cross join names
  left join gone on told.issue_id = gone.id
),

differing as (
  select {% if since %}coalesce(revised.issue_id, built.issue_id) as issue_id,
    revised.is_gone, revised.revision
  from revised
  full join (select issue_id, revision from {{ this }}) as built on revised.issue_id = built.issue_id
  where built.revision is distinct from revised.revision
  {%- else %}*
  from revised
  {%- endif %}
)

-- What no row is left of has no revision.
select
  differing.issue_id,
  loads.key,
  coalesce(loads.created, loads.updated) as created,
  loads.updated,
  loads.epic_key,
  loads.parent_link_key,
  loads.id is not null and coalesce(not differing.is_gone, false) as is_there,
  coalesce(differing.is_gone, true) as is_gone,
  differing.revision,
  {{ jira_next_number() }} as changed_in
from differing
left join {{ jira_inline('jira_stg_issue_links') }} as loads on differing.issue_id = loads.id
