{{ tap_jira.jira_raw('organizations', {
  'id': 'text',
  'name': 'text',
}) }}
