{{ tap_jira.jira_raw('request_feedback', {
  'issue_id': 'text',
  'type': 'text',
  'rating': 'integer',
  'comment': 'json',
}) }}
