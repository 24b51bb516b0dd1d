{#- When each worklog was loaded. -#}
{{ tap_jira.jira_raw('worklogs', {'id': 'id', 'issue_id': 'id'}, {'stamp': tap_jira.jira_stamp('worklogs')}, early=true) }}
