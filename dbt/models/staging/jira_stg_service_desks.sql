{{ tap_jira.jira_raw('service_desks', {
  'id': 'text',
  'project_id': 'text',
  'project_key': 'text',
  'project_name': 'text',
}) }}
