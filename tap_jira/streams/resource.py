"""A plain resource of Jira's, declared: what it is called, where it is read, what its rows hold.

    PROJECT_CATEGORIES = Resource(
        "project_categories",
        "Categories of projects.",
        columns=columns.text("id", "name", "description", "self"),
        cloud=Read("projectCategory"),
        data_center=Read("projectCategory"),
    )

What differs between resources is composed. *Where*: one list; one list per parent
(:class:`Parents`: another resource's rows, projects, fields); rows inside another answer
(``rows``). *Paging*: what makes a paginator. *When*: what costs a request per parent, not more
often than once a day (:meth:`Resource.costs_parents`). *What may be missing*: ``absent``, the
errors by which a parent says that it has none.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t
from collections.abc import Callable, Collection, Iterable, Mapping

from tap_jira.errors import BadRequestError, NotFoundError, StreamError
from tap_jira.http.client import Request
from tap_jira.jira.desk_pages import DeskPaginator
from tap_jira.jira.pagination import (
    JiraPaginator,
    NumberedPaginator,
    OffsetPaginator,
    WholePaginator,
)
from tap_jira.jira.permissions import BROWSE, Permission
from tap_jira.records.decode import InvalidJsonError, decode
from tap_jira.records.schema import Column

if t.TYPE_CHECKING:
    from tap_jira.jira.apps import App
    from tap_jira.jira.connection import Connection
    from tap_jira.jira.site import Site

Row = dict[str, t.Any]
Select = Callable[[t.Any], "Iterable[Row]"]
"""Finds the rows in a decoded answer.

Raises:
    LookupError, TypeError, AttributeError: it is no answer of this resource.
"""

AGILE = "/rest/agile/1.0/"
SOFTWARE_API = "/rest/software/1.0/"
DESK_API = "/rest/servicedeskapi/"
NOWHERE: tuple[type[StreamError], ...] = (NotFoundError,)
NOT_SUPPORTED: tuple[type[StreamError], ...] = (NotFoundError, BadRequestError)


# --- where the rows of an answer are --------------------------------------------------------------


def array(payload: t.Any) -> Iterable[Row]:
    """The answer is the list."""
    if not isinstance(payload, list):
        raise TypeError
    return payload


def inside(name: str) -> Select:
    """``{name: [row, …]}``."""
    return lambda payload: array(payload[name])


def members(name: str) -> Select:
    """``{name: {key: row, …}}``: the members of an object are the rows."""
    return lambda payload: list(payload[name].values())


def single(payload: t.Any) -> Iterable[Row]:
    """The answer is the only row, and not an empty one."""
    if not isinstance(payload, dict) or not payload:
        raise TypeError
    return [payload]


def each(select: Select, name: str, **keep: str) -> Select:
    """The rows in the list ``name`` of each of the rows, with members of what they are in.

    ``keep`` has the names that those get: ``each(array, "statuses", issueTypeId="id")``.
    """

    def rows(payload: t.Any) -> Iterable[Row]:
        for outer in select(payload):
            kept = {new: outer.get(old) for new, old in keep.items()}
            for row in outer.get(name) or ():
                yield {**row, **kept}

    return rows


values = inside("values")
Paging = Callable[[], "JiraPaginator[t.Any]"]


def offset(most: int = 50, **how: t.Any) -> Paging:
    """Pages by ``startAt`` that overlap by a row (:class:`.pagination.OffsetPaginator`)."""
    return functools.partial(OffsetPaginator, most, **how)


def desk(identity: str | tuple[str, ...] = "id") -> Paging:
    """Pages of the service desk API (:class:`.pagination.DeskPaginator`)."""
    return functools.partial(DeskPaginator, identity)


def numbered(size: int, rows: str) -> Paging:
    """Pages by number (:class:`.pagination.NumberedPaginator`)."""
    return functools.partial(NumberedPaginator, size, rows)


# --- declarations ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Parents:
    """The things that a resource is read for, one list each."""

    name: str
    """What the log calls them: "boards"."""
    rows: Resource | Callable[[Connection], Iterable[Row]]
    keep: Mapping[str, str]
    """What a child's row says of its parent, by the parent's member: ``{"boardId": "id"}``. The
    holes of the child's path have these names."""
    only_of: Callable[[Connection], Collection[str]] | None = None
    """Only the parents whose first kept member is among these."""
    at_once: int | None = None
    """Parents to ask for in one request; the holes are then filled with lists."""
    many: bool = True
    """Whether a list per parent is a price worth an interval."""

    def context(self, row: Row) -> Row:
        """What the children of a parent have in common."""
        return {new: row.get(old) for new, old in self.keep.items()}


