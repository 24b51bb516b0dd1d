{{ tap_jira.jira_raw('project_schemes', {
  'project_id': 'text',
  'permission_scheme_id': 'text',
}) }}
