{#- One row is a status: of Jira's list, of an issue, or of a history. What only a history knows was deleted
    or cannot be seen; nobody knows its category, which is Jira's own for that (`undefined`). -#}
{{ config(alias='status') }}

with known as (
  {{ jira_known('jira_statuses', "fields.id = 'status'", 'status_id', 'status_name') }}
),

current_categories as (
  select status_id as id, max(status_category_key) as category_key
  from {{ ref('jira_issues') }}
  group by status_id
),

statuses as (
  select
    {{ jira_number_id('known.id') }} as id,
    known.name,
    listed.description,
    coalesce(listed.category_key, current_categories.category_key, 'undefined') as category_key
  from known
  left join {{ ref('jira_statuses') }} as listed on known.id = listed.id
  left join current_categories on known.id = current_categories.id
)

select
  statuses.id,
  statuses.name,
  statuses.description,
  categories.id as status_category_id
from statuses
left join {{ ref('jira_fivetran_status_category') }} as categories
  on statuses.category_key = categories.key
where statuses.id is not null
