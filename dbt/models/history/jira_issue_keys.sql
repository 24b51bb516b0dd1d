{#- One row is a key that an issue has or had, before it moved. -#}
{{ config(materialized='ephemeral') }}
with keys as (
  select id as issue_id, key, 1 as rank
  from {{ ref('jira_stg_issue_loads') }}
  union all
  select issue_id, from_text, 2
  from {{ ref('jira_changelog_items') }}
  where field_id = 'issuekey' and from_text is not null
),

ranked as (
  select *, row_number() over (partition by key order by rank, issue_id) as number
  from keys
)

select key, issue_id
from ranked
where number = 1
