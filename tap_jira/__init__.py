"""tap-jira: a Singer tap for Jira Cloud and Jira Data Center."""
