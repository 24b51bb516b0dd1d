{{ tap_jira.jira_raw('issue_link_types', {
  'id': 'text',
  'name': 'text',
  'inward': 'text',
  'outward': 'text',
}) }}
