{#- One row is someone who takes part in a request, beside its reporter. -#}
{{ config(materialized='jira_steps', refilled=true) }}
with requests as (
  select issue_id, participants from {{ jira_inline('jira_stg_requests') }} as requests where participants is not null
),

given as (
  select requests.issue_id, {{ jira_person('one.value') }} as user_id
  from requests
  {{ jira_members('requests.participants', 'one') }}
  union all
  select members.issue_id, members.id
  from {{ ref('jira_issue_members') }} as members
  where members.kind = 'participant' and not members.is_gone
    and not exists (select 1 from requests where requests.issue_id = members.issue_id)
)

select distinct
  given.issue_id,
  given.user_id,
  users.display_name as user_name
from given
inner join {{ ref('jira_users') }} as users on given.user_id = users.id
where not exists (
  select 1 from {{ jira_inline('jira_gone_issues') }} as gone where gone.id = given.issue_id
)
