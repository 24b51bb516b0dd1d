{{ tap_jira.jira_raw('sprints', {
  'id': 'text',
  'name': 'text',
  'state': 'text',
  'goal': 'text',
  'origin_board_id': 'text',
  'start_date': 'timestamp',
  'end_date': 'timestamp',
  'complete_date': 'timestamp',
  'created_date': 'timestamp',
}) }}
