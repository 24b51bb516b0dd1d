"""Sets of projects, by id: some, or all but some, of which those to come are a part."""

from __future__ import annotations

import dataclasses
import typing as t

from tap_jira.jira.jql import NO_ISSUE

if t.TYPE_CHECKING:
    from collections.abc import Iterable

MOST_LISTED = 500
"""Projects in one list of a query: Atlassian advises no more than 500 to 1,000."""


@dataclasses.dataclass(frozen=True)
class Projects:
    """Some projects by id, or all but some."""

    ids: frozenset[str]
    others: bool = False
    """Whether all others are meant."""

    def __contains__(self, project_id: object) -> bool:
        """Whether a project is one of them."""
        return (project_id in self.ids) is not self.others

    def __bool__(self) -> bool:
        """Whether there can be any."""
        return self.others or bool(self.ids)

    def __and__(self, other: Projects) -> Projects:
        """Those in both."""
        if self.others and other.others:
            return Projects(self.ids | other.ids, others=True)
        some, those = (other, self) if self.others else (self, other)
        return Projects(frozenset(each for each in some.ids if each in those))

    def __or__(self, other: Projects) -> Projects:
        """Those in either."""
        return (self.complement & other.complement).complement

    def __sub__(self, other: Projects) -> Projects:
        """Those that are not in the other."""
        return self & other.complement

    def __le__(self, other: Projects) -> bool:
        """Whether the other has them all."""
        return not self - other

    @property
    def complement(self) -> Projects:
        """All others."""
        return Projects(self.ids, others=not self.others)

    def condition(self, visible: Iterable[str]) -> list[str]:
        """The JQL condition, if it takes one: a project that cannot be seen fails the query."""
        found = sorted(self.ids.intersection(visible))
        parts = [found[n : n + MOST_LISTED] for n in range(0, len(found), MOST_LISTED)]
        if self.others:
            return [f"project not in ({', '.join(part)})" for part in parts]
        if not parts:
            return [NO_ISSUE]
        lists = [f"project in ({', '.join(part)})" for part in parts]
        return lists if len(lists) == 1 else [f"({' OR '.join(lists)})"]

    def as_state(self) -> dict[str, t.Any]:
        """As it is kept in STATE."""
        return {"except" if self.others else "projects": sorted(self.ids)}


EVERY = Projects(frozenset(), others=True)
