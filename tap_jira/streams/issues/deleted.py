"""The `deleted_issues` stream: issues that were there and are not any more (:mod:`.census`)."""

from __future__ import annotations

import datetime as dt
import functools
import typing as t
from functools import partial

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_jira.blame import of_one_stream
from tap_jira.errors import IncompleteReadError, StreamError
from tap_jira.issues.census import STREAM, Census
from tap_jira.issues.coverage import Coverage
from tap_jira.issues.id_set import IdSet
from tap_jira.issues.look import look_for
from tap_jira.issues.reach import Reach
from tap_jira.issues.windows import version_of
from tap_jira.jira.jql import Span
from tap_jira.jira.reindexing import under_reconstruction
from tap_jira.records import schema
from tap_jira.records.schema import column
from tap_jira.records.timestamps import epoch_ms, floor_minute, from_ms, parse_instant, to_text
from tap_jira.streams.issues.issue_based import IssueBasedStream
from tap_jira.streams.own_state import OwnStateStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    import pendulum
    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.http.client import Request
    from tap_jira.issues.windows import Issue
    from tap_jira.jira.site import Site
    from tap_jira.records.schema import Column
    from tap_jira.run import Run


class DeletedIssuesStream(OwnStateStream):
    """Issues that are gone, found by a census once a day, before any issue is read."""

    name = STREAM
    comes_in_parts = True
    replication_key = "gone_at"

    def __init__(self, tap: Tap, run: Run) -> None:
        """See :class:`.base.JiraStream`."""
        self._reaches: list[Reach] = []
        """Of the streams that read what changed only, when the run began."""
        self._gone = IdSet()
        self._returned: list[tuple[str, str]] = []
        self._error: StreamError | None = None
        super().__init__(tap, run)

    def make_columns(self, site: Site) -> Iterable[Column]:  # noqa: ARG002 - the same on both
        """The issue's id, when it was found to be gone, and when to be there again."""
        return (
            column("id", schema.TEXT),
            column("gone_at", schema.TIMESTAMP),
            column("returned_at", schema.TIMESTAMP),
        )

    @functools.cached_property
    def census(self) -> Census:
        """What STATE knows of the issues."""
        return Census(self.stream_state, self._is_new_to_all)

    def _is_new_to_all(self, issue: Issue) -> bool:
        """Whether every stream reads all that is in an issue, whether this run has it or not."""
        return all(each.has_new(issue, self.run.issues.is_of) for each in self._reaches)

    @functools.cached_property
    def _now(self) -> str:
        return to_text(self.connection.site.started_at)

    @functools.cached_property
    def due_at(self) -> dt.datetime | None:
        """When the next census is; ``None`` for now.

        That is so as well if the settings admit others than before, and if a target is to delete
        what this run does not show: what is out of sight then has to come again.
        """
        state, started_at = self.stream_state, self.connection.site.started_at
        last = parse_instant(state.get("replication_key_value"))
        deletes = any(each.has_versions and each.selected for each in self._streams)
        if last is None or self._former != self.run.issues.coverage or deletes:
            return None
        hours = self.connection.settings.interval_of(self.name, costs_parents=True)
        due_at = last + dt.timedelta(hours=hours)
        return due_at if due_at > started_at else None

    @functools.cached_property
    def _former(self) -> Coverage | None:
        """What the last census was of."""
        return Coverage.of_state(self.name, self.stream_state.get("scope"))

    @functools.cached_property
    def _is_read_whole(self) -> bool:
        """Whether this run reads all issues for the first time, or goes on with that."""
        return any(
            each.name == "issues" and each.is_at_first and each.selected for each in self._streams
        )

    @property
    def _streams(self) -> list[IssueBasedStream]:
        return [each for each in self.run.all if isinstance(each, IssueBasedStream)]

    def before_issues(self) -> None:
        """Take the census, if it is due: what comes into view is read with the issues.

        A first read of all issues is one as well.
        """
        if self.ABORT_AT_RECORD_COUNT is not None:
            return
        census, now = self.census, self.run.issues.coverage
        # One that is read whole may fail, and its bookmark is what an increment made it.
        reaches = [Reach.of_state(each.name, each.stream_state, now) for each in self._streams]
        there = [each for each in reaches if each]
        # A first read by the feed of worklogs does not learn the highest id; others have.
        self._reaches = [each for each in there if each.highest_id] or there
        try:
            if self.due_at is None and not self._is_read_whole:
                self._gone = self._hold()
        except Exception as error:
            # Told of this stream, and not of the one that is about to read issues.
            self._error = of_one_stream(error)
            if not self._error:
                raise
            # Before the first one, what this run reads is not all that was sent.
            self.run.census = census if census.has_begun else None
            return
        self.run.census = census
        self._returned = census.take_back(census.known)

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """Those that came back, and those that the census found gone.

        Read whole, it is all that are gone.
        """
        self.run.before_issues()
        if self._error:
            raise self._error
        if self.due_at is not None:
            self.run.report.stream(self.name).due_at = to_text(self.due_at)
        self._returned += self._taken_back()
        told = self._gone | IdSet(issue_id for issue_id, _ in self._returned)
        if told:
            self.census.begin_to_tell(self._now, told)
            self.run.write_state(self._tap)
        for issue_id, gone_at in self._returned:
            yield self.record({"id": issue_id, "goneAt": gone_at, "returnedAt": self._now})
        whole = self.replication_method == REPLICATION_FULL_TABLE
        doubted = self.census.told_by_then
        former = [(at, ids if whole else ids & doubted) for at, ids in self.census.gone]
        for at, ids in [*former, (self._now, self._gone)]:
            for issue_id in ids:
                yield self.record({"id": issue_id, "goneAt": at})

    def _taken_back(self) -> list[tuple[str, str]]:
        """Those that a run which was killed said to be gone, and when, if they are there.

        This one has taken a census since, as that one did not conclude its own.
        """
        census, told = self.census, self.census.told_by_then
        if not census.told_at or not census.is_settled:
            return []
        returned = IdSet(issue_id for issue_id, _ in self._returned)
        there = (told & census.known) - self._gone - returned
        return [(issue_id, census.told_at) for issue_id in there]

    # --- the census -------------------------------------------------------------------------------

    def _hold(self) -> IdSet:
        """Compare what is there with what was; what is gone.

        Raises:
            IncompleteReadError: the search index is being rebuilt.
        """
        former, now = self._former, self.run.issues.coverage
        client, workers = self.connection.client, self.connection.workers
        is_cloud = self.connection.site.is_cloud
        if not is_cloud and (gap := workers.run(partial(under_reconstruction, client))):
            raise IncompleteReadError(gap)
        since_ms = self._watched_since_ms
        found = self._ids(now, since_ms)
        within_reach, passed = IdSet(), IdSet()
        # After the others: one that changes meanwhile is among these.
        for issues in self._changed(now, since_ms):
            workers.check()
            there = self._dated(issues)
            found.update(there)
            within_reach.update(each for each in there if self._is_within_reach(there[each]))
            passed.update(each for each in there if self._was_passed(there[each]))
        if former is None or now.admits(former):
            if former in {None, now}:
                passed |= self.census.news_in(found) - within_reach if self._reaches else IdSet()
                self.census.add(found)
            self._hand_over(passed)
            return self._compare(found, now)
        self._hand_over(passed)
        # What the settings no longer admit is nobody's concern, but for what was gone before.
        return self._compare(found | self._ids(former), former, only=found)

    @property
    def _watched_since_ms(self) -> int:
        """Of issues that were changed since then it matters when: some stream has read since."""
        begins = [each.since_ms for each in self._reaches]
        if self.census.ledger.since_ms:
            begins.append(self.census.ledger.since_ms)
        return min(begins, default=0)

    def _compare(self, found: IdSet, scope: Coverage, only: IdSet | None = None) -> IdSet:
        """What is gone."""
        census = self.census
        missing = census.known - found
        fields = ("project", "created")
        shown = {each["id"]: each for each in look_for(self.connection, missing, fields=fields)}
        # An issue that a filter no longer matches is there, but no search shows it any more.
        unlisted = census.doubtful if scope.jql else IdSet()
        gone = IdSet(
            each
            for each in missing - self._in_another_slice(shown.values(), scope)
            if each not in shown or each in unlisted or _left(shown[each], scope)
        )
        census.settle(gone, missing - gone, only)
        return gone

    def _in_another_slice(self, shown: Iterable[Issue], scope: Coverage) -> IdSet:
        """Those of the issues that another slice reads, since they were moved.

        That may have been to a project of which this one has the issues of other years. They stay
        known here: that one may not have read them when they are deleted.
        """
        source = self.run.issues
        if source.slice is None:
            return IdSet()
        return source.matching(
            each["id"]
            for each in shown
            if _left(each, scope) and not _left(each, Coverage(source.configured))
        )

    def _ids(self, scope: Coverage, before_ms: int = 0) -> IdSet:
        """The ids of the issues that these settings admit and that are visible.

        All of them, unless those that changed since some time are left out.
        """
        found = IdSet()
        conditions = self.run.issues.conditions_of(scope)
        start_ms = epoch_ms(scope.start_date)
        if conditions is None or (before_ms and before_ms <= start_ms):
            return found
        span = Span(_minute(start_ms), _minute(before_ms))
        for ids in self.run.issues.all_ids(span, conditions, self.census.known):
            self.connection.workers.check()
            found.update(ids)
        return found

    def _changed(self, scope: Coverage, since_ms: int) -> Iterable[list[Issue]]:
        """The others."""
        conditions = self.run.issues.conditions_of(scope)
        if conditions is None or not since_ms:
            return ()
        span = Span(_minute(max(since_ms, epoch_ms(scope.start_date))))
        few = not self.census.ledger.is_long
        return self.run.issues.changed(span, conditions, few=few)

    def _dated(self, issues: list[Issue]) -> dict[str, Issue]:
        """By id: the issues, those with their ``updated`` of which it matters."""
        found = {issue["id"]: issue for issue in issues}
        undated = [each for each in found if "updated" not in (found[each].get("fields") or {})]
        wanted = [each for each in undated if self._is_in_question(each)]
        for each in wanted:
            del found[each]  # unless it is there still
        dated = look_for(self.connection, wanted, fields=("updated",))
        return found | {issue["id"]: issue for issue in dated}

    def _is_in_question(self, issue_id: str) -> bool:
        """Whether it matters when the issue was changed."""
        if issue_id in self.census.known:
            return not self.census.ledger.has_latest(issue_id)
        return self._is_later(issue_id)

    def _was_passed(self, issue: Issue) -> bool:
        """Whether a stream's bookmark has passed the issue's last change without having read it."""
        issue_id = issue["id"]
        if issue_id not in self.census.known or not self._is_in_question(issue_id):
            return False
        # One that is there, but does not say when, may have been.
        version = version_of(issue)
        return not version or self.census.ledger.was_missed(issue_id, version)

    def _is_within_reach(self, issue: Issue) -> bool:
        """Whether it is just new: every stream reads it by itself, by its date."""
        version = version_of(issue)
        return self._is_later(issue["id"]) and version >= max(
            each.since_ms for each in self._reaches
        )

    def _is_later(self, issue_id: str) -> bool:
        """Whether the issue came after all that the streams have read."""
        return bool(self._reaches) and all(each.is_later(issue_id) for each in self._reaches)

    def _hand_over(self, fresh: IdSet) -> None:
        """Have every stream of issues read these by their ids, whatever changed."""
        took = [each.name for each in self._streams if fresh and each.take_fresh(fresh)]
        if took:
            self.logger.info(
                "%d issues came into view though nothing changed them: reading them by id.",
                len(fresh),
            )

    def complete(self) -> None:
        """See :meth:`.base.JiraStream.complete`; STATE says what was found."""
        super().complete()
        part = self.run.report.stream(self.name)
        if part.error or self.ABORT_AT_RECORD_COUNT is not None:
            return
        taken = not part.due_at
        self.census.conclude(self._now, self.run.issues.coverage, taken=taken)
        self.state_manager.is_flushed = False

    # --- what --check wants -----------------------------------------------------------------------

    def probe(self) -> Request:
        """The search, for the id of one issue."""
        return self.run.issues.probe()


def _left(issue: Issue, scope: Coverage) -> bool:
    """Whether an issue is none of those that are admitted, by its project and its age."""
    fields = issue.get("fields") or {}
    project = (fields.get("project") or {}).get("id")
    return project is not None and not scope.has(project, epoch_ms(fields.get("created")))


def _minute(instant_ms: int) -> pendulum.DateTime | None:
    """The minute of an instant; none for 0."""
    return floor_minute(from_ms(instant_ms)) if instant_ms else None
