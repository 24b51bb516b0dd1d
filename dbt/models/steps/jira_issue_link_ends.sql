{#- One row is a link as an issue shows it. -#}
{{ config(
  key='shown_by',
  indexes=[{'columns': ['shown_by']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))], 'shown_by') }}",
) }}
{%- set since = jira_since() -%}
with issues as (
  select issues.id, issues.updated, issues.issuelinks, gone.id is not null as is_gone
  from {{ jira_inline('jira_stg_issues') }} as issues
  left join {{ jira_inline('jira_gone_issues') }} as gone on issues.id = gone.id
  {%- if since %}
  inner join {{ jira_noted(this) }} as noted on issues.id = noted.shown_by
  {%- endif %}
)

select
  issues.id as shown_by,
  issues.is_gone,
  issues.updated as shown_at,
  {{ jira_text('link.value', 'id') }} as link_id,
  coalesce({{ jira_text('link.value', 'inwardIssue', 'id') }}, issues.id) as issue_id,
  coalesce({{ jira_text('link.value', 'outwardIssue', 'id') }}, issues.id) as related_issue_id,
  {{ jira_text('link.value', 'type', 'id') }} as type_id,
  {{ jira_text('link.value', 'type', 'name') }} as type_name,
  {{ jira_text('link.value', 'type', 'inward') }} as inward,
  {{ jira_text('link.value', 'type', 'outward') }} as outward
from issues
{{ jira_members('issues.issuelinks', 'link') }}
