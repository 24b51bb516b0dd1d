"""What a handler knows about the request it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.ailments import refuse, shown
from sandbox.carried.beside import beside
from sandbox.jqleval import Caller
from sandbox.messages import ApiError, Response, ok

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import msgspec

    from sandbox.auth import Identity
    from sandbox.messages import Request
    from sandbox.model import Issue, Project
    from sandbox.options import PageCaps
    from sandbox.render import Renderer
    from sandbox.site import Site
    from sandbox.world import World

NO_ISSUE = "Issue does not exist or you do not have permission to see it."


@dataclass
class Context:
    """One request and its caller."""

    jira: Site
    request: Request
    identity: Identity

    @property
    def world(self) -> World:
        """The data."""
        return self.jira.world

    @property
    def caps(self) -> PageCaps:
        """The page sizes."""
        return self.jira.options.caps

    @property
    def cloud(self) -> bool:
        """Whether this is Cloud."""
        return self.jira.options.cloud

    @property
    def zone(self) -> str:
        """The zone dates are read and printed in: the caller's, or the server's for strangers."""
        user, options = self.identity.user, self.jira.options
        return options.server_time_zone if user is None else options.time_zone

    @property
    def render(self) -> Renderer:
        """The printer for this caller."""
        return self.jira.renderer(self.zone, self.request.api_version)

    def browse(self, project: Project) -> bool:
        """Whether the caller may see the project's issues."""
        if not project.live:
            return False
        if self.identity.user is not None:
            return True
        return project.public and self.jira.options.anonymous_access

    def has(self, permission: str) -> bool:
        """Whether the caller has a permission, global or in every project."""
        options = self.jira.options
        if self.identity.user is None:
            return False
        if permission in {"ADMINISTER", "ADMINISTER_PROJECTS", "SYSTEM_ADMIN"}:
            return options.administrator
        if permission == "USER_PICKER":
            return options.browse_users
        return "*" not in options.withheld.get(permission, ())

    def may(self, permission: str, project: Project) -> bool:
        """Whether the caller has a permission in a project."""
        return self.has(permission) and self.jira.grants(permission, project)

    def sees(self, issue: Issue) -> bool:
        """Whether the caller may see the issue."""
        return not issue.hidden and self.browse(issue.project)

    def issue(self, id_or_key: str) -> Issue:
        """A visible issue, or 404."""
        issue = self.world.find(id_or_key)
        if issue is None or not self.sees(issue):
            raise ApiError(404, [NO_ISSUE])
        return issue

    def show(
        self,
        issue: Issue,
        names: tuple[str, ...],
        *,
        expand: Collection[str] = (),
        properties: Collection[str] = (),
        alone: bool = False,
    ) -> msgspec.Raw:
        """The issue as an answer holds it; ``alone`` in one of its own."""
        made = self.render.issue(issue, names, changelog="changelog" in expand, alone=alone)
        able = self.identity.user is not None
        made = beside(
            self.jira, self.render, issue, made, expand=expand, names=properties, able=able
        )
        return shown(self.world, self.request.endpoint, issue, made)

    def refuse(self, issues: Iterable[Issue], *, listed: bool = False) -> list[dict[str, Any]]:
        """See :func:`sandbox.ailments.refuse`."""
        return refuse(self.world, self.request.endpoint, issues, listed=listed)

    def caller(self, *, lenient: bool = False) -> Caller:
        """The caller, as JQL sees them."""
        return Caller(ZoneInfo(self.zone), self.browse, lenient)

    def size(self, asked: int, default: int, cap: int) -> int:
        """The page size the server settles on."""
        size = min(asked if asked > 0 else default, cap)
        return size * 2 if "more_rows" in self.request.flags else size

    def page(self, rows: list[Any], default: int, cap: int) -> tuple[int, int, list[Any]]:
        """Cut ``startAt`` and ``maxResults`` out of a list."""
        start = max(0, self.request.number("startAt", 0))
        size = self.size(self.request.number("maxResults", default), default, cap)
        return start, size, rows[start : start + size]

    def bean(
        self, rows: list[Any], default: int = 50, cap: int = 50, *, total: bool = True
    ) -> Response:
        """Rows by offset, as most lists of the platform and agile APIs have it.

        ``{"self": …, "maxResults": 50, "startAt": 0, "total": 2, "isLast": true, "values": […]}``.
        """
        start, size, cut = self.page(rows, default, cap)
        page: dict[str, Any] = {"maxResults": size, "startAt": start}
        page |= {"total": len(rows)} if total else {}
        page |= {"isLast": start + size >= len(rows), "values": cut}
        return ok(page)
