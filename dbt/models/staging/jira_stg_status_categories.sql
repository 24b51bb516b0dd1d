{{ tap_jira.jira_raw('status_categories', {
  'id': 'text',
  'key': 'text',
  'name': 'text',
  'color_name': 'text',
}) }}
