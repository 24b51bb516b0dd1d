"""What a site has beside issues, users and fields: the rows of an area, and how they are served."""

from sandbox.areas import (
    administration,
    agile,
    assignments,
    audit,
    fieldparts,
    grants,
    metadata,
    people,
    projects,
    roles,
    schemes,
    service,
    shared,
    workflows,
)

AREAS = (
    administration,
    agile,
    assignments,
    audit,
    fieldparts,
    grants,
    metadata,
    people,
    projects,
    roles,
    schemes,
    service,
    shared,
    workflows,
)
"""Each has ``rows(site)``, what the area holds, and ``change(site)``, what happens between runs."""
