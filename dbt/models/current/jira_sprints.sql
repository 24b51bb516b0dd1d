{#- Sprints: those of the boards, and those that issues are in though no board that can be seen has
    them. One row is a sprint. -#}
with listed as (
  select
    id, name, state, goal, origin_board_id as board_id, start_date, end_date, complete_date
  from {{ ref('jira_stg_sprints') }}
),

of_issues as (
  select
    {{ jira_text('sprint.value', 'id') }} as id,
    {{ jira_text('sprint.value', 'name') }} as name,
    {{ jira_text('sprint.value', 'state') }} as state,
    {{ jira_text('sprint.value', 'goal') }} as goal,
    {{ jira_text('sprint.value', 'boardId') }} as board_id,
    {%- for name in ['start', 'end', 'complete'] %}
    {{ jira_try('timestamp', jira_text('sprint.value', name ~ 'Date')) }} as {{ name }}_date,
    {%- endfor %}
    row_number() over (
      partition by {{ jira_text('sprint.value', 'id') }} order by issues.updated desc, issues.id
    ) as place
  from {{ ref('jira_stg_issue_sprints') }} as issues
  {{ jira_members('issues.sprints', 'sprint') }}
)

select id, name, lower(state) as state, goal, board_id, start_date, end_date, complete_date, true as is_listed
from listed
union all
select id, name, lower(state), goal, board_id, start_date, end_date, complete_date, false
from of_issues
where place = 1 and id is not null and not exists (select 1 from listed where listed.id = of_issues.id)
