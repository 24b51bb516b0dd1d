"""What is no longer as it was born: all else follows from the issue's seed and is not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model import Issue
    from sandbox.site import Site

    Born = Callable[[Site, Issue], list[Any]]


class Altered:
    """Lists that were changed by hand, by what they are and whose."""

    def __init__(self) -> None:
        """Nothing has changed yet."""
        self._lists: dict[tuple[str, int], list[Any]] = {}

    def of(self, site: Site, issue: Issue, what: Born) -> list[Any]:
        """What an issue has, to be read."""
        known = self._lists.get((what.__module__ + what.__name__, issue.id))
        return what(site, issue) if known is None else known

    def edited(self, site: Site, issue: Issue, what: Born) -> list[Any]:
        """What an issue has, to be changed: it is kept from now on."""
        key = (what.__module__ + what.__name__, issue.id)
        if key not in self._lists:
            self._lists[key] = what(site, issue)
        return self._lists[key]
