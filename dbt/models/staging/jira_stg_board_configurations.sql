{{ tap_jira.jira_raw('board_configurations', {
  'board_id': 'text',
  'estimation': 'json',
  'column_config': 'json',
}) }}
