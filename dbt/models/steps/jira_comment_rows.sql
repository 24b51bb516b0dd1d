{#- One row is a comment that is there now, with the name that its author had when it was read. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))]) }}",
) }}
{%- set since = jira_since() -%}
select
  comments.id,
  comments.issue_id,
  {{ jira_person('comments.author') }} as author_id,
  {{ jira_text('comments.author', 'displayName') }} as author_name,
  {{ jira_person('comments.update_author') }} as update_author_id,
  {{ jira_plain_text('comments.body') }} as body,
  comments.created,
  comments.updated,
  coalesce(comments.jsd_public, true) and {{ jira_text('comments.visibility', 'type') }} is null
    as is_public,
  {{ jira_text('comments.visibility', 'type') }} as visibility_type,
  {{ jira_text('comments.visibility', 'value') }} as visibility_value,
  comments.parent_id
from {{ jira_rows_to_build('comments', since) }} as comments
inner join {{ jira_issues_to_build(since) }} as changed on comments.issue_id = changed.issue_id
left join {{ jira_inline('jira_stg_issue_comments') }} as issues on comments.issue_id = issues.id
where not exists (
    select 1 from {{ jira_inline('jira_gone_issues') }} as gone where gone.id = comments.issue_id
  )
  and coalesce({{ jira_has('issues.comment_ids', 'comments.id') }}, true)
