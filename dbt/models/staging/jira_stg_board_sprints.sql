{{ tap_jira.jira_raw('board_sprints', {
  'board_id': 'text',
  'sprint_id': 'text',
}) }}
