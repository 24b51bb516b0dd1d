{#- One row is a component of an issue. -#}
with issues as (
  select * from {{ ref('jira_present_issues') }}
)

select distinct
  issues.id as issue_id,
  {{ jira_text('component.value', 'id') }} as component_id,
  coalesce(components.name, {{ jira_text('component.value', 'name') }}) as component_name
from issues
{{ jira_members('issues.components', 'component') }}
left join {{ ref('jira_stg_components') }} as components
  on {{ jira_text('component.value', 'id') }} = components.id
where {{ jira_text('component.value', 'id') }} is not null
