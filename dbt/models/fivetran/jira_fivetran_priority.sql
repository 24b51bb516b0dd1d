{#- One row is a priority, also one that only issues or histories know. -#}
{{ config(alias='priority') }}

with known as (
  {{ jira_known('jira_priorities', "fields.id = 'priority'", 'priority_id', 'priority_name') }}
),

typed as (
  select
    {{ jira_number_id('known.id') }} as id,
    known.name,
    listed.description
  from known
  left join {{ ref('jira_priorities') }} as listed on known.id = listed.id
)

select * from typed where id is not null
