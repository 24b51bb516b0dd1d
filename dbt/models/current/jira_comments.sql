{#- The comments that are there now: of issues that are there, without those that their issue has no
    more. Where an issue does not say which it has, all are kept. One row is a comment. -#}
select
  comments.id,
  comments.issue_id,
  {{ jira_person('comments.author') }} as author_id,
  coalesce(authors.display_name, {{ jira_text('comments.author', 'displayName') }}) as author_name,
  {{ jira_person('comments.update_author') }} as update_author_id,
  {{ jira_plain_text('comments.body') }} as body,
  comments.created,
  comments.updated,
  coalesce(comments.jsd_public, true) and {{ jira_text('comments.visibility', 'type') }} is null
    as is_public,
  {{ jira_text('comments.visibility', 'type') }} as visibility_type,
  {{ jira_text('comments.visibility', 'value') }} as visibility_value,
  comments.parent_id
from {{ ref('jira_stg_comments') }} as comments
left join {{ ref('jira_stg_issue_comments') }} as issues on comments.issue_id = issues.id
left join {{ ref('jira_users') }} as authors on {{ jira_person('comments.author') }} = authors.id
where not exists (
    select 1 from {{ ref('jira_gone_issues') }} as gone where gone.id = comments.issue_id
  )
  and coalesce({{ jira_has('issues.comment_ids', 'comments.id') }}, true)
