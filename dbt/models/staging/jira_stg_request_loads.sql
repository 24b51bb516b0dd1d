{#- When each request was loaded. -#}
{{ tap_jira.jira_raw('requests', {'issue_id': 'text'}, {'stamp': tap_jira.jira_stamp('requests')}, early=true) }}
