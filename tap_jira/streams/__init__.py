"""The streams, one file per subject."""

from __future__ import annotations

import typing as t

from tap_jira.streams.fields import FieldsStream
from tap_jira.streams.issues.changelogs import ChangelogsStream
from tap_jira.streams.issues.comments import CommentsStream
from tap_jira.streams.issues.issues import IssuesStream
from tap_jira.streams.issues.worklogs import DeletedWorklogsStream, WorklogsStream
from tap_jira.streams.projects import ProjectsStream
from tap_jira.streams.users import UsersStream

if t.TYPE_CHECKING:
    from tap_jira.streams.base import JiraStream

STREAMS: tuple[type[JiraStream], ...] = (
    ProjectsStream,
    IssuesStream,
    WorklogsStream,
    DeletedWorklogsStream,
    UsersStream,
    FieldsStream,
    CommentsStream,
    ChangelogsStream,
)
