{#- References whose other end is there; nothing is asked of a table that is empty because its stream was
    not loaded, which the log says. -#}
{% test jira_refers(model, column_name, to, field) %}
select referring.{{ column_name }}
from {{ model }} as referring
where referring.{{ column_name }} is not null
  and exists (select 1 from {{ to }})
  and not exists (
    select 1 from {{ to }} as referred where referred.{{ field }} = referring.{{ column_name }}
  )
{% endtest %}
