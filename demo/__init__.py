"""The demo: Jira through `tap-jira` into PostgreSQL, twice, on embedded defaults."""
