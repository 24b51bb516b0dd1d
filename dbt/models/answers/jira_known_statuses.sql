{#- One row is a status: those that are listed, and those that only issues have now. They are found by
    `reference`, which is the id, or, for histories that tell no ids, the name: of several the one that
    all projects share, then the oldest. -#}
{{ config(materialized='ephemeral') }}
with listed as (
  select id, name, category_key, project_id from {{ ref('jira_statuses') }}
),

of_issues as (
  select
    status_id as id,
    max(status_name) as name,
    max(status_category_key) as category_key
  from {{ ref('jira_issues') }}
  where status_id is not null
  group by status_id
),

known as (
  select id, name, coalesce(category_key, 'undefined') as category_key, project_id from listed
  union all
  select id, name, coalesce(category_key, 'undefined') as category_key, null from of_issues
  where not exists (select 1 from listed where listed.id = of_issues.id)
),

ranked as (
  select
    *,
    row_number() over (
      partition by name
      order by case when project_id is null then 0 else 1 end, length(id), id
    ) as place
  from known
)

select id as reference, id, name, category_key from known
union all
select name, id, name, category_key from ranked
where place = 1 and name is not null and not exists (select 1 from known where known.id = ranked.name)
