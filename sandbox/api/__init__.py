"""The operations; importing this package registers all of them."""

from sandbox.api import changelog, issues, meta, search, users, worklogs

__all__ = ["changelog", "issues", "meta", "search", "users", "worklogs"]
