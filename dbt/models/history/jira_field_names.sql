{#- One row is a name that histories give to a field, with the type that they give with it, and the
    field: what Data Center tells has names only, and so have some of Cloud's changes.

    In this order: the variable `history_fields`; what histories call built-in fields; ids of fields;
    their names; the names that they have in JQL. A name that belongs to several fields is none's. -#}
{{ config(materialized='ephemeral') }}
{%- set called = {
  'fix version': 'fixVersions', 'version': 'versions', 'component': 'components', 'key': 'issuekey',
  'parent': 'parent', 'parent issue': 'parent', 'issueparentassociation': 'parent',
} -%}
with fields as (
  select *, case when id like 'customfield%' then 'custom' else 'jira' end as field_type
  from {{ jira_inline('jira_stg_fields') }} as fields
),

candidates as (
  {%- for name, id in var('history_fields', {}).items() %}
  select 1 as rank, 'custom' as field_type, '{{ name | replace("'", "''") }}' as name, '{{ id }}' as field_id
  union all
  {%- endfor %}
  {%- for name, id in called.items() %}
  select 2 as rank, 'jira' as field_type, '{{ name }}' as name, '{{ id }}' as field_id
  union all
  {%- endfor %}
  {%- for id in tap_jira.jira_system_fields() %}
  select 3, 'jira', '{{ id | lower }}', '{{ id }}'
  union all
  {%- endfor %}
  select 3, 'jira', lower(id), id
  from fields where field_type = 'jira'
  union all
  select 4, field_type, case when field_type = 'jira' then lower(name) else name end, id
  from fields
  union all
  select 5, 'jira', lower({{ jira_scalar('clause.value') }}), id
  from fields
  {{ jira_members('fields.clause_names', 'clause') }}
  where field_type = 'jira'
),

best as (
  select *, min(rank) over (partition by field_type, name) as best_rank
  from candidates
)

select field_type, name, min(field_id) as field_id
from best
where rank = best_rank
group by field_type, name
having count(distinct field_id) = 1
