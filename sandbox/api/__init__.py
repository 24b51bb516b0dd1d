"""The operations; importing this package registers all of them."""

from sandbox.api import carried, changelog, issues, meta, requests, search, users, worklogs

__all__ = ["carried", "changelog", "issues", "meta", "requests", "search", "users", "worklogs"]
