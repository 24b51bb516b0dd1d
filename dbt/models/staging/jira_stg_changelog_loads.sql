{#- When each history was loaded. -#}
{{ tap_jira.jira_raw('changelogs', {
  'id': 'text', 'issue_id': 'text', '_sdc_batched_at': 'timestamp', '_sdc_extracted_at': 'timestamp',
}) }}
