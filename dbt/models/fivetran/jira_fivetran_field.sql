{#- One row is a field. Names are in English where Jira itself gives the field. -#}
{{ config(alias='field') }}

select id, name, is_array, is_custom from {{ jira_inline('jira_fivetran_fields') }} as fields
