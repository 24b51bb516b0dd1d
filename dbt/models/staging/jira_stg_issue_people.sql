{#- The columns of issues with people in them. -#}
{{ tap_jira.jira_raw('issues', {
  'id': 'id', 'assignee': 'json', 'reporter': 'json', 'creator': 'json', 'attachment': 'json',
  'updated': 'timestamp',
}, tap_jira.jira_people_fields()) }}
