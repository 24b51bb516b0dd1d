{#- Which comments an issue has. -#}
{{ tap_jira.jira_raw('issues', {'id': 'text', 'comment_ids': 'json'}) }}
