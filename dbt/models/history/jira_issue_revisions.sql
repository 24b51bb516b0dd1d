{#- One row is an issue that is there: its revision changes whenever the issue or one of its histories
    was loaded anew, or is gone. Models that are built by increments keep the revision that they were
    built of, and build again what has another one.

    It also changes for all issues when the fields of the site or the variables that shape a history do. -#}
{%- set shape = [
  '1', var('history_long_text', false), var('history_fields', {}) | dictsort
] | join('|') -%}
{%- set stamped = '_sdc_batched_at' in tap_jira.jira_raw_columns(
  tap_jira.jira_raw_relation('changelogs')
) -%}
with issues as (
  select loads.*
  from {{ ref('jira_stg_issue_loads') }} as loads
  left join {{ ref('jira_stg_deleted_issues') }} as deleted
    on loads.id = deleted.id and deleted.returned_at is null
  where deleted.id is null
),

histories as (
  select
    issue_id,
    count(*) as number,
    {{ 'max(_sdc_batched_at)' if stamped else 'max(id)' }} as latest
  from {{ ref('jira_stg_changelog_loads') }}
  group by issue_id
),

fields as (
  select {{ jira_hash("string_agg(concat_ws('|', field_id, field_name, kind, is_known), '|' order by field_id)") }}
    as revision
  from {{ ref('jira_field_kinds') }}
)

select
  issues.id as issue_id,
  issues.key,
  coalesce(issues.created, issues.updated) as created,
  issues.updated,
  issues.epic_key,
  issues.parent_link_key,
  {{ jira_hash("concat_ws('|', " ~ [
    'fields.revision',
    "'" ~ (shape | replace("'", "''")) ~ "'",
    'issues.key',
    'issues.updated',
    'issues._sdc_batched_at',
    'histories.number',
    'histories.latest',
  ] | join(', ') ~ ')') }} as revision
from issues
cross join fields
left join histories on issues.id = histories.issue_id
