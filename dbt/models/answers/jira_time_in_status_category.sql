{#- One row is an issue and a category of statuses that it is or was in. -#}
select
  issue_id,
  status_category_key,
  sum(seconds) as seconds,
  sum(working_seconds) as working_seconds
from {{ ref('jira_issue_status_periods') }}
group by issue_id, status_category_key
