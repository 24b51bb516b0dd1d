{{ tap_jira.jira_raw('worklogs', {
  'id': 'text',
  'issue_id': 'text',
  'author': 'json',
  'update_author': 'json',
  'comment': 'json',
  'created': 'timestamp',
  'updated': 'timestamp',
  'started': 'timestamp',
  'time_spent_seconds': 'integer',
  'visibility': 'json',
}) }}
