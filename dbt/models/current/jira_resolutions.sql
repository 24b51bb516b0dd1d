{#- Resolutions. One row is a resolution. -#}
select id, name, description, is_default from {{ ref('jira_stg_resolutions') }}
