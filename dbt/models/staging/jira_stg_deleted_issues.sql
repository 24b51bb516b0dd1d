{{ tap_jira.jira_raw('deleted_issues', {
  'id': 'id',
  'gone_at': 'timestamp',
  'returned_at': 'timestamp',
}, early=true) }}
