{#- Priorities. One row is a priority. -#}
select id, name, description, is_default from {{ ref('jira_stg_priorities') }}
