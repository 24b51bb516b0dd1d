{{ tap_jira.jira_raw('statuses', {
  'id': 'text',
  'name': 'text',
  'description': 'text',
  'status_category': 'json',
  'scope': 'json',
}) }}
