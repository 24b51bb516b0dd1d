{#- One row is a label of an issue. -#}
select distinct issue_id, id as label
from {{ ref('jira_issue_members') }}
where kind = 'label' and not is_gone
