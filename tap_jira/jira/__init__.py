"""What this Jira is, and how it is asked."""
