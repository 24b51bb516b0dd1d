{{ tap_jira.jira_raw('deleted_worklogs', {
  'id': 'id',
  'deleted_at': 'timestamp',
}, early=true) }}
