{#- What the history of an issue needs besides its fields. -#}
{{ tap_jira.jira_raw('issues', {
  'id': 'id', 'key': 'id', 'created': 'timestamp', 'updated': 'timestamp',
}, {
  'epic_key': tap_jira.jira_link_key('gh-epic-link'),
  'parent_link_key': tap_jira.jira_link_key('jpo-custom-field-parent'),
}, early=true) }}
