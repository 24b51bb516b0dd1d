{#- One row is a status: those that are listed, and those that only issues have now. -#}
{{ config(key='id', differing=true) }}
{%- set since = jira_since() -%}
with listed as (
  select id, name, category_key from {{ ref('jira_statuses') }}
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

known as (
  select id, name, coalesce(category_key, 'undefined') as category_key from listed
  union all
  select id, name, coalesce(category_key, 'undefined') as category_key from of_issues
  where not exists (select 1 from listed where listed.id = of_issues.id)
)

select known.*, true as is_known, {{ jira_next_number() }} as changed_in
from known
{%- if since %}
left join {{ this }} as built on known.id = built.id
where built.id is null or not built.is_known
  or known.name is distinct from built.name or known.category_key <> built.category_key
union all
select built.id, built.name, built.category_key, false, {{ jira_next_number() }}
from {{ this }} as built
left join known on built.id = known.id
where known.id is null and built.is_known
{%- endif %}
