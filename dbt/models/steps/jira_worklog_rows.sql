{#- One row is a worklog that is there now, with the name that its author had when it was read. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))]) }}",
) }}
{%- set since = jira_since() -%}
select
  worklogs.id,
  worklogs.issue_id,
  {{ jira_person('worklogs.author') }} as author_id,
  {{ jira_text('worklogs.author', 'displayName') }} as author_name,
  {{ jira_person('worklogs.update_author') }} as update_author_id,
  {{ jira_plain_text('worklogs.comment') }} as comment,
  worklogs.created,
  worklogs.updated,
  worklogs.started,
  worklogs.time_spent_seconds
from {{ jira_rows_to_build('worklogs', since) }} as worklogs
inner join {{ jira_issues_to_build(since) }} as changed on worklogs.issue_id = changed.issue_id
where not exists (
    select 1 from {{ jira_inline('jira_gone_issues') }} as gone where gone.id = worklogs.issue_id
  )
  and not exists (
    select 1 from {{ jira_inline('jira_stg_deleted_worklogs') }} as deleted where deleted.id = worklogs.id
  )
