"""What a site has beside issues, users and fields: the rows of an area, and how they are served."""

from sandbox.areas import administration, agile, audit, people, service, shared

AREAS = (administration, agile, audit, people, service, shared)
"""Each has ``rows(site)``, what the area holds, and ``change(site)``, what happens between runs."""
