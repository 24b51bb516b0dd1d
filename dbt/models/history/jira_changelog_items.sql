{#- One row is a field that a history says was changed. -#}
{{ config(
  materialized='incremental',
  incremental_strategy='append',
  on_schema_change='fail',
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ tap_jira.jira_note_changed(this, ref('jira_issue_revisions')) }}",
) }}
with changed as (
  {%- if is_incremental() %}
  select * from {{ jira_noted(this) }}
  {%- else %}
  select * from {{ ref('jira_issue_revisions') }}
  {%- endif %}
),

items as (
  select
    changelogs.id as changelog_id,
    item.position,
    changelogs.issue_id,
    {{ jira_person('changelogs.author') }} as author_id,
    changelogs.created,
    {{ jira_text('item.value', 'fieldId') }} as field_id,
    {{ jira_text('item.value', 'field') }} as field_name,
    {{ jira_text('item.value', 'fieldtype') }} as field_type,
    {%- for side, column in {'from': 'from_id', 'fromString': 'from_text', 'to': 'to_id', 'toString': 'to_text'}.items() %}
    nullif({{ jira_text('item.value', side) }}, '') as {{ column }},
    {%- endfor %}
    changed.revision
  from {{ ref('jira_stg_changelogs') }} as changelogs
  inner join changed on changelogs.issue_id = changed.issue_id
  {{ jira_members('changelogs.items', 'item') }}
)

select
  items.changelog_id,
  cast(items.position as integer) as position,
  items.issue_id,
  items.author_id,
  items.created,
  coalesce(items.field_id, names.field_id) as field_id,
  items.field_name,
  items.field_type,
  items.from_id,
  items.from_text,
  items.to_id,
  items.to_text,
  items.revision
from items
left join {{ ref('jira_field_names') }} as names
  on items.field_id is null
  and items.field_type = names.field_type
  and case when items.field_type = 'jira' then lower(items.field_name) else items.field_name end = names.name
