{#- When each issue was loaded. -#}
{{ tap_jira.jira_raw('issues', {'id': 'id', 'key': 'id', 'updated': 'timestamp'}, {
  'stamp': tap_jira.jira_stamp('issues'),
}, early=true) }}
