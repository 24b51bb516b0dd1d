{#- The changes of the issues that are there now; what was changed is in jira_changelog_items. One row
    is what one person changed at once. -#}
select
  changes.id,
  changes.issue_id,
  {{ jira_person('changes.author') }} as author_id,
  changes.created
from {{ ref('jira_stg_changelogs') }} as changes
where not exists (
  select 1 from {{ ref('jira_gone_issues') }} as gone where gone.id = changes.issue_id
)
