{#- Columns that no two rows have alike. -#}
{% test jira_unique_together(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_alike
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
