{#- One row is a person who has issues that are not done; one without a person, those without an assignee. -#}
select
  issues.assignee_id as person_id,
  coalesce(max(people.display_name), max(issues.assignee_name)) as person_name,
  count(*) as open_issues,
  sum(case when issues.status_category_key = 'indeterminate' then 1 else 0 end) as in_progress_issues,
  coalesce(sum(issues.remaining_estimate_seconds), 0) as remaining_estimate_seconds,
  coalesce(sum(issues.story_points), 0) as story_points
from {{ ref('jira_issues') }} as issues
left join {{ ref('jira_users') }} as people on issues.assignee_id = people.id
where issues.status_category_key is distinct from 'done'
group by issues.assignee_id
