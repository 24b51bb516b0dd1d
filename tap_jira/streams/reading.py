"""Reads declared resources: each once per run, parents side by side, rows in order."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import typing as t
from functools import partial

from tap_jira.errors import (
    AuthenticationError,
    BadRequestError,
    LockedOutError,
    MissingScopeError,
    NotFoundError,
    PermissionDeniedError,
    StreamError,
)
from tap_jira.http.workers import Outcome
from tap_jira.jira.pagination import MiscountError, steady
from tap_jira.streams.resource import (
    Joined,
    Known,
    Read,
    Resource,
    of_chosen_projects,
    projects,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_jira.http.client import Request, Result
    from tap_jira.jira.connection import Connection
    from tap_jira.jira.pagination import JiraPaginator
    from tap_jira.streams.resource import Page, Parents, Row, Way


MOST_FAILED = 3
"""Parents that fail before the others are not even tried."""


@dataclasses.dataclass
class Found:
    """What became of a resource's parents."""

    what: str
    """What they are: "boards"."""
    parents: int = 0
    without: int = 0
    """Parents that have no such list, or do not show it."""
    silent: bool = True
    """No parent has given a list."""
    cut_off: bool = False
    """Jira gave fewer rows than it says that there are."""
    failed: list[StreamError] = dataclasses.field(default_factory=list)
    """What stood in the way of parents, or of the read of parents."""
    refused: list[str] = dataclasses.field(default_factory=list)
    """The parents whose list the user may not read."""
    more: bool | None = None
    """Whether the rows that only some may read were read; ``None`` if there are none."""


@dataclasses.dataclass
class Kept:
    """The rows of a resource, and what stood in the way of the others."""

    rows: list[Row] = dataclasses.field(default_factory=list)
    error: StreamError | None = None


