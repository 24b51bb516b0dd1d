"""One exchange with Jira: who asks, how often, and what the answer means."""
