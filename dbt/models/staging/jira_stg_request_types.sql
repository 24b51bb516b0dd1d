{{ tap_jira.jira_raw('request_types', {
  'service_desk_id': 'text',
  'id': 'text',
  'name': 'text',
  'description': 'text',
  'issue_type_id': 'text',
}) }}
