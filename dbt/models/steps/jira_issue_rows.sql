{#- One row is an issue that was read, also one that is gone: its own columns, with the names that it was
    read with, and what tells where it is. -#}
{{ config(
  key='id',
  indexes=[{'columns': ['id']}],
  index_more=[{'columns': 'created', 'where': 'not is_gone'}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))], 'id') }}",
) }}
{%- set since = jira_since() -%}
select
  issues.id,
  gone.id is not null as is_gone,
  issues.key,
  issues.summary,
  {{ jira_text('issues.project', 'id') }} as project_id,
  {{ jira_text('issues.project', 'key') }} as project_key,
  {{ jira_text('issues.project', 'name') }} as project_name,
  {{ jira_text('issues.issuetype', 'id') }} as issue_type_id,
  {{ jira_text('issues.issuetype', 'name') }} as issue_type_name,
  {{ jira_try('integer', jira_text('issues.issuetype', 'hierarchyLevel')) }} as hierarchy_level,
  {{ jira_text('issues.issuetype', 'subtask') }} = 'true' as is_subtask,
  {{ jira_text('issues.status', 'id') }} as status_id,
  {{ jira_text('issues.status', 'name') }} as status_name,
  {{ jira_text('issues.status', 'statusCategory', 'key') }} as status_category_key,
  {{ jira_text('issues.status', 'statusCategory', 'name') }} as status_category_name,
  {{ jira_text('issues.priority', 'id') }} as priority_id,
  {{ jira_text('issues.priority', 'name') }} as priority_name,
  {{ jira_text('issues.resolution', 'id') }} as resolution_id,
  {{ jira_text('issues.resolution', 'name') }} as resolution_name,
  {{ jira_person('issues.assignee') }} as assignee_id,
  {{ jira_person('issues.reporter') }} as reporter_id,
  {{ jira_person('issues.creator') }} as creator_id,
  {{ jira_text('issues.parent', 'id') }} as parent_id,
  {{ jira_text('issues.parent', 'key') }} as parent_key,
  {{ jira_try('integer', jira_text('issues.parent', 'fields', 'issuetype', 'hierarchyLevel')) }}
    as parent_level,
  {{ jira_try('key', jira_scalar('issues.epic_link')) }} as epic_link,
  {{ jira_try('key', jira_scalar('issues.parent_link')) }} as parent_link,
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
from {{ jira_inline('jira_stg_issues') }} as issues
left join {{ jira_inline('jira_gone_issues') }} as gone on issues.id = gone.id
{%- if since %}
inner join {{ jira_noted(this) }} as noted on issues.id = noted.id
{%- endif %}