class Resources:
    """A run's declared resources."""

    def __init__(self, connection: Connection, wanted: Callable[[], Iterable[Resource]]) -> None:
        """``wanted`` are the resources of the streams that are read in this run."""
        self._connection = connection
        self._wanted = wanted
        self._kept: dict[Resource, Kept] = {}
        self._shared: frozenset[Resource] | None = None
        self._found: dict[Resource, Found] = {}

    def rows(self, resource: Resource) -> Iterator[Row]:
        """The rows of a resource, with their parents' members.

        What several streams need is kept, so that it is asked for once; so is its failure.

        Raises:
            StreamError: it cannot be read.
        """
        if resource not in self._kept:
            if resource not in self._needed_again():
                yield from self._read(resource)
                return
            kept = self._kept[resource] = Kept()
            try:
                for row in self._read(resource):
                    kept.rows.append(row)
            except StreamError as error:
                kept.error = error
        kept = self._kept[resource]
        yield from kept.rows
        if kept.error:
            raise kept.error

    def found(self, resource: Resource) -> list[Found]:
        """What became of the parents of a resource, and of all that it is made of."""
        return [self._found[each] for each in self._closure([resource]) if each in self._found]

    def needs_projects(self, resource: Resource) -> bool:
        """Whether its rows are of the projects that `project_keys` names."""
        ways = [each.read_on(self._connection.site) for each in self._closure([resource])]
        return any(
            (
                isinstance(way, Read)
                and (way.project or (way.parents and way.parents.rows is projects))
            )
            or (isinstance(way, Joined) and way.rows is projects)
            for way in ways
        )

    def _needed_again(self) -> frozenset[Resource]:
        """The resources that another one is made of."""
        if self._shared is None:
            wanted = list(self._wanted())
            self._shared = frozenset(
                below for each in self._closure(wanted) for below in self._below(each)
            )
        return self._shared

    def _closure(self, resources: Iterable[Resource]) -> dict[Resource, None]:
        """These resources and all that they are made of, each once."""
        found: dict[Resource, None] = {}
        todo = list(resources)
        while todo:
            each = todo.pop()
            if each not in found:
                found[each] = None
                todo += self._below(each)
        return found

    def _below(self, resource: Resource) -> set[Resource]:
        """The resources that this one is made of."""
        way = resource.read_on(self._connection.site)
        below: list[t.Any] = [way, resource.more]
        if isinstance(way, Joined):
            below += way.parts
        if isinstance(way, Read) and way.parents:
            below.append(way.parents.rows)
        return {each for each in below if isinstance(each, Resource)}

    def _read(self, resource: Resource) -> Iterator[Row]:
        shape, more = resource.row, self._more(resource)
        if more is None or not (resource.more and resource.more.covers):
            for row in self._rows_of(resource):
                yield shape(row) if shape else row
        yield from more or ()
        if resource.more and resource.more.read_on(self._connection.site):
            self._found.setdefault(resource, Found("")).more = more is not None

    def _more(self, resource: Resource) -> list[Row] | None:
        """The rows that only some may read; ``None`` if this user may not, or there are none."""
        more, connection = resource.more, self._connection
        if more and more.read_on(connection.site) and not connection.lacks(more.permission):
            with contextlib.suppress(PermissionDeniedError, NotFoundError, BadRequestError):
                return list(self.rows(more))
        return None

    def _rows_of(self, resource: Resource) -> Iterator[Row]:
        way = resource.read_on(self._connection.site)
        if isinstance(way, Resource):
            yield from self.rows(way)
        elif isinstance(way, Known):
            yield from way.rows(self._connection)
        elif isinstance(way, Joined):
            yield from self._joined(way)
        elif isinstance(way, Read) and way.parents:
            yield from self._of_parents(resource, way, way.parents)
        elif isinstance(way, Read):
            whole = self._list(way)
            if not whole.rows:
                # Nothing is what an answer may wrongly have, too.
                whole = self._list(way)
            self._found[resource] = Found("", cut_off=whole.cut_off)
            if way.project:
                yield from of_chosen_projects(self._connection, whole.rows, way.project)
            else:
                yield from whole.rows

    def _list(self, way: Read) -> Whole:
        return self._connection.workers.run(partial(whole_list, self._connection, way, {}))

    def _joined(self, way: Joined) -> Iterator[Row]:
        parts: dict[str, Row] = {}
        for part in way.parts:
            for row in self.rows(part):
                parts.setdefault(str(row[way.on]), {}).update(row)
        unknown = {
            id_
            for part in way.parts
            for id_ in self._found.get(part, Found("")).refused
            if way.on in _kept(part.read_on(self._connection.site))
        }
        for row in way.rows(self._connection):
            # What a refused part would say of it is not known: null would say that there is none.
            if str(row[way.on]) not in unknown:
                yield {**parts.get(str(row[way.on]), {}), **row}

    def _of_parents(self, resource: Resource, way: Read, parents: Parents) -> Iterator[Row]:
        """The rows of all parents; those that fail hold up no other, unless they are too many.

        Raises:
            StreamError: some failed, or all refused; what there is has been read.
        """
        found = self._found[resource] = Found(parents.name)
        contexts = self._contexts(parents, found)
        if parents.at_once:
            contexts = _together(contexts, parents.at_once)
        refusal: StreamError | None = None
        jobs = (partial(self._job, way, context) for context in contexts)
        for context, rows in self._connection.workers.in_order(jobs):
            if isinstance(rows, PermissionDeniedError):
                refusal = rows
                found.refused.append(" ".join(str(value) for value in context.values()))
            elif isinstance(rows, way.absent):
                found.without += 1
            elif isinstance(rows, StreamError):
                found.failed.append(rows)
                if len(found.failed) >= MOST_FAILED:
                    break
            else:
                found.silent = False
                found.cut_off |= rows.cut_off
                for row in rows.rows:
                    yield {**row, **context}
        if found.failed:
            raise found.failed[0]
        if refusal and found.silent:
            raise refusal

    def _parents(self, parents: Parents, found: Found) -> Iterator[Row]:
        source = parents.rows
        if not isinstance(source, Resource):
            yield from source(self._connection)
            return
        try:
            yield from self.rows(source)
        except StreamError as error:
            found.failed.append(error)

    def _contexts(self, parents: Parents, found: Found) -> Iterator[Row]:
        rows = self._parents(parents, found)
        seen = set()
        only = parents.only_of and frozenset(parents.only_of(self._connection))
        for row in rows:
            context = parents.context(row)
            identity = tuple(context.values())
            admitted = only is None or identity[0] in only
            if identity not in seen and None not in identity and admitted:
                seen.add(identity)
                found.parents += 1
                yield context

    def _job(self, way: Read, context: Row) -> Outcome[tuple[Row, Whole | StreamError]]:
        try:
            return Outcome((context, whole_list(self._connection, way, context)))
        except MissingScopeError:
            raise
        except StreamError as error:
            return Outcome((context, error))


