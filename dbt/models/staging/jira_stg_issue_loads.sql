{#- When each issue was loaded, and what its history needs besides its fields. -#}
{{ tap_jira.jira_raw('issues', {
  'id': 'text', 'key': 'text', 'created': 'timestamp', 'updated': 'timestamp', 'creator': 'json',
  '_sdc_batched_at': 'timestamp', '_sdc_extracted_at': 'timestamp',
}, {
  'epic_key': tap_jira.jira_scalar(
    tap_jira.jira_field_value(tap_jira.jira_field_ids(types=['gh-epic-link']))
  ),
  'parent_link_key': tap_jira.jira_scalar(
    tap_jira.jira_field_value(tap_jira.jira_field_ids(types=['jpo-custom-field-parent']))
  ),
}) }}
