{#- One row is an issue and a status that it is or was in. -#}
select
  issue_id,
  status_id,
  max(status_name) as status_name,
  max(status_category_key) as status_category_key,
  count(*) as visits,
  sum(seconds) as seconds,
  sum(working_seconds) as working_seconds
from {{ ref('jira_issue_status_periods') }}
group by issue_id, status_id
