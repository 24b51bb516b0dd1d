{#- The categories that statuses are in. One row is a category. -#}
select id, key, name from {{ jira_inline('jira_stg_status_categories') }} as status_categories
