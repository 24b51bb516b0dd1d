{#- The issues that are there now. One row is an issue.

    Names of what an issue has (its status, its people, its sprint) are those of today: renaming them
    changes no issue. Where their own stream is not loaded, or lists them no more, the name is the one
    that the issue was last read with. -#}
{{ config(materialized='jira_view') }}
with sprints as (
  select
    members.issue_id,
    sprints.id as sprint_id,
    sprints.name as sprint_name,
    sprints.state as sprint_state,
    row_number() over (
      partition by members.issue_id
      order by case sprints.state when 'active' then 1 else 2 end, length(sprints.id) desc, sprints.id desc
    ) as place
  from {{ ref('jira_issue_members') }} as members
  inner join {{ ref('jira_sprints') }} as sprints on members.id = sprints.id
  where members.kind = 'sprint' and sprints.state in ('active', 'future')
)

select
  issues.id,
  places.key,
  issues.summary,
  places.project_id,
  places.project_key,
  places.project_name,
  issues.issue_type_id,
  coalesce(types.name, issues.issue_type_name) as issue_type_name,
  places.hierarchy_level,
  issues.is_subtask,
  issues.status_id,
  coalesce(statuses.name, issues.status_name) as status_name,
  coalesce(statuses.category_key, issues.status_category_key) as status_category_key,
  coalesce(categories.name, issues.status_category_name) as status_category_name,
  issues.priority_id,
  coalesce(priorities.name, issues.priority_name) as priority_name,
  issues.resolution_id,
  coalesce(resolutions.name, issues.resolution_name) as resolution_name,
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
  issues.security_level_id,
  issues.security_level_name,
  issues.created,
  issues.updated,
  issues.resolved,
  issues.status_category_changed,
  issues.due_date,
  issues.story_points,
  issues.original_estimate_seconds,
  issues.remaining_estimate_seconds,
  issues.time_spent_seconds,
  issues.total_original_estimate_seconds,
  issues.total_remaining_estimate_seconds,
  issues.total_time_spent_seconds,
  issues.work_ratio,
  issues.votes,
  issues.watchers,
  issues.description,
  issues.environment
from {{ ref('jira_issue_rows') }} as issues
inner join {{ ref('jira_issue_places') }} as places on issues.id = places.id
left join {{ ref('jira_issue_types') }} as types on issues.issue_type_id = types.id
left join {{ ref('jira_statuses') }} as statuses on issues.status_id = statuses.id
left join {{ ref('jira_status_categories') }} as categories
  on categories.key = coalesce(statuses.category_key, issues.status_category_key)
left join {{ ref('jira_priorities') }} as priorities on issues.priority_id = priorities.id
left join {{ ref('jira_resolutions') }} as resolutions on issues.resolution_id = resolutions.id
left join {{ ref('jira_users') }} as assignees on issues.assignee_id = assignees.id
left join {{ ref('jira_users') }} as reporters on issues.reporter_id = reporters.id
left join {{ ref('jira_users') }} as creators on issues.creator_id = creators.id
left join sprints on issues.id = sprints.issue_id and sprints.place = 1
where not issues.is_gone
