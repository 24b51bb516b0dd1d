{#- The worklogs that are there now. One row is a worklog. -#}
{{ config(materialized='jira_view') }}
select
  worklogs.id,
  worklogs.issue_id,
  worklogs.author_id,
  coalesce(authors.display_name, worklogs.author_name) as author_name,
  worklogs.update_author_id,
  worklogs.comment,
  worklogs.created,
  worklogs.updated,
  worklogs.started,
  worklogs.time_spent_seconds
from {{ ref('jira_worklog_rows') }} as worklogs
left join {{ ref('jira_users') }} as authors on worklogs.author_id = authors.id
