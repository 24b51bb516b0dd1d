{#- One row is a resolution, also one that only issues or histories know. -#}
{{ config(alias='resolution') }}

with known as (
  {{ jira_known('jira_resolutions', "fields.id = 'resolution'", 'resolution_id', 'resolution_name') }}
),

typed as (
  select
    {{ jira_number_id('known.id') }} as id,
    known.name,
    listed.description
  from known
  left join {{ ref('jira_resolutions') }} as listed on known.id = listed.id
)

select * from typed where id is not null
