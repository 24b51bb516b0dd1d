{{ tap_jira.jira_raw('versions', {
  'id': 'text',
  'name': 'text',
  'description': 'text',
  'project_id': 'text',
  'start_date': 'date',
  'release_date': 'date',
  'released': 'boolean',
  'archived': 'boolean',
  'overdue': 'boolean',
}) }}
