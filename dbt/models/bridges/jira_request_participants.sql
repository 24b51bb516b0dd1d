{#- One row is someone who takes part in a request, beside its reporter. -#}
with requests as (
  select issue_id, participants from {{ ref('jira_stg_requests') }} where participants is not null
),

given as (
  select issue_id, participants from requests
  union all
  select issues.id, issues.participants
  from {{ ref('jira_present_issues') }} as issues
  where not exists (select 1 from requests where requests.issue_id = issues.id)
)

select distinct
  given.issue_id,
  {{ jira_person('one.value') }} as user_id,
  users.display_name as user_name
from given
{{ jira_members('given.participants', 'one') }}
inner join {{ ref('jira_users') }} as users on {{ jira_person('one.value') }} = users.id
where not exists (
  select 1 from {{ ref('jira_gone_issues') }} as gone where gone.id = given.issue_id
)
