{#- One row is a field that a history says was changed. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}],
  index_more=[{'columns': 'from_text', 'where': "field_id = 'issuekey'"}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))]) }}",
) }}
{%- set since = jira_since() -%}
with there as (
  select issue_id from {{ ref('jira_issue_revisions') }} where is_there
),

changed as (
  select there.issue_id
  from there
  {%- if since %}
  inner join {{ jira_noted(this) }} as noted on there.issue_id = noted.issue_id
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
    nullif({{ jira_text('item.value', side) }}, '') as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
  from {{ jira_rows_to_build('changelogs', since) }} as changelogs
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
  items.to_text
from items
left join {{ jira_inline('jira_field_names') }} as names
  on items.field_id is null
  and items.field_type = names.field_type
  and case when items.field_type = 'jira' then lower(items.field_name) else items.field_name end = names.name
