{#- The categories that statuses are in. One row is a category. -#}
select id, key, name from {{ ref('jira_stg_status_categories') }}
