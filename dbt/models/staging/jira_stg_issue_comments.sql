{#- Which comments an issue has. -#}
{{ tap_jira.jira_raw('issues', {'id': 'id', 'comment_ids': 'json'}) }}
