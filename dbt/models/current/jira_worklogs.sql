{#- The worklogs that are there now. One row is a worklog. -#}
select
  worklogs.id,
  worklogs.issue_id,
  {{ jira_person('worklogs.author') }} as author_id,
  coalesce(authors.display_name, {{ jira_text('worklogs.author', 'displayName') }}) as author_name,
  {{ jira_person('worklogs.update_author') }} as update_author_id,
  {{ jira_plain_text('worklogs.comment') }} as comment,
  worklogs.created,
  worklogs.updated,
  worklogs.started,
  worklogs.time_spent_seconds
from {{ ref('jira_stg_worklogs') }} as worklogs
left join {{ ref('jira_users') }} as authors on {{ jira_person('worklogs.author') }} = authors.id
where not exists (
    select 1 from {{ ref('jira_gone_issues') }} as gone where gone.id = worklogs.issue_id
  )
  and not exists (
    select 1 from {{ ref('jira_stg_deleted_worklogs') }} as deleted where deleted.id = worklogs.id
  )
