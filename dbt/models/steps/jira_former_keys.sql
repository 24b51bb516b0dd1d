{#- One row is a key that an issue had before it was moved; also of issues that are gone. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))]) }}",
) }}
{%- set since = jira_since() -%}
with changes as (
  select changes.*
  from {{ jira_rows_to_build('changelogs', since) }} as changes
  inner join {{ jira_issues_to_build(since) }} as issues on changes.issue_id = issues.issue_id
)

select distinct changes.issue_id, {{ jira_text('item.value', 'fromString') }} as key
from changes
{{ jira_members('changes.items', 'item') }}
where {{ jira_holds('changes.items', '[{"field": "Key"}]') }}
  and {{ jira_text('item.value', 'field') }} = 'Key'
  and {{ jira_text('item.value', 'fieldtype') }} is distinct from 'custom'
