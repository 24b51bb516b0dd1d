{#- One row is the work that a person logged on issues of a project on a day. -#}
select
  {{ jira_local_day('worklogs.started') }} as day,
  worklogs.author_id as person_id,
  coalesce(max(people.display_name), max(worklogs.author_name)) as person_name,
  issues.project_id,
  coalesce(max(projects.key), max(issues.project_key)) as project_key,
  cast(sum(worklogs.time_spent_seconds) as {{ jira_type('number') }}) / 3600 as hours
from {{ ref('jira_worklogs') }} as worklogs
inner join {{ ref('jira_issues') }} as issues on worklogs.issue_id = issues.id
left join {{ ref('jira_users') }} as people on worklogs.author_id = people.id
left join {{ ref('jira_projects') }} as projects on issues.project_id = projects.id
group by 1, worklogs.author_id, issues.project_id
