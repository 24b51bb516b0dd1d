{{ tap_jira.jira_raw('boards', {
  'id': 'text',
  'name': 'text',
  'type': 'text',
  'location': 'json',
}) }}
