{#- One row is a link as one of its two issues shows it: "blocks" at the one, "is blocked by" at the other. -#}
{{ config(alias='issue_link') }}

select
  {{ jira_number_id('issue_id') }} as issue_id,
  {{ jira_number_id('related_issue_id') }} as related_issue_id,
  outward as relationship
from {{ ref('jira_issue_links') }}
union
select
  {{ jira_number_id('related_issue_id') }},
  {{ jira_number_id('issue_id') }},
  inward
from {{ ref('jira_issue_links') }}
