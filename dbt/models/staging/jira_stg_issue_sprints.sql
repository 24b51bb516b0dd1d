{#- The sprints that an issue was in. -#}
{{ tap_jira.jira_raw('issues', {'id': 'id', 'updated': 'timestamp'}, {
  'sprints': tap_jira.jira_field_value(tap_jira.jira_field_ids(types=['gh-sprint'])),
}) }}
