{#- One row is a version that an issue is found in. -#}
with issues as (
  select * from {{ ref('jira_present_issues') }}
)

select distinct
  issues.id as issue_id,
  {{ jira_text('version.value', 'id') }} as version_id,
  coalesce(versions.name, {{ jira_text('version.value', 'name') }}) as version_name
from issues
{{ jira_members('issues.versions', 'version') }}
left join {{ ref('jira_stg_versions') }} as versions
  on {{ jira_text('version.value', 'id') }} = versions.id
where {{ jira_text('version.value', 'id') }} is not null
