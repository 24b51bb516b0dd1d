{#- One row is a cycle of a service level agreement (SLA) of a request: its clock from one start to the stop. -#}
select
  cycles.issue_id,
  issues.key as issue_key,
  cycles.field_id,
  cycles.name,
  cycles.cycle,
  cycles.started,
  cycles.stopped,
  cycles.breaches,
  -- A clock that ran when it was read may be over its time since.
  cycles.is_breached or (cycles.is_ongoing and coalesce(cycles.breaches < moments.moment, false))
    as is_breached,
  cycles.is_ongoing,
  cycles.goal_seconds,
  cycles.elapsed_seconds
from {{ ref('jira_sla_cycles') }} as cycles
inner join {{ ref('jira_issues') }} as issues on cycles.issue_id = issues.id
cross join {{ ref('jira_moment') }} as moments
