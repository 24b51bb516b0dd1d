{#- One row is a status: those that are listed, and those that only issues have now. They are found by
    `reference`, which is the id, or, for histories that tell no ids, the name: of several the one that
    all projects share, then the oldest. -#}
{{ config(key='reference', differing=true) }}
{%- set since = jira_since() -%}
with listed as (
  select id, name, category_key, project_id from {{ ref('jira_statuses') }}
),

of_issues as (
  select
    status_id as id,
    max(status_name) as name,
    max(status_category_key) as category_key
  from {{ ref('jira_issue_rows') }}
  where status_id is not null and not is_gone
  group by status_id
),

statuses as (
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
  from statuses
),

known as (
  select id as reference, id, name, category_key from statuses
  union all
  select name, id, name, category_key from ranked
  where place = 1 and name is not null and not exists (select 1 from statuses where statuses.id = ranked.name)
)

select known.*, true as is_known, {{ jira_next_number() }} as changed_in
from known
{%- if since %}
left join {{ this }} as built on known.reference = built.reference
where built.reference is null or not built.is_known or known.id <> built.id
  or known.name is distinct from built.name or known.category_key <> built.category_key
union all
select built.reference, built.id, built.name, built.category_key, false, {{ jira_next_number() }}
from {{ this }} as built
left join known on built.reference = known.reference
where known.reference is null and built.is_known
{%- endif %}
