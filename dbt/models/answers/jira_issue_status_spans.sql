{#- One row is a stay of an issue in a status: what of it does not depend on the present. -#}
with history as (
  select
    issue_id,
    coalesce(value_id, value_text) as status_id,
    value_text as status_name,
    valid_from,
    valid_to
  from {{ ref('jira_issue_field_history') }}
  where field_id = 'status' and coalesce(value_id, value_text) is not null
),

-- A change to the status that it was in, which a change of the workflow writes, is no new stay.
steps as (
  select
    history.*,
    lag(status_id) over (partition by issue_id order by valid_from, valid_to) as previous_id
  from history
)

select
  issue_id,
  status_id,
  status_name,
  valid_from as entered,
  lead(valid_from) over (partition by issue_id order by valid_from, valid_to) as left_at
from steps
where previous_id is distinct from status_id
