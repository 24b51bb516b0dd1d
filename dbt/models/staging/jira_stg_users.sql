{{ tap_jira.jira_raw('users', {
  'account_id': 'text',
  'account_type': 'text',
  'key': 'text',
  'name': 'text',
  'display_name': 'text',
  'email_address': 'text',
  'active': 'boolean',
  'time_zone': 'text',
  'locale': 'text',
}) }}
