{{ tap_jira.jira_raw('issue_types', {
  'id': 'text',
  'name': 'text',
  'untranslated_name': 'text',
  'description': 'text',
  'subtask': 'boolean',
  'hierarchy_level': 'integer',
  'scope': 'json',
}) }}
