{#- One row is a version, also one that was deleted since but is in a history. -#}
{{ config(alias='version') }}

with known as (
  {{ jira_known('jira_versions', "fields.kind = 'version'") }}
),

typed as (
  select
    {{ jira_number_id('known.id') }} as id,
    known.name,
    listed.description,
    {{ jira_number_id('listed.project_id') }} as project_id,
    listed.start_date,
    listed.release_date,
    listed.is_released as released,
    listed.is_archived as archived,
    listed.is_overdue as overdue
  from known
  left join {{ ref('jira_versions') }} as listed on known.id = listed.id
)

select * from typed where id is not null
