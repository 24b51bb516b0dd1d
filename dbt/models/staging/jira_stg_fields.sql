{{ tap_jira.jira_raw('fields', {
  'id': 'text',
  'name': 'text',
  'untranslated_name': 'text',
  'custom': 'boolean',
  'scope': 'json',
  'schema': 'json',
}) }}
