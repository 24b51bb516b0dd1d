"""Jira's objects into rows."""
