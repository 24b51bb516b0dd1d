{#- Request types of service desks. One row is a request type of a service desk. -#}
select service_desk_id, id, name, description, issue_type_id from {{ jira_inline('jira_stg_request_types') }} as request_types
