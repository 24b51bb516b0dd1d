{#- The comments that are there now: of issues that are there, without those that their issue has no
    more. Where an issue does not say which it has, all are kept. One row is a comment. -#}
{{ config(materialized='jira_view') }}
select
  comments.id,
  comments.issue_id,
  comments.author_id,
  coalesce(authors.display_name, comments.author_name) as author_name,
  comments.update_author_id,
  comments.body,
  comments.created,
  comments.updated,
  comments.is_public,
  comments.visibility_type,
  comments.visibility_value,
  comments.parent_id
from {{ ref('jira_comment_rows') }} as comments
left join {{ ref('jira_users') }} as authors on comments.author_id = authors.id
