{#- Resolutions. One row is a resolution. -#}
{{ config(unique_by='id') }}
select id, name, description, is_default from {{ jira_inline('jira_stg_resolutions') }} as resolutions
