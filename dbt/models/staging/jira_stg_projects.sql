{{ tap_jira.jira_raw('projects', {
  'id': 'id',
  'key': 'text',
  'name': 'text',
  'description': 'text',
  'lead': 'json',
  'project_type_key': 'text',
  'project_category': 'json',
  'project_keys': 'json',
  'style': 'text',
  'archived': 'boolean',
  'deleted': 'boolean',
  'is_private': 'boolean',
}) }}
