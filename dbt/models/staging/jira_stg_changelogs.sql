{{ tap_jira.jira_raw('changelogs', {
  'id': 'id',
  'issue_id': 'id',
  'author': 'json',
  'created': 'timestamp',
  'items': 'json',
}) }}
