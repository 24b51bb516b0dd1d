"""The census: which issues are there, compared with those that were.

Jira tells of no deleted issue. But it lists the ids of all visible ones cheaply (5,000 an answer on
Cloud), so once a day they are compared with the ids of all issues that were sent. An id that is
missing may be one that the index does not show for a moment: it is looked for by itself.

- **Gone**: it was sent, and neither the census nor a look by id shows it. It was deleted or
  archived, left what the settings admit, or may no longer be seen by this user.
- **Come into view**: the census shows it, but it was never sent, since nothing has updated it: an
  archived project was restored, a permission was given, an import kept its dates. If it is updated
  before the next census, it is read like any other, without what is older in it. Then it is known
  ``in_part``, and the census finds it nevertheless.

STATE of `deleted_issues` has the ids that were sent (``known``), those that are gone, by when that
was found, and those that can be read by id though the census does not show them (``doubtful``).
Where a JQL filter is set, those are gone at the next census that does not show them either: the
filter matches them no more::

    {"replication_key_value": "2026-06-15T04:00:00.000Z", "scope": {…}, "known": {"0": "eJz…"},
     "in_part": {"0": "eJz…"},
     "gone": [{"at": "2026-06-14T04:00:00.000Z", "ids": {"0": "eJz…"}}], "doubtful": {}}
"""

from __future__ import annotations

import typing as t

from tap_jira.errors import StateError
from tap_jira.issues.id_set import IdSet
from tap_jira.records.timestamps import parse_instant

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping

    from tap_jira.issues.coverage import Coverage
    from tap_jira.issues.windows import Issue

STREAM = "deleted_issues"
MOST_TIMES = 400
"""Times at which issues were found gone that are told apart: a year's and more. Beyond that, the
two oldest become one."""


class Census:
    """What is known of the issues that are there, in STATE."""

    def __init__(
        self, state: MutableMapping[str, t.Any], is_whole: Callable[[Issue], bool]
    ) -> None:
        """Read it; ``is_whole`` tells whether streams send all that is in an issue that they read.

        Raises:
            StateError: it is damaged.
        """
        self._state = state
        self._is_whole = is_whole
        self.known = IdSet.of_state(STREAM, state.get("known"))
        """The issues that were sent, and are not known to be gone."""
        self.in_part = IdSet.of_state(STREAM, state.get("in_part"))
        """Those of them that were not sent with all that is in them, or are not with the target."""
        self.doubtful = IdSet.of_state(STREAM, state.get("doubtful"))
        self.gone = list(_groups(state.get("gone") or ()))
        """By when it was found: those that are gone, the oldest first."""
        self._noted = IdSet()
        self._noted_in_part = IdSet()
        self._kept: IdSet | None = None
        self._lost = IdSet()

    def note(self, issues: Iterable[Issue]) -> None:
        """These are being read by some stream.

        One that was not there when the last census was taken, and is not new since as far as its
        streams can tell, came into view: what is in it may be older than what they read of it now.
        """
        issues = list(issues)
        self._noted.update(each["id"] for each in issues)
        if "replication_key_value" in self._state:
            missed = [each for each in issues if each["id"] not in self.known]
            self._noted_in_part.update(each["id"] for each in missed if not self._is_whole(each))

    def distrust(self) -> None:
        """A target is about to delete what a whole read did not show.

        If no census has told in this run what is out of sight, any issue may be.
        """
        if self._kept is None:
            self.in_part |= self.known

    def save(self) -> None:
        """Have STATE say which issues were read by now, while what was found is not told yet."""
        self._state["known"] = (self.known | self._noted).as_state()
        if in_part := self.in_part | self._noted_in_part:
            self._state["in_part"] = in_part.as_state()
        else:
            self._state.pop("in_part", None)

    def take_back(self, there: IdSet) -> list[tuple[str, str]]:
        """Those that were found gone, and when, and are there: they are gone no more."""
        back = [(issue_id, at) for at, ids in self.gone for issue_id in ids & there]
        left = [(at, ids - there) for at, ids in self.gone]
        self.gone = [(at, ids) for at, ids in left if ids]
        return back

    def add(self, found: IdSet) -> None:
        """These are known: they were sent whole, or the streams owe them."""
        self.known |= found
        self.in_part -= found

    def settle(self, gone: IdSet, doubtful: IdSet, only: IdSet | None) -> None:
        """A census was taken; ``only`` are the issues that matter from now on, if not all."""
        self.doubtful = doubtful
        self._kept = (self.known if only is None else self.known & only) - gone
        self._lost = gone
        self.in_part = self.in_part & self._kept

    def conclude(self, at: str, scope: Coverage, *, taken: bool) -> None:
        """What was found is told: have STATE say so, and when a census was taken, if one was."""
        if self._kept is not None:
            self.known, self._kept = self._kept, None
        if self._lost:
            self.gone.append((at, self._lost))
        while len(self.gone) > MOST_TIMES:
            (_, older), (time, ids), *rest = self.gone
            self.gone = [(time, older | ids), *rest]
        self.save()
        self._state["gone"] = [{"at": when, "ids": ids.as_state()} for when, ids in self.gone]
        self._state["doubtful"] = self.doubtful.as_state()
        if taken:
            self._state["replication_key"] = "gone_at"
            self._state["replication_key_value"] = at
            self._state["scope"] = scope.as_state()


def _groups(kept: t.Any) -> Iterator[tuple[str, IdSet]]:
    for each in kept:
        if not isinstance(each, dict) or parse_instant(each.get("at")) is None:
            msg = f"The STATE of {STREAM} is damaged: 'gone' must say when. Remove that bookmark."
            raise StateError(msg)
        yield each["at"], IdSet.of_state(STREAM, each.get("ids"))
