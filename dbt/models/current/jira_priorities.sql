{#- Priorities. One row is a priority. -#}
{{ config(unique_by='id') }}
select id, name, description, is_default from {{ jira_inline('jira_stg_priorities') }} as priorities
