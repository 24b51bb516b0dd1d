{#- One row is a status: those that are listed, and those that only issues have now. -#}
{{ config(materialized='ephemeral') }}
with listed as (
  select id, name, category_key from {{ ref('jira_statuses') }}
),

of_issues as (
  select
    status_id as id,
    max(status_name) as name,
    max(status_category_key) as category_key
  from {{ ref('jira_issues') }}
  where status_id is not null
  group by status_id
)

select id, name, coalesce(category_key, 'undefined') as category_key from listed
union all
select id, name, coalesce(category_key, 'undefined') as category_key from of_issues
where not exists (select 1 from listed where listed.id = of_issues.id)
