{#- The issues that are not there any more, by id: deleted, archived, out of sight or out of scope. -#}
{{ config(materialized='ephemeral') }}
select id, gone_at
from {{ jira_inline('jira_stg_deleted_issues') }} as deleted_issues
where returned_at is null
