"""The census: which issues are there, compared with those that were.

Jira tells of no deleted issue. But it lists the ids of all visible ones cheaply (5,000 an answer on
Cloud), so once a day they are compared with the ids of all issues that were sent. An id that is
missing may be one that the index does not show for a moment: it is looked for by itself.

- **Gone**: it was sent, and neither the census nor a look by id shows it. It was deleted or
  archived, left what the settings admit, or may no longer be seen by this user.
- **Come into view**: the census shows it, but it was never sent, since nothing has updated it: an
  archived project was restored, a permission was given, an import kept its dates.
- **Passed**: both show it, and it was sent; but it was changed while it was out of sight, and some
  stream has passed that change without having read it (:mod:`.ledger`).

One that came into view may be changed before the next census shows it, or one stream may be read
whole before. Then it was sent, but other streams lack what is older in it than their bookmarks, and
have to be told nevertheless.

STATE of `deleted_issues` has the ids that were sent (``known``), those of them that not all streams
were told of (``untold``), those that are gone, by when that was found, and those that can be read
by id though the census does not show them (``doubtful``). Where a JQL filter is set, those are gone
at the next census that does not show them either: the filter matches them no more. Before rows are
written, STATE says which (``telling``): a run that is killed then leaves rows of which it knew
nothing otherwise, and which may not be true any more when the next one looks::

    {"replication_key_value": "2026-06-15T04:00:00.000Z", "scope": {…}, "known": {"0": "eJz…"},
     "gone": [{"at": "2026-06-14T04:00:00.000Z", "ids": {"0": "eJz…"}}], "doubtful": {}}
"""

from __future__ import annotations

import typing as t

from tap_jira.errors import StateError
from tap_jira.issues.id_set import IdSet
from tap_jira.issues.ledger import Ledger
from tap_jira.records.timestamps import parse_instant

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping, Sequence

    from tap_jira.issues.coverage import Coverage
    from tap_jira.issues.windows import Issue

STREAM = "deleted_issues"
MOST_TIMES = 400
"""Times at which issues were found gone that are told apart: a year's and more. Beyond that, the
two oldest become one."""


class Census:
    """What is known of the issues that are there, in STATE."""

    def __init__(
        self, state: MutableMapping[str, t.Any], is_new_to_all: Callable[[Issue], bool]
    ) -> None:
        """Read it; ``is_new_to_all`` tells of an issue whether every stream reads it whole.

        Raises:
            StateError: it is damaged.
        """
        self._state = state
        self._is_new_to_all = is_new_to_all
        self.has_begun = "known" in state
        """Whether account was kept by an earlier run: else nothing has come into view since."""
        self.known = IdSet.of_state(STREAM, state.get("known"))
        """The issues that were sent, and are not known to be gone."""
        self.untold = IdSet.of_state(STREAM, state.get("untold"))
        """Those of them that came into view, of which not all streams were told."""
        self.doubtful = IdSet.of_state(STREAM, state.get("doubtful"))
        self.gone = list(_groups(state.get("gone") or ()))
        """By when it was found: those that are gone, the oldest first."""
        telling = state.get("telling") or {}
        self.told_by_then = IdSet.of_state(STREAM, telling.get("ids"))
        """Those whose rows an earlier run may have written, and did not conclude."""
        self.told_at: str | None = telling.get("at")
        """When that was."""
        self.ledger = Ledger(STREAM, state.get("read"))
        """Which of them were read since the last census, and by which streams."""
        self._saved = self.known
        """Those that STATE has."""
        self._noted = IdSet()
        self._kept: IdSet | None = None
        """What will be known once what a census found is told."""
        self._lost = IdSet()

    def note(self, issues: Sequence[Issue]) -> None:
        """These are being read by some stream."""
        if self.has_begun:
            added = [
                issue
                for issue in issues
                if issue["id"] not in self.known and issue["id"] not in self._noted
            ]
            self.untold.update(each["id"] for each in added if not self._is_new_to_all(each))
        self._noted.update(issue["id"] for issue in issues)

    @property
    def is_ahead(self) -> bool:
        """Whether issues are being read that STATE does not have.

        Once their rows are written, a run that is killed leaves them to a target. If they are
        deleted before the next one, nobody would miss them.
        """
        return bool(self._noted - self._saved)

    def distrust(self) -> None:
        """A target is about to delete what a whole read did not show.

        That is what the census of this run has not listed, of which STATE does not say so yet. If
        none was taken, any issue may be out of sight.
        """
        self.untold |= self._lost | self.doubtful if self.is_settled else self.known

    def save(self) -> None:
        """Have STATE say which issues were read by now, while what was found is not told yet."""
        known = self.known | self._noted
        self._saved = known
        self._state["known"] = known.as_state()
        self._state["read"] = self.ledger.as_state()
        if untold := self.untold & known:
            self._state["untold"] = untold.as_state()
        else:
            self._state.pop("untold", None)

    def take_back(self, there: IdSet) -> list[tuple[str, str]]:
        """Those that were found gone, and when, and are there: they are gone no more."""
        back = [(issue_id, at) for at, ids in self.gone for issue_id in ids & there]
        left = [(at, ids - there) for at, ids in self.gone]
        self.gone = [(at, ids) for at, ids in left if ids]
        return back

    def news_in(self, found: IdSet) -> IdSet:
        """Those of the issues that came into view since all streams were told."""
        told = self.known - self.untold - self.told_by_then
        return found - told if self.has_begun else IdSet()

    def add(self, found: IdSet) -> None:
        """These are known: they were sent, or the streams owe them."""
        self.known |= found
        self.untold = self.untold - found

    def begin_to_tell(self, at: str, ids: IdSet) -> None:
        """Rows of these are about to be written: have STATE say so."""
        ids = ids | self.told_by_then
        self._state["telling"] = {"at": self.told_at or at, "ids": ids.as_state()}

    def settle(self, gone: IdSet, doubtful: IdSet, only: IdSet | None) -> None:
        """A census was taken; ``only`` are the issues that matter from now on, if not all."""
        self.doubtful = doubtful
        self._kept = (self.known if only is None else self.known & only) - gone
        self._lost = gone

    @property
    def is_settled(self) -> bool:
        """Whether a census was taken in this run."""
        return self._kept is not None

    def conclude(self, at: str, scope: Coverage, *, taken: bool) -> None:
        """What was found is told: have STATE say so, and when a census was taken, if one was."""
        if self.is_settled or not self.told_at:
            self._state.pop("telling", None)
        if self._kept is not None:
            self.known = self._kept
            self.ledger.close()
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
