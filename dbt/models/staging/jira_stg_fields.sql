{{ tap_jira.jira_raw('fields', {
  'id': 'text',
  'name': 'text',
  'untranslated_name': 'text',
  'custom': 'boolean',
  'clause_names': 'json',
  'scope': 'json',
  'schema': 'json',
}, early=true) }}
