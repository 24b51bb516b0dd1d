{#- The few columns of issues that tell where they are: read apart, so that nothing else is. -#}
{{ tap_jira.jira_raw('issues', {
  'id': 'id', 'key': 'text', 'project': 'json', 'issuetype': 'json', 'parent': 'json',
}, {
  'epic_link': tap_jira.jira_field_value(tap_jira.jira_field_ids(types=['gh-epic-link'])),
  'parent_link': tap_jira.jira_field_value(tap_jira.jira_field_ids(types=['jpo-custom-field-parent'])),
}) }}
