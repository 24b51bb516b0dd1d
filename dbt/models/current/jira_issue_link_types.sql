{#- Types of links between issues. One row is a type. -#}
select id, name, inward, outward from {{ jira_inline('jira_stg_issue_link_types') }} as issue_link_types
