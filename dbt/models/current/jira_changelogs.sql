{#- The changes of the issues that are there now; what was changed is in jira_changelog_items. One row
    is what one person changed at once. -#}
{{ config(
  refilled=false,
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))]) }}",
) }}
{%- set since = jira_since() -%}
select
  changes.id,
  changes.issue_id,
  {{ jira_person('changes.author') }} as author_id,
  changes.created
from {{ jira_rows_to_build('changelogs', since) }} as changes
inner join {{ jira_issues_to_build(since) }} as changed on changes.issue_id = changed.issue_id
where not exists (
  select 1 from {{ jira_inline('jira_gone_issues') }} as gone where gone.id = changes.issue_id
)
