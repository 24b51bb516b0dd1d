{#- When each history was loaded. -#}
{{ tap_jira.jira_raw('changelogs', {'id': 'id', 'issue_id': 'id'}, {'stamp': tap_jira.jira_stamp('changelogs')}, early=true) }}
