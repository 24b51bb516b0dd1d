{#- Sprints: those of the boards, and those that issues are in though no board that can be seen has
    them. One row is a sprint. -#}
with listed as (
  select
    id, name, state, goal, origin_board_id as board_id, start_date, end_date, complete_date
  from {{ jira_inline('jira_stg_sprints') }} as sprints
),

of_issues as (
  select
    members.id,
    members.value,
    row_number() over (partition by members.id order by members.updated desc, members.issue_id) as place
  from {{ ref('jira_issue_members') }} as members
  where members.kind = 'sprint' and not exists (select 1 from listed where listed.id = members.id)
)

select id, name, lower(state) as state, goal, board_id, start_date, end_date, complete_date, true as is_listed
from listed
union all
select
  id,
  {{ jira_text('value', 'name') }},
  lower({{ jira_text('value', 'state') }}),
  {{ jira_text('value', 'goal') }},
  {{ jira_text('value', 'boardId') }},
  {%- for name in ['start', 'end', 'complete'] %}
  {{ jira_try('timestamp', jira_text('value', name ~ 'Date')) }},
  {%- endfor %}
  false
from of_issues
where place = 1
