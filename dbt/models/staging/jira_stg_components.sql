{{ tap_jira.jira_raw('components', {
  'id': 'text',
  'name': 'text',
  'description': 'text',
  'project': 'text',
  'project_id': 'text',
  'lead': 'json',
}) }}
