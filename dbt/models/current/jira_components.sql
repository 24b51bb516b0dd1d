{#- Components of projects. One row is a component. -#}
select
  id, name, description, project_id, {{ jira_person('lead') }} as lead_id,
  {{ jira_text('lead', 'displayName') }} as lead_name
from {{ jira_inline('jira_stg_components') }} as components
