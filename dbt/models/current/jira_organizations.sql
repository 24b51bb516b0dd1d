{#- Organizations of customers. One row is an organization. -#}
select id, name from {{ jira_inline('jira_stg_organizations') }} as organizations
