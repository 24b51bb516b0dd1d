{#- Versions of projects. One row is a version. -#}
select
  id, name, description, project_id, start_date, release_date,
  coalesce(released, false) as is_released,
  coalesce(archived, false) as is_archived,
  overdue as is_overdue
from {{ jira_inline('jira_stg_versions') }} as versions
