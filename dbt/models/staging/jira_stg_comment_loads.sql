{#- When each comment was loaded. -#}
{{ tap_jira.jira_raw('comments', {'id': 'id', 'issue_id': 'id'}, {'stamp': tap_jira.jira_stamp('comments')}, early=true) }}
