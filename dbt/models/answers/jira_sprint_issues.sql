{#- One row is an issue that was in a sprint between its start and its end. -#}
{{ config(
  materialized='jira_steps',
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ jira_note_issues([
    jira_changes_of(ref('jira_history_issues')),
    jira_issues_of_changed_statuses(),
    jira_issues_of_changed_sprints(),
    jira_issues_of_the_future(),
  ]) }}",
) }}
{%- set since = jira_since() -%}
with spans as not materialized (
  select spans.*
  from {{ ref('jira_issue_spans') }} as spans
  {%- if since %}
  inner join {{ jira_noted(this) }} as noted on spans.issue_id = noted.issue_id
  {%- endif %}
),

sprints as (
  select
    id,
    state,
    start_date as begun,
    case
      when state = 'closed'
        then greatest(start_date, coalesce(complete_date, end_date, {{ jira_now() }}))
      else greatest(start_date, {{ jira_now() }})
    end as ended
  from {{ ref('jira_sprints') }}
  where state <> 'future' and start_date is not null
),

stays as (
  select
    sprints.id as sprint_id,
    sprints.state,
    sprints.begun,
    sprints.ended,
    spans.issue_id,
    spans.entered,
    spans.left_at
  from sprints
  inner join spans
    on spans.kind = 'sprint' and sprints.id = spans.value
  where spans.entered < sprints.ended and (spans.left_at is null or spans.left_at > sprints.begun)
),

memberships as (
  select
    sprint_id,
    state,
    begun,
    ended,
    issue_id,
    min(entered) <= begun as is_committed,
    max(case when left_at is null or left_at >= ended then 1 else 0 end) = 1 as is_in_at_end,
    case when min(entered) <= begun then begun else min(entered) end as counted_from,
    case
      when max(case when left_at is null or left_at >= ended then 1 else 0 end) = 1 then ended
      else max(left_at)
    end as counted_until
  from stays
  group by sprint_id, state, begun, ended, issue_id
),

completed as (
  select memberships.sprint_id, memberships.issue_id
  from memberships
  inner join spans
    on spans.kind = 'status'
    and memberships.issue_id = spans.issue_id
    and spans.entered <= memberships.ended
    and (spans.left_at is null or spans.left_at > memberships.ended)
  inner join {{ ref('jira_known_statuses') }} as statuses
    on spans.value = statuses.reference and statuses.is_known
  where memberships.is_in_at_end and statuses.category_key = 'done'
  group by memberships.sprint_id, memberships.issue_id
),

-- An issue stays in the closed sprints that it was not finished in; the sprint it goes to begins later.
moved as (
  select memberships.sprint_id, memberships.issue_id
  from memberships
  inner join spans
    on spans.kind = 'sprint'
    and memberships.issue_id = spans.issue_id
    and memberships.sprint_id <> spans.value
    and (spans.left_at is null or spans.left_at > memberships.ended)
  inner join {{ ref('jira_sprints') }} as next_sprints on spans.value = next_sprints.id
  where
    memberships.is_in_at_end
    and memberships.state = 'closed'
    and (next_sprints.start_date is null or next_sprints.start_date > memberships.begun)
  group by memberships.sprint_id, memberships.issue_id
),

moments as (
  select sprint_id, issue_id, counted_from as moment, true as is_start from memberships
  union all
  select sprint_id, issue_id, counted_until as moment, false as is_start from memberships
),

estimates as (
  select
    moments.sprint_id,
    moments.issue_id,
    moments.is_start,
    spans.points,
    row_number() over (
      partition by moments.sprint_id, moments.issue_id, moments.is_start order by spans.precedence
    ) as choice
  from moments
  inner join spans
    on spans.kind = 'points'
    and moments.issue_id = spans.issue_id
    and spans.entered <= moments.moment
    and (spans.left_at is null or spans.left_at > moments.moment)
),

points as (
  select
    sprint_id,
    issue_id,
    max(case when is_start then points end) as points_at_start,
    max(case when not is_start then points end) as points_at_end
  from estimates
  where choice = 1
  group by sprint_id, issue_id
)

select
  memberships.sprint_id,
  memberships.issue_id,
  memberships.is_committed,
  not memberships.is_committed as is_added,
  not memberships.is_in_at_end as is_removed,
  completed.issue_id is not null as is_completed,
  memberships.is_in_at_end and completed.issue_id is null and moved.issue_id is not null as is_carried_over,
  points.points_at_start,
  points.points_at_end
from memberships
left join completed
  on memberships.sprint_id = completed.sprint_id and memberships.issue_id = completed.issue_id
left join moved
  on memberships.sprint_id = moved.sprint_id and memberships.issue_id = moved.issue_id
left join points
  on memberships.sprint_id = points.sprint_id and memberships.issue_id = points.issue_id
