{#- The issues that are there now. -#}
with issues as (
  select raw_issues.*
  from {{ ref('jira_stg_issues') }} as raw_issues
  left join {{ ref('jira_stg_deleted_issues') }} as deleted
    on raw_issues.id = deleted.id and deleted.returned_at is null
  where deleted.id is null
),

keys as (select key, id from issues),

with_parents as (
  select
    issues.*,
    coalesce({{ jira_text('parent', 'id') }}, epics.id, advanced.id) as parent_id,
    coalesce(
      {{ jira_text('parent', 'key') }}, {{ jira_scalar('epic_link') }}, advanced.key
    ) as parent_key
  from issues
  left join keys as epics on {{ jira_scalar('epic_link') }} = epics.key
  left join keys as advanced on {{ jira_scalar('parent_link') }} = advanced.key
)

select
  id,
  key,
  summary,
  {{ jira_text('project', 'id') }} as project_id,
  {{ jira_text('project', 'key') }} as project_key,
  {{ jira_text('project', 'name') }} as project_name,
  {{ jira_text('issuetype', 'id') }} as issue_type_id,
  {{ jira_text('issuetype', 'name') }} as issue_type_name,
  {{ jira_try('integer', jira_text('issuetype', 'hierarchyLevel')) }} as hierarchy_level,
  {{ jira_text('issuetype', 'subtask') }} = 'true' as is_subtask,
  {{ jira_text('status', 'id') }} as status_id,
  {{ jira_text('status', 'name') }} as status_name,
  {{ jira_text('status', 'statusCategory', 'key') }} as status_category_key,
  {{ jira_text('status', 'statusCategory', 'name') }} as status_category_name,
  {{ jira_text('priority', 'id') }} as priority_id,
  {{ jira_text('priority', 'name') }} as priority_name,
  {{ jira_text('resolution', 'id') }} as resolution_id,
  {{ jira_text('resolution', 'name') }} as resolution_name,
  {{ jira_person('assignee') }} as assignee_id,
  {{ jira_text('assignee', 'displayName') }} as assignee_name,
  {{ jira_person('reporter') }} as reporter_id,
  {{ jira_text('reporter', 'displayName') }} as reporter_name,
  {{ jira_person('creator') }} as creator_id,
  {{ jira_text('creator', 'displayName') }} as creator_name,
  parent_id,
  parent_key,
  {{ jira_text('security', 'id') }} as security_level_id,
  {{ jira_text('security', 'name') }} as security_level_name,
  created,
  updated,
  resolutiondate as resolved,
  statuscategorychangedate as status_category_changed,
  duedate as due_date,
  {{ jira_try('number', jira_scalar('story_points')) }} as story_points,
  timeoriginalestimate as original_estimate_seconds,
  timeestimate as remaining_estimate_seconds,
  timespent as time_spent_seconds,
  aggregatetimeoriginalestimate as total_original_estimate_seconds,
  aggregatetimeestimate as total_remaining_estimate_seconds,
  aggregatetimespent as total_time_spent_seconds,
  workratio as work_ratio,
  {{ jira_try('integer', jira_text('votes', 'votes')) }} as votes,
  {{ jira_try('integer', jira_text('watches', 'watchCount')) }} as watchers,
  {{ jira_plain_text('description') }} as description,
  {{ jira_plain_text('environment') }} as environment
from with_parents
