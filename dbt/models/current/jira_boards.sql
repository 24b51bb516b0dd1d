{#- Boards. One row is a board. -#}
select
  id,
  name,
  type,
  {{ jira_text('location', 'projectId') }} as project_id,
  {{ jira_text('location', 'projectKey') }} as project_key
from {{ jira_inline('jira_stg_boards') }} as boards
