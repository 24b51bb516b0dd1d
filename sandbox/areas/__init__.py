"""What a site has beside issues, users and fields: the rows of an area, and how they are served."""

from sandbox.areas import agile, assignments, fieldparts, grants, metadata, people, projects, roles, schemes, shared, workflows

AREAS = (agile, assignments, fieldparts, grants, metadata, people, projects, roles, schemes, shared, workflows)
"""Each has ``rows(site)``, what the area holds, and ``change(site)``, what happens between runs."""
