{#- One row is an issue that is there now. -#}
{{ config(alias='issue') }}

select
  {{ jira_number_id('id') }} as id,
  key,
  summary,
  description,
  environment,
  {{ jira_number_id('project_id') }} as project,
  {{ jira_number_id('issue_type_id') }} as issue_type,
  {{ jira_number_id('status_id') }} as status,
  {{ jira_number_id('priority_id') }} as priority,
  {{ jira_number_id('resolution_id') }} as resolution,
  assignee_id as assignee,
  reporter_id as reporter,
  creator_id as creator,
  {{ jira_number_id('parent_id') }} as parent_id,
  created,
  updated,
  case when resolution_id is not null then resolved end as resolved,
  status_category_changed,
  due_date,
  original_estimate_seconds as original_estimate,
  remaining_estimate_seconds as remaining_estimate,
  time_spent_seconds as time_spent,
  work_ratio,
  false as _fivetran_deleted
from {{ ref('jira_issues') }}
