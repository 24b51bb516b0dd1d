{#- One row is the work that a person logged on issues of a project on a day. -#}
select
  {{ jira_local_day('worklogs.started') }} as day,
  worklogs.author_id as person_id,
  max(worklogs.author_name) as person_name,
  issues.project_id,
  max(issues.project_key) as project_key,
  cast(sum(worklogs.time_spent_seconds) as {{ jira_type('number') }}) / 3600 as hours
from {{ ref('jira_worklogs') }} as worklogs
inner join {{ ref('jira_issues') }} as issues on worklogs.issue_id = issues.id
group by 1, worklogs.author_id, issues.project_id
