"""The pass of a family: of the streams that are read out of the same issues."""

from __future__ import annotations

import contextlib
import logging
import typing as t

from tap_jira.blame import of_one_stream
from tap_jira.errors import StreamError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_jira.issues.projects import Projects
    from tap_jira.issues.source import IssueSource
    from tap_jira.streams.issues.incremental import IncrementalStream

logger = logging.getLogger("tap-jira.issues")


S = t.TypeVar("S", bound="IncrementalStream")


class Family(t.Generic[S]):
    """The streams that one of them reads a pass for; those in trouble leave, and the others go on.

    A stream that has left was not read: its error is told, so that nothing of it is deleted.
    """

    def __init__(self, leader: S, companions: Iterable[S]) -> None:
        """The companions' errors are told at once, the leader's is for its own sync to raise."""
        self._leader = leader
        self.members: list[S] = [leader, *companions]
        self.failure: StreamError | None = None
        """The leader's."""

    @contextlib.contextmanager
    def trouble_of(self, *streams: S) -> Iterator[None]:
        """What goes wrong in here is the trouble of these streams, or of all that are left."""
        try:
            yield
        except Exception as error:
            trouble = of_one_stream(error)
            if not trouble:
                raise
            self.leave(streams or self.members, trouble)

    def leave(self, streams: Sequence[S], error: StreamError) -> None:
        """These cannot be read any further."""
        for stream in [*streams]:
            self.members.remove(stream)
            stream.run.written.add(stream.name)
            if stream is self._leader:
                self.failure = error
            else:
                stream.fail(error)


def prepare(
    source: IssueSource, family: Sequence[IncrementalStream], filling: Projects | None
) -> None:
    """Say what the pass is for, if it is no ordinary one; learn what an older STATE lacks.

    Args:
        source: of issues.
        family: the streams that are read together.
        filling: the projects that they read from `start_date`, if they do.
    """
    names = ", ".join(sorted(stream.name for stream in family))
    if filling:
        keys = source.keys_of(filling)
        if source.slice:
            text = "%d projects of the slice are new to %s: reading them from start_date."
            logger.info(text, len(keys), names)
        else:
            text = "project_keys admits more than it did: reading %s from start_date for %s."
            logger.info(text, ", ".join(keys), names)
    for reason in sorted({s.bookmark.reason for s in family if s.bookmark.reason}):
        logger.info("Reading everything from start_date again for %s: %s.", names, reason)
    for stream in family:
        settled = stream.bookmark.settled
        if settled and stream.bookmark.lacks_highest_id:
            with contextlib.suppress(StreamError):  # the pass itself will tell
                stream.bookmark.learn_highest_id(source.newest_issue_before(settled))
