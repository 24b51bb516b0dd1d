{#- Service desks. One row is a service desk. -#}
select id, project_id, project_key, project_name from {{ jira_inline('jira_stg_service_desks') }} as service_desks
