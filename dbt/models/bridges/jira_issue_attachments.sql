{#- One row is a file that is attached to an issue. -#}
{{ config(
  materialized='jira_steps',
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))]) }}",
) }}
{%- set since = jira_since() -%}
with issues as (
  select issues.id, issues.attachment
  from {{ jira_inline('jira_present_issues') }} as issues
  {%- if since %}
  inner join {{ jira_noted(this) }} as noted on issues.id = noted.issue_id
  {%- endif %}
)

select distinct
  {{ jira_text('file.value', 'id') }} as id,
  issues.id as issue_id,
  {{ jira_text('file.value', 'filename') }} as file_name,
  {{ jira_text('file.value', 'mimeType') }} as media_type,
  {{ jira_try('integer', jira_text('file.value', 'size')) }} as size_bytes,
  {{ jira_person(jira_member('file.value', 'author')) }} as author_id,
  {{ jira_text('file.value', 'author', 'displayName') }} as author_name,
  {{ jira_try('timestamp', jira_text('file.value', 'created')) }} as created,
  {{ jira_text('file.value', 'content') }} as url
from issues
{{ jira_members('issues.attachment', 'file') }}
where {{ jira_text('file.value', 'id') }} is not null