def _kept(way: Way) -> t.Collection[str]:
    """The members that the rows have of their parents."""
    return way.parents.keep if isinstance(way, Read) and way.parents else ()


def _together(contexts: Iterator[Row], size: int) -> Iterator[Row]:
    """So many parents at a time, as one with lists for values."""
    while some := list(itertools.islice(contexts, size)):
        yield {name: tuple(each[name] for each in some) for name in some[0]}


@dataclasses.dataclass(frozen=True)
class Whole:
    """A whole list."""

    rows: list[Row]
    cut_off: bool
    """Jira says that there are more than it gives."""


def whole_list(connection: Connection, way: Read, context: Row, *, patient: bool = True) -> Whole:
    """All pages of one list, with requests that are repeated if they fail, or hardly.

    What paginators cannot tell is told by a second read: rows that slip between two pages are in
    one of them; a count that is wrong in both is Jira's own mistake.

    Raises:
        IncompleteReadError: they kept shifting.
    """
    counted: list[t.Any] = []

    def read() -> Whole:
        paginator = way.paging()
        pages: list[Page] = []
        cut_off = False
        try:
            for page in _pages(connection, way, context, paginator, patient=patient):
                pages.append(page)  # noqa: PERF402 - those before an error count
        except MiscountError as error:
            cut_off = error.ids in counted
            counted.append(error.ids)
            if not (error.ids and cut_off):
                raise
        if len(pages) > 1 and not paginator.shows_shifts:
            pages += _pages(connection, way, context, way.paging(), patient=patient)
        rows: list[Row] = []
        for page in pages:
            again = paginator.overlaps and page.rows[:1] == rows[-1:]
            rows += page.rows[1:] if again else page.rows
        cut_off |= len(pages) == 1 and (pages[0].total or 0) > len(rows)
        return Whole(way.complete(rows) if way.complete else rows, cut_off)

    return steady(read)


def _pages(
    connection: Connection,
    way: Read,
    context: Row,
    paginator: JiraPaginator[t.Any],
    *,
    patient: bool,
) -> Iterator[Page]:
    while not paginator.finished:
        request = way.request(context, paginator.params(paginator.current_value))
        result = _ask(connection, request, patient=patient)
        yield result.payload
        paginator.advance(result.response)


def _ask(connection: Connection, request: Request, *, patient: bool) -> Result:
    """The answer; some resources say 401 where others say 403.

    Raises:
        PermissionDeniedError: so it is, since the credentials are good for others.
    """
    try:
        return connection.client.ask(request, patient=patient)
    except LockedOutError:
        raise
    except AuthenticationError as error:
        if connection.site.user is None:
            msg = f"{request.method} {request.path} is not for anonymous visitors."
            raise PermissionDeniedError(msg) from error
        connection.client.get("myself")
        raise PermissionDeniedError(str(error)) from error
