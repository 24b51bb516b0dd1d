{#- Organizations of customers. One row is an organization. -#}
select id, name from {{ ref('jira_stg_organizations') }}
