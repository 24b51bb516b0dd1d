{#- The raw histories of the issues that have changed: set aside, so that they are searched for once. -#}
{{ config(refilled=true) }}
{{ jira_changed_rows('changelogs', ['jira_changelogs', 'jira_changelog_items', 'jira_mentions', 'jira_former_keys']) }}
