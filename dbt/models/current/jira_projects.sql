{#- Projects, those that are archived or in the trash too. One row is a project. -#}
select
  projects.id,
  projects.key,
  projects.name,
  projects.description,
  {{ jira_person('projects.lead') }} as lead_id,
  {{ jira_text('projects.lead', 'displayName') }} as lead_name,
  projects.project_type_key,
  {{ jira_text('projects.project_category', 'id') }} as category_id,
  {{ jira_text('projects.project_category', 'name') }} as category_name,
  projects.style,
  coalesce(projects.archived, false) as is_archived,
  coalesce(projects.deleted, false) as is_deleted,
  projects.is_private,
  schemes.permission_scheme_id
from {{ jira_inline('jira_stg_projects') }} as projects
left join {{ jira_inline('jira_stg_project_schemes') }} as schemes on projects.id = schemes.project_id
