{#- Statuses. One row is a status. -#}
{{ config(unique_by='id') }}
select
  statuses.id,
  statuses.name,
  statuses.description,
  {{ jira_text('statuses.status_category', 'key') }} as category_key,
  coalesce(categories.name, {{ jira_text('statuses.status_category', 'name') }}) as category_name,
  {{ jira_text('statuses.scope', 'project', 'id') }} as project_id
from {{ jira_inline('jira_stg_statuses') }} as statuses
left join {{ jira_inline('jira_stg_status_categories') }} as categories
  on {{ jira_text('statuses.status_category', 'key') }} = categories.key
