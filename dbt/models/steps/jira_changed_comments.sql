{#- The raw comments of the issues that have changed: set aside, so that they are searched for once. -#}
{{ config(refilled=true) }}
{{ jira_changed_rows('comments', ['jira_comment_rows', 'jira_mentions']) }}
