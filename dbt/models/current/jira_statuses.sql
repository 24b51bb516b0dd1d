{#- Statuses. One row is a status. -#}
select
  id,
  name,
  description,
  {{ jira_text('status_category', 'key') }} as category_key,
  {{ jira_text('status_category', 'name') }} as category_name,
  {{ jira_text('scope', 'project', 'id') }} as project_id
from {{ ref('jira_stg_statuses') }}