def of_projects() -> Parents:
    """The projects, archived ones too, or those that `project_keys` names."""
    return Parents("projects", projects, {"projectId": "projectId"})


def projects(connection: Connection) -> list[Row]:
    """The ids of the projects, archived ones too, or of those that `project_keys` names."""
    return [{"projectId": str(row["id"])} for row in _chosen(connection)]


def _chosen(connection: Connection) -> list[Row]:
    keys = connection.settings.project_keys
    return [row for row in connection.projects_with_archived if not keys or row["key"] in keys]


def of_chosen_projects(connection: Connection, rows: list[Row], member: str) -> list[Row]:
    """The rows of the projects that `project_keys` names, or all; ``member`` names a row's."""
    if not connection.settings.project_keys:
        return rows
    named = {str(project[name]) for project in _chosen(connection) for name in ("id", "key")}
    return [row for row in rows if str(row.get(member)) in named]


SELECT_LISTS = ("select", "multiselect", "radiobuttons", "multicheckboxes", "cascadingselect")
"""The types of custom fields that have options of Jira's own."""


def select_fields(connection: Connection) -> list[str]:
    """The ids of the custom fields with options."""
    return [
        each["id"]
        for each in connection.fields
        if str((each.get("schema") or {}).get("custom", "")).rpartition(":")[2] in SELECT_LISTS
    ]


@dataclasses.dataclass(frozen=True)
class Page:
    """Some rows of a list."""

    rows: list[Row]
    total: int | None
    """How many there are in all, if Jira says so."""


@dataclasses.dataclass(frozen=True)
class Read:
    """How a resource is read on one product."""

    path: str
    """Below ``/rest/api/{version}/``, or from the root; ``{names}`` are filled from the parent."""
    rows: Select = array
    paging: Paging = WholePaginator
    params: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    parents: Parents | None = None
    absent: tuple[type[StreamError], ...] = NOWHERE
    """The errors by which a parent says that it has none."""
    since: tuple[int, ...] = ()
    """The first version of Data Center that has it."""
    count: str = "total"
    """The member of an answer that says how many rows there are."""
    project: str = ""
    """The member that names a row's project by id or key, in a list of all projects'."""
    complete: Callable[[list[Row]], list[Row]] | None = None
    """Adds to the rows of a list what only the whole list tells."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Those that Jira wants for it besides the usual ones."""
    per_second: float | None = None
    """The limit that Jira's documentation sets to it, if that is few requests a second."""

    def request(self, context: Row, page: Mapping[str, t.Any]) -> Request:
        """The request for a page of one parent's list."""
        parts = {name: str(value) for name, value in context.items() if f"{{{name}}}" in self.path}
        params = {name: _filled(value, context) for name, value in self.params.items()}
        return Request(
            "GET",
            self.path,
            parts,
            {**params, **page},
            read=self._decode,
            headers=self.headers,
            per_second=self.per_second,
        )

    def probe(self) -> Request:
        """What asks for a row."""
        params = {**self.params, **self.paging().few()}
        return Request("GET", self.path, params=params, headers=self.headers)

    def _decode(self, body: bytes) -> Page:
        """The rows of a page.

        Raises:
            InvalidJsonError: the answer is none of this resource's; it is asked for again.
        """
        payload = decode(body)
        total = payload.get(self.count) if isinstance(payload, dict) else None
        try:
            rows = list(self.rows(payload))
        except (LookupError, TypeError, AttributeError):
            msg = "it lacks the list that belongs there"
            raise InvalidJsonError(msg) from None
        if not all(isinstance(row, dict) for row in rows):
            msg = "what is in its list is no object"
            raise InvalidJsonError(msg)
        return Page(rows, total if isinstance(total, int) else None)


