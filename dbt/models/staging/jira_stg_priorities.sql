{{ tap_jira.jira_raw('priorities', {
  'id': 'text',
  'name': 'text',
  'description': 'text',
  'is_default': 'boolean',
}) }}
