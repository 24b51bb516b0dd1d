{#- Service desks. One row is a service desk. -#}
select id, project_id, project_key, project_name from {{ ref('jira_stg_service_desks') }}
