{{ tap_jira.jira_raw('worklogs', {
  'id': 'id',
  'issue_id': 'id',
  'author': 'json',
  'update_author': 'json',
  'comment': 'json',
  'created': 'timestamp',
  'updated': 'timestamp',
  'started': 'timestamp',
  'time_spent_seconds': 'integer',
  'visibility': 'json',
}) }}
