{{ tap_jira.jira_raw('resolutions', {
  'id': 'text',
  'name': 'text',
  'description': 'text',
  'is_default': 'boolean',
}) }}
