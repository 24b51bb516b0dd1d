{#- One row is an option of a field, also one that was deleted since but is in a history. -#}
{{ config(alias='field_option') }}

with named as (
  {{ jira_named_by_history("fields.kind = 'option'") }}
),

listed as (
  select id, max(value) as name, max(parent_option_id) as parent_id
  from {{ ref('jira_field_options') }}
  group by id
),

options as (
  select
    {{ jira_number_id('coalesce(listed.id, named.id)') }} as id,
    coalesce(listed.name, named.name) as name,
    {{ jira_number_id('listed.parent_id') }} as parent_id
  from listed
  full join named on listed.id = named.id
)

select * from options where id is not null
