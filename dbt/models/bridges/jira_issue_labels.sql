{#- One row is a label of an issue. -#}
with issues as (
  select * from {{ ref('jira_present_issues') }}
)

select distinct issues.id as issue_id, {{ jira_scalar('label.value') }} as label
from issues
{{ jira_members('issues.labels', 'label') }}
where {{ jira_scalar('label.value') }} is not null
