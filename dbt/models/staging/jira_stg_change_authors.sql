{#- Who changed issues, and when: read apart from what was changed. -#}
{{ tap_jira.jira_raw('changelogs', {'author': 'json', 'created': 'timestamp'}) }}
