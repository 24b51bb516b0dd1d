{#- The issues that are there now. One row is an issue.

    Names of what an issue has (its status, its people, its sprint) are those of today: renaming them
    changes no issue. Where their own stream is not loaded, or lists them no more, the name is the one
    that the issue was last read with. -#}
with issues as (
  select
    {{ jira_text('status', 'id') }} as status_id,
    {{ jira_text('issuetype', 'id') }} as issue_type_id,
    {{ jira_text('priority', 'id') }} as priority_id,
    {{ jira_text('resolution', 'id') }} as resolution_id,
    {{ jira_person('assignee') }} as assignee_id,
    {{ jira_person('reporter') }} as reporter_id,
    {{ jira_person('creator') }} as creator_id,
    present.*
  from {{ ref('jira_present_issues') }} as present
),

sprints as (
  select
    issue_id,
    sprint_id,
    sprint_name,
    sprint_state,
    row_number() over (
      partition by issue_id
      order by case sprint_state when 'active' then 1 else 2 end, length(sprint_id) desc, sprint_id desc
    ) as place
  from {{ ref('jira_issue_sprints') }}
  where sprint_state in ('active', 'future')
)

select
  issues.id,
  places.key,
  issues.summary,
  places.project_id,
  places.project_key,
  places.project_name,
  issues.issue_type_id,
  coalesce(types.name, {{ jira_text('issues.issuetype', 'name') }}) as issue_type_name,
  places.hierarchy_level,
  {{ jira_text('issues.issuetype', 'subtask') }} = 'true' as is_subtask,
  issues.status_id,
  coalesce(statuses.name, {{ jira_text('issues.status', 'name') }}) as status_name,
  coalesce(
    {{ jira_text('statuses.status_category', 'key') }},
    {{ jira_text('issues.status', 'statusCategory', 'key') }}
  ) as status_category_key,
  coalesce(categories.name, {{ jira_text('issues.status', 'statusCategory', 'name') }})
    as status_category_name,
  issues.priority_id,
  coalesce(priorities.name, {{ jira_text('issues.priority', 'name') }}) as priority_name,
  issues.resolution_id,
  coalesce(resolutions.name, {{ jira_text('issues.resolution', 'name') }}) as resolution_name,
  issues.assignee_id,
  assignees.display_name as assignee_name,
  issues.reporter_id,
  reporters.display_name as reporter_name,
  issues.creator_id,
  creators.display_name as creator_name,
  places.parent_id,
  places.parent_key,
  places.epic_id,
  places.epic_key,
  sprints.sprint_id,
  sprints.sprint_name,
  sprints.sprint_state,
  {{ jira_text('issues.security', 'id') }} as security_level_id,
  {{ jira_text('issues.security', 'name') }} as security_level_name,
  issues.created,
  issues.updated,
  issues.resolutiondate as resolved,
  issues.statuscategorychangedate as status_category_changed,
  issues.duedate as due_date,
  {{ jira_try('number', jira_scalar('issues.story_points')) }} as story_points,
  issues.timeoriginalestimate as original_estimate_seconds,
  issues.timeestimate as remaining_estimate_seconds,
  issues.timespent as time_spent_seconds,
  issues.aggregatetimeoriginalestimate as total_original_estimate_seconds,
  issues.aggregatetimeestimate as total_remaining_estimate_seconds,
  issues.aggregatetimespent as total_time_spent_seconds,
  issues.workratio as work_ratio,
  {{ jira_try('integer', jira_text('issues.votes', 'votes')) }} as votes,
  {{ jira_try('integer', jira_text('issues.watches', 'watchCount')) }} as watchers,
  {{ jira_plain_text('issues.description') }} as description,
  {{ jira_plain_text('issues.environment') }} as environment
from issues
inner join {{ ref('jira_issue_places') }} as places on issues.id = places.id
left join {{ ref('jira_stg_issue_types') }} as types on issues.issue_type_id = types.id
left join {{ ref('jira_stg_statuses') }} as statuses on issues.status_id = statuses.id
left join {{ ref('jira_stg_status_categories') }} as categories
  on categories.key = coalesce(
    {{ jira_text('statuses.status_category', 'key') }},
    {{ jira_text('issues.status', 'statusCategory', 'key') }}
  )
left join {{ ref('jira_stg_priorities') }} as priorities on issues.priority_id = priorities.id
left join {{ ref('jira_stg_resolutions') }} as resolutions on issues.resolution_id = resolutions.id
left join {{ ref('jira_users') }} as assignees on issues.assignee_id = assignees.id
left join {{ ref('jira_users') }} as reporters on issues.reporter_id = reporters.id
left join {{ ref('jira_users') }} as creators on issues.creator_id = creators.id
left join sprints on issues.id = sprints.issue_id and sprints.place = 1
