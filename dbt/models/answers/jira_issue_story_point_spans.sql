{#- One row is a number of story points of an issue and the time that it held. -#}
{%- set fields = jira_story_point_fields() -%}
select
  issue_id,
  {% if fields -%}
  case history.field_id
    {%- for field in fields %}
    when '{{ field }}' then {{ loop.index }}
    {%- endfor %}
  end
  {%- else -%} 1
  {%- endif %} as precedence,
  {{ jira_try('number', 'value_text') }} as points,
  valid_from,
  valid_to
from {{ ref('jira_issue_field_history') }} as history
where
  field_id in ('{{ (fields or [""]) | join("', '") }}')
  and {{ jira_try('number', 'value_text') }} is not null
