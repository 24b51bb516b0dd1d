{{ tap_jira.jira_raw('server_info', {
  'base_url': 'text',
  'version': 'text',
  'deployment_type': 'text',
}) }}
