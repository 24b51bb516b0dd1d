{#- The raw rows of the issues that are there now: without those that the last census missed. -#}
{{ config(materialized='ephemeral') }}
select raw_issues.*
from {{ jira_inline('jira_stg_issues') }} as raw_issues
where not exists (
  select 1 from {{ jira_inline('jira_gone_issues') }} as gone where gone.id = raw_issues.id
)
