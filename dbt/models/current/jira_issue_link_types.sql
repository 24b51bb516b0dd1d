{#- Types of links between issues. One row is a type. -#}
select id, name, inward, outward from {{ ref('jira_stg_issue_link_types') }}
