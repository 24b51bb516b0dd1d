{#- Periods of a field of an issue that neither end before they begin, nor leave or share an instant
    with the next, the last of which is open. -#}
{% test jira_without_gaps(model) %}
select following.*
from (
  select
    issue_id, field_id, valid_from, valid_to,
    lead(valid_from) over (partition by issue_id, field_id order by valid_from) as next_from
  from {{ model }}
) as following
where valid_to <= valid_from or valid_to is distinct from next_from
{% endtest %}
