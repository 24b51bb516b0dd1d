{#- One row is a category of statuses: Jira's four, with their names in English, whatever the reader's
    language, and others if there are any. -#}
{{ config(alias='status_category') }}

with jiras_own as (
  {%- for id, key, name in [
    (1, 'undefined', 'No Category'), (2, 'new', 'To Do'), (3, 'done', 'Done'), (4, 'indeterminate', 'In Progress')
  ] %}
  {%- if not loop.first %}
  union all
  {%- endif %}
  select cast({{ id }} as {{ jira_type('integer') }}) as id, '{{ key }}' as key, '{{ name }}' as name
  {%- endfor %}
)

select id, key, name from jiras_own
union all
select {{ jira_number_id('listed.id') }} as id, listed.key, listed.name
from {{ ref('jira_status_categories') }} as listed
where {{ jira_number_id('listed.id') }} is not null
  and not exists (
    select 1 from jiras_own
    where jiras_own.key = listed.key or jiras_own.id = {{ jira_number_id('listed.id') }}
  )
