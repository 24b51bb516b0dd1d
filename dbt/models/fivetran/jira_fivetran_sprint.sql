{#- One row is a sprint, also one that only histories know; that one has no dates. -#}
{{ config(alias='sprint') }}

with known as (
  {{ jira_known('jira_sprints', "fields.kind = 'sprint'") }}
),

typed as (
  select
    {{ jira_number_id('known.id') }} as id,
    known.name,
    listed.state,
    listed.goal,
    {{ jira_number_id('listed.board_id') }} as board_id,
    listed.start_date,
    listed.end_date,
    listed.complete_date,
    false as _fivetran_deleted
  from known
  left join {{ ref('jira_sprints') }} as listed on known.id = listed.id
)

select * from typed where id is not null
