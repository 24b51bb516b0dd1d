{{ tap_jira.jira_raw('deleted_worklogs', {
  'id': 'text',
  'deleted_at': 'timestamp',
}) }}
