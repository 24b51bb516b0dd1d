{#- No two rows have the same values in these columns; nulls are the same as each other. -#}
{% test jira_unique_together(model, columns) %}
select {{ columns | join(', ') }}, count(*) as times
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
