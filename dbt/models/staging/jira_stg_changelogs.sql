{{ tap_jira.jira_raw('changelogs', {
  'id': 'text',
  'issue_id': 'text',
  'author': 'json',
  'created': 'timestamp',
  'items': 'json',
}) }}