def _filled(value: t.Any, context: Row) -> t.Any:
    """``"{boardId}"`` as the parent's value, whatever its type."""
    is_hole = isinstance(value, str) and value.startswith("{") and value[1:-1] in context
    return context[value[1:-1]] if is_hole else value


@dataclasses.dataclass(frozen=True)
class Known:
    """Rows that every run has at hand, without a request."""

    rows: Callable[[Connection], Iterable[Row]]


@dataclasses.dataclass(frozen=True)
class Inside:
    """Rows that come with the issue's content, if that is asked for: they cost no request."""

    member: str
    """The member of the issue that lists them, which is what `expand` calls them."""


@dataclasses.dataclass(frozen=True)
class Joined:
    """A row for each of some things, put together from several resources.

    Each of those has rows that say which thing they are about, in the member ``on``.
    """

    rows: Callable[[Connection], Iterable[Row]]
    parts: tuple[Resource, ...]
    on: str


Columns = tuple[Column, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Resource:
    """A stream that is nothing but Jira's resource."""

    name: str
    doc: str
    columns: Columns
    """Of both products, unless ``data_center_columns`` are given."""
    cloud: Way = None
    """``None``: the product lacks it. Another resource: its rows are this one's, too."""
    data_center: Way | tuple[Read, ...] = None
    """Several: the newest version's way first (:attr:`Read.since`)."""
    key: tuple[str, ...] = ("id",)
    data_center_key: tuple[str, ...] | None = None
    data_center_columns: Columns | None = None
    permission: Permission = BROWSE
    data_center_permission: Permission | None = None
    scope: str = "read:jira-work"
    selected: bool = True
    every_run: bool = False
    """Read in every run although it costs a request per parent."""
    row: Callable[[Row], Row] | None = None
    """Brings a row into shape."""
    more: Resource | None = None
    """Has further rows, for those who may read it."""
    app: App | None = None
    """What has to be installed: sites without it do not have the stream."""
    covers: bool = False
    """Has, as another one's ``more``, all rows of that one as well."""

    def read_on(self, site: Site) -> Way:
        """How this Jira is asked for it; ``None`` where it has none."""
        if site.is_cloud:
            return self.cloud
        ways = self.data_center if isinstance(self.data_center, tuple) else (self.data_center,)
        for way in ways:
            if not isinstance(way, Read) or site.version_numbers >= way.since:
                return way
        return None

    def key_on(self, site: Site) -> tuple[str, ...]:
        """The primary key on this product."""
        return self.key if site.is_cloud else self.data_center_key or self.key

    def columns_on(self, site: Site) -> Columns:
        """The columns on this product."""
        return self.columns if site.is_cloud else self.data_center_columns or self.columns

    def permission_on(self, site: Site) -> Permission:
        """What this product asks of the user."""
        return self.permission if site.is_cloud else self.data_center_permission or self.permission

    def costs_parents(self, site: Site) -> bool:
        """Whether it takes a request per parent."""
        way = self.read_on(site)
        if isinstance(way, Resource):
            return way.costs_parents(site)
        if isinstance(way, Joined):
            return any(part.costs_parents(site) for part in way.parts)
        return isinstance(way, Read) and way.parents is not None and way.parents.many


Way = Read | Known | Inside | Joined | Resource | None
