{{ tap_jira.jira_raw('requests', {
  'issue_id': 'text',
  'request_type_id': 'text',
  'service_desk_id': 'text',
  'created_date': 'timestamp',
  'request_type': 'json',
  'current_status': 'json',
  'participants': 'json',
  'sla': 'json',
  'status': 'json',
}) }}
