{#- Who created each issue: read apart, so that it is read of the issues that are built only. -#}
{{ tap_jira.jira_raw('issues', {'id': 'id', 'creator': 'json'}) }}
