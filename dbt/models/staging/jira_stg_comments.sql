{{ tap_jira.jira_raw('comments', {
  'id': 'id',
  'issue_id': 'id',
  'author': 'json',
  'update_author': 'json',
  'body': 'json',
  'created': 'timestamp',
  'updated': 'timestamp',
  'visibility': 'json',
  'jsd_public': 'boolean',
  'parent_id': 'text',
}) }}
