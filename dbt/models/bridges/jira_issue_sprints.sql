{#- One row is a sprint that an issue is in or was in. -#}
with issues as (
  select * from {{ ref('jira_present_issues') }}
)

select distinct
  issues.id as issue_id,
  sprints.id as sprint_id,
  sprints.name as sprint_name,
  sprints.state as sprint_state
from issues
{{ jira_members('issues.sprints', 'sprint') }}
inner join {{ ref('jira_sprints') }} as sprints
  on {{ jira_text('sprint.value', 'id') }} = sprints.id
