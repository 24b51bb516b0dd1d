{#- One row is a sprint that an issue is in or was in. -#}
select distinct
  members.issue_id,
  sprints.id as sprint_id,
  sprints.name as sprint_name,
  sprints.state as sprint_state
from {{ ref('jira_issue_members') }} as members
inner join {{ ref('jira_sprints') }} as sprints on members.id = sprints.id
where members.kind = 'sprint' and not members.is_gone
