{#- One row is a component, also one that was deleted since but is in a history. -#}
{{ config(alias='component') }}

with known as (
  {{ jira_known('jira_components', "fields.id = 'components'") }}
),

typed as (
  select
    {{ jira_number_id('known.id') }} as id,
    known.name,
    listed.description,
    {{ jira_number_id('listed.project_id') }} as project_id
  from known
  left join {{ ref('jira_components') }} as listed on known.id = listed.id
)

select * from typed where id is not null
