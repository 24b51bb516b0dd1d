{#- When each history was loaded. -#}
{{ tap_jira.jira_raw('changelogs', {
  'id': 'id', 'issue_id': 'id', '_sdc_batched_at': 'timestamp',
}) }}
