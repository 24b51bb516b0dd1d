{#- One row is a comment on an issue that is there now. A comment needs an author to be counted: who has
    none is `anonymous`. -#}
{{ config(alias='comment') }}

select
  {{ jira_number_id('id') }} as id,
  {{ jira_number_id('issue_id') }} as issue_id,
  coalesce(author_id, 'anonymous') as author_id,
  update_author_id,
  body,
  created,
  updated,
  coalesce(is_public, true) and visibility_value is null as is_public
from {{ ref('jira_comments') }} as comments
-- A load that is under way may have a comment before its issue.
where exists (select 1 from {{ ref('jira_issues') }} as issues where issues.id = comments.issue_id)
