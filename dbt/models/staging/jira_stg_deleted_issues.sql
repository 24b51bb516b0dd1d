{{ tap_jira.jira_raw('deleted_issues', {
  'id': 'text',
  'gone_at': 'timestamp',
  'returned_at': 'timestamp',
}) }}
