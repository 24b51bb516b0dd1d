{#- One row is a person who has issues that are not done; one without a person, those without an assignee. -#}
select
  assignee_id as person_id,
  max(assignee_name) as person_name,
  count(*) as open_issues,
  sum(case when status_category_key = 'indeterminate' then 1 else 0 end) as in_progress_issues,
  coalesce(sum(remaining_estimate_seconds), 0) as remaining_estimate_seconds,
  coalesce(sum(story_points), 0) as story_points
from {{ ref('jira_issues') }}
where status_category_key is distinct from 'done'
group by assignee_id
