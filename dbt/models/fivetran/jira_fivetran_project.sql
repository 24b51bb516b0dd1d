{#- One row is a project, also one that only issues or histories know. -#}
{{ config(alias='project') }}

with known as (
  {{ jira_known('jira_projects', "fields.id = 'project'", 'project_id', 'project_name') }}
),

typed as (
  select
    {{ jira_number_id('known.id') }} as id,
    known.name,
    listed.key,
    listed.description,
    listed.lead_id,
    {{ jira_number_id('listed.category_id') }} as project_category_id,
    {{ jira_number_id('listed.permission_scheme_id') }} as permission_scheme_id
  from known
  left join {{ ref('jira_projects') }} as listed on known.id = listed.id
)

select * from typed where id is not null
