{{ tap_jira.jira_raw('field_options', {
  'id': 'text',
  'field_id': 'text',
  'context_id': 'text',
  'value': 'text',
  'parent_option_id': 'text',
  'disabled': 'boolean',
}) }}
