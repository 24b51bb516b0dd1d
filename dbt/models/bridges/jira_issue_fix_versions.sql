{#- One row is a version that an issue is fixed in. -#}
select distinct
  members.issue_id,
  members.id as version_id,
  coalesce(versions.name, members.name) as version_name
from {{ ref('jira_issue_members') }} as members
left join {{ ref('jira_versions') }} as versions on members.id = versions.id
where members.kind = 'fix version' and not members.is_gone
