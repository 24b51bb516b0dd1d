{#- Priorities. One row is a priority. -#}
{{ config(unique_by='id') }}
select id, name, description, is_default from {{ ref('jira_stg_priorities') }}
