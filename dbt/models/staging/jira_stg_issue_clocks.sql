{#- The clocks of service management that are fields of issues: `clock_<number of the field>`. -#}
{%- set clocks = {} -%}
{%- for id in tap_jira.jira_field_ids(types=['sd-sla-field']) -%}
  {%- do clocks.update({'clock_' ~ (id.split('_') | last): tap_jira.jira_field_value([id])}) -%}
{%- endfor -%}
{{ tap_jira.jira_raw('issues', {'id': 'id'}, clocks) }}
