{#- The raw worklogs of the issues that have changed: set aside, so that they are searched for once. -#}
{{ config(refilled=true) }}
{{ jira_changed_rows('worklogs', ['jira_worklog_rows', 'jira_mentions']) }}
