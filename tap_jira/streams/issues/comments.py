"""The `comments` stream: every comment of every issue, complete."""

from __future__ import annotations

import typing as t

from tap_jira.issues.events import CommentsRead, Event, IssuesRead, Needs, changed_ms, embedded
from tap_jira.issues.part_reader import typed
from tap_jira.issues.windows import version_of
from tap_jira.records import schema
from tap_jira.records.decode import bounded
from tap_jira.records.rich_text import RichText
from tap_jira.records.schema import Column, column
from tap_jira.streams.issues.issue_based import IssueBasedStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Record

    from tap_jira.issues.search import Issue
    from tap_jira.jira.site import Site


class CommentsStream(IssueBasedStream):
    """Comments, as they come inside their issues (20 at most on Cloud, then from their resource).

    ``{"id": "10000", "author": {…}, "updateAuthor": {…}, "body": …, "created": …, "updated": …,
    "visibility": {"type": "role", "value": …}, "jsdPublic": true}``. The issue is not in the
    comment and is added. Properties of comments are not among what Jira gives inside issues or in
    an issue's list of comments (on Cloud, `sd.public.comment` is ``jsdPublic``).
    """

    name = "comments"

    def make_columns(self, site: Site) -> Iterable[Column]:
        """The columns of both products; what one does not have stays null."""
        person = schema.user(is_cloud=site.is_cloud)
        rich_text = self.connection.settings.rich_text
        return (
            column("id", schema.TEXT),
            column("issue_id", schema.TEXT),
            column("issue_key", schema.TEXT),
            column("self", schema.TEXT),
            column("author", person),
            column("update_author", person),
            RichText.of(rich_text, is_cloud=site.is_cloud).column("body"),
            column("created", schema.TIMESTAMP),
            column("updated", schema.TIMESTAMP),
            column("visibility", schema.VISIBILITY),
            column("jsd_public", schema.BOOLEAN),
            column("jsd_author_can_see_request", schema.BOOLEAN),
            column("parent_id", schema.TEXT),
        )

    def needs(self) -> Needs:
        """The comment lists, and which issues came into view."""
        shapes: dict[str, t.Any] = {}
        if self.writes_as_built:
            members = {"comments": self.rows_type, "total": bounded(1)}
            shapes["comment"] = typed("Comments", members)
        return Needs(shapes=shapes, comments=self._is_unseen, moves=True)

    def _is_unseen(self, issue: Issue) -> bool:
        """Whether this version of an issue was not read by an earlier run in the overlap."""
        return not self.was_looked_at(issue["id"], version_of(issue))

    def records_of(self, event: Event) -> Iterator[Record]:
        """The comments that are due."""
        if isinstance(event, IssuesRead):
            for issue in event.issues:
                comments, complete = embedded(issue, "comment")
                if complete and comments:
                    yield from self._due(issue, comments)
        elif isinstance(event, CommentsRead):
            yield from self._due(event.issue, event.comments)

    def _due(self, issue: Issue, comments: Iterable[dict[str, t.Any]]) -> Iterator[Record]:
        if self.was_overtaken(issue["id"], version_of(issue)):
            return
        bookmark = self.bookmark
        since = self.since_of(issue["id"])
        all_of_them = since == 0 or self.may_be_new(issue)
        # Those that may have been sent under a former key of the issue are sent again.
        moved = since == 0 or (all_of_them and self.has_moved(issue))
        left_for_later = False
        for comment in comments:
            version = changed_ms(comment)
            if not bookmark.includes(version):
                left_for_later |= bookmark.is_for_later(version)
                continue
            if version < since and not all_of_them:
                continue
            if bookmark.is_due(comment["id"], version) or moved:
                yield self.record(comment, {"issueId": issue["id"], "issueKey": issue.get("key")})
        if not left_for_later:
            self.looked_at(issue["id"], version_of(issue))
