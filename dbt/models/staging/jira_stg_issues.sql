{%- set story_points = tap_jira.jira_story_point_fields() -%}
{{ tap_jira.jira_raw('issues', {
  'id': 'id', 'key': 'text', 'summary': 'text', 'project': 'json', 'issuetype': 'json',
  'status': 'json', 'status_category': 'json', 'priority': 'json', 'resolution': 'json',
  'assignee': 'json', 'reporter': 'json', 'creator': 'json', 'parent': 'json', 'security': 'json',
  'created': 'timestamp', 'updated': 'timestamp', 'resolutiondate': 'timestamp',
  'statuscategorychangedate': 'timestamp', 'duedate': 'date',
  'description': 'json', 'environment': 'json',
  'timeoriginalestimate': 'number', 'timeestimate': 'number', 'timespent': 'number',
  'aggregatetimeoriginalestimate': 'number', 'aggregatetimeestimate': 'number',
  'aggregatetimespent': 'number', 'workratio': 'number',
  'votes': 'json', 'watches': 'json', 'labels': 'json', 'components': 'json',
  'fix_versions': 'json', 'versions': 'json', 'issuelinks': 'json', 'attachment': 'json',
  'subtasks': 'json', 'comment_ids': 'json',
}, {
  'sprints': tap_jira.jira_field_value(tap_jira.jira_field_ids(types=['gh-sprint'])),
  'epic_link': tap_jira.jira_field_value(tap_jira.jira_field_ids(types=['gh-epic-link'])),
  'parent_link': tap_jira.jira_field_value(tap_jira.jira_field_ids(types=['jpo-custom-field-parent'])),
  'participants': tap_jira.jira_field_value(tap_jira.jira_field_ids(types=['sd-request-participants'])),
  'story_points': tap_jira.jira_field_value(story_points),
}) }}
