{#- One row is a component of an issue. -#}
select distinct
  members.issue_id,
  members.id as component_id,
  coalesce(components.name, members.name) as component_name
from {{ ref('jira_issue_members') }} as members
left join {{ ref('jira_components') }} as components on members.id = components.id
where members.kind = 'component' and not members.is_gone
