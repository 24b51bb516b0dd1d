"""Jira's paging styles, one class each, on singer-sdk's paginators.

A paginator's value is what identifies a page; a stream turns it into parameters
(:meth:`params`). Links such as ``nextPage`` in the answers are never followed: they may name the
API gateway, or another host altogether.
"""

from __future__ import annotations

import contextlib
import typing as t

from singer_sdk.pagination import BaseAPIPaginator

from tap_jira.errors import IncompleteReadError
from tap_jira.records.decode import decode

if t.TYPE_CHECKING:
    from collections.abc import Callable

    import requests

Value = t.TypeVar("Value")
LOOK_ON = 4000
"""Places in a row without users that are taken for the end of Cloud's list."""
LOOK_ON_BEHIND_FEW, FEW = 2000, 250
"""The same for a list of few users: a small site is read every hour with a dozen requests."""
LEAST_PAGE = 10
"""Users that Jira has to be able to list within its ten seconds."""
ATTEMPTS = 5
"""Times that a list is read whose pages shift meanwhile."""
SHIFTED = "Jira's pages shifted while they were read, several times: run again."


def identify(row: t.Any, identity: str | tuple[str, ...]) -> t.Any:
    """What tells a row from the others of its list; a row may be the text itself."""
    if not isinstance(row, dict):
        return row
    if isinstance(identity, str):
        return str(row.get(identity))
    return tuple(str(row.get(name)) for name in identity)


class MiscountError(IncompleteReadError):
    """The pages fit together, but hold another number of rows than Jira says that there are."""

    def __init__(self, ids: list[t.Any]) -> None:
        """Keep what they hold."""
        super().__init__(SHIFTED)
        self.ids = ids


def steady(read: Callable[[], Value]) -> Value:
    """What is read, from the start again while its pages shift.

    Raises:
        IncompleteReadError: they kept shifting.
    """
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(IncompleteReadError):
            return read()
    return read()


class JiraPaginator(BaseAPIPaginator[Value]):
    """A paginator that knows the parameters of its pages."""

    overlaps = False
    """Whether each page begins with the last row of the one before."""
    shows_shifts = True
    """Whether it notices that a row has slipped from one page to another."""

    def params(self, value: Value) -> dict[str, t.Any]:
        """The query parameters of a page."""
        raise NotImplementedError

    def few(self) -> dict[str, t.Any]:
        """What asks for a single row."""
        return {"maxResults": 1}


class OffsetPaginator(JiraPaginator[int]):
    """``startAt`` and ``maxResults``, Jira's PageBean.

    ``{"startAt": 0, "maxResults": 50, "total": 120, "isLast": false, "values": [{"id": …}, …]}``.
    Pages overlap by a row: if the last of each is not the first of the next, something was added
    or removed meanwhile and a row may have slipped through. ``total`` may be missing; Data Center's
    screens are an array and nothing else, which very old versions give as a whole from any place.

    Where a page holds a single row that leads nowhere: then the next one begins behind it, and the
    ``total`` has to stay the same meanwhile.
    """

    START, LAST = "startAt", "isLast"
    overlaps = True

    def __init__(
        self,
        page_size: int,
        rows: str = "values",
        identity: str | tuple[str, ...] = "id",
        size: str = "maxResults",
    ) -> None:
        """Ask for this many; Jira may give fewer.

        ``rows`` is the member that holds them, ``identity`` what tells them apart, ``size`` the
        parameter that says how many.
        """
        super().__init__(0)
        self._size = size
        self._page_size = page_size
        self._rows = rows
        self._identity = identity
        self._seen: dict[t.Any, None] = {}
        """Ids in order."""
        self._last: t.Any = None
        """That of the last row that was new, and its place."""
        self._place = 0
        self._behind = False
        """Whether the page begins behind that row, and how many there were in all."""
        self._total: t.Any = None

    def params(self, value: int) -> dict[str, t.Any]:
        """See :meth:`JiraPaginator.params`."""
        return {self.START: value, self._size: self._page_size}

    def few(self) -> dict[str, t.Any]:
        """See :meth:`JiraPaginator.few`."""
        return {self._size: 1}

    def continue_if_empty(self, response: requests.Response) -> bool:  # noqa: ARG002
        """Whether an empty page is the end is for :meth:`has_more` to say."""
        return True

    def has_more(self, response: requests.Response) -> bool:
        """Whether there is another page.

        Raises:
            IncompleteReadError: the pages do not fit together.
        """
        found = decode(response.content)
        page = {self._rows: found} if isinstance(found, list) else found
        ids = [identify(value, self._identity) for value in page.get(self._rows) or ()]
        total = page.get("total")
        begins = total == self._total if self._behind else ids[:1] == [self._last]
        if self._seen and not begins:
            if isinstance(found, list) and ids == list(self._seen) and len(ids) != self._page_size:
                return False
            raise IncompleteReadError(SHIFTED)
        new = [(place, id_) for place, id_ in enumerate(ids) if id_ not in self._seen]
        if new:
            # A row twice in a page moves nothing.
            place, self._last = new[-1]
            self._place = self.current_value + place
        self._seen |= dict.fromkeys(ids)
        leads_on = self._place > self.current_value
        # A page of one row, the one that is known, tells of nothing behind it.
        goes_on = bool(new) or (not self._behind and len(ids) == 1)
        more = self._says_more(total, page.get(self.LAST), goes_on=goes_on, leads_on=leads_on)
        self._behind, self._total = more and not leads_on, total
        return more

    def _says_more(self, total: t.Any, is_last: t.Any, *, goes_on: bool, leads_on: bool) -> bool:
        if not isinstance(total, int):
            if is_last is False and not goes_on:
                raise IncompleteReadError(SHIFTED)
            return is_last is False or (goes_on and leads_on and not is_last)
        if goes_on and (is_last is False or len(self._seen) < total):
            return True
        if len(self._seen) != total:
            raise MiscountError(list(self._seen))
        return False

    def get_next(self, response: requests.Response) -> int:  # noqa: ARG002 - what was seen counts
        """The place of the last row seen, or the one behind it."""
        return self._place + self._behind


class PlacesPaginator(JiraPaginator["tuple[int, int]"]):
    """``startAt`` and ``maxResults`` over a plain array that is filtered after it was cut.

    That is how Cloud's ``users/search`` works: the server takes places 0 to 999 and drops the users
    that the caller may not see (JRACLOUD-71293, JRACLOUD-74454). So the offset moves by what was
    asked for, and neither a short page nor an empty one is the end. Nothing else tells the end
    either: there is no count. It is taken to be where :data:`LOOK_ON` places in a row are empty, or
    twice as many as in the longest hole so far; behind fewer than :data:`FEW` users and no hole,
    :data:`LOOK_ON_BEHIND_FEW` have to do. So holes of 3,000 places are crossed, of 1,000 in a short
    list, and what lies behind a longer one is missed.
    """

    def __init__(self, page_size: int, start: int = 0) -> None:
        """Ask for this many, from ``start`` on."""
        super().__init__((start, page_size))
        self._seen = 0
        self._behind = 0
        """The place behind the last page with users in it."""
        self.longest_hole = 0
        """Places in a row without users, and with some behind them."""

    def params(self, value: tuple[int, int]) -> dict[str, t.Any]:
        """See :meth:`JiraPaginator.params`."""
        start, size = value
        return {"startAt": start, "maxResults": size}

    def continue_if_empty(self, response: requests.Response) -> bool:  # noqa: ARG002
        """Whether an empty page is the end is for :meth:`has_more` to say."""
        return True

    def has_more(self, response: requests.Response) -> bool:
        """Whether the end was not looked behind far enough yet."""
        start, size = self.current_value
        rows = decode(response.content)
        if rows:
            self.longest_hole = max(self.longest_hole, start - self._behind)
            self._seen += len(rows)
            self._behind = start + size
        return start + size - self._behind < self.far

    @property
    def far(self) -> int:
        """Places in a row that have to be empty."""
        if self._seen < FEW and not self.longest_hole:
            return LOOK_ON_BEHIND_FEW
        return max(LOOK_ON, 2 * self.longest_hole)

    def get_next(self, response: requests.Response) -> tuple[int, int]:  # noqa: ARG002
        """The next cut, by what was asked for."""
        start, size = self.current_value
        return start + size, size

    def ask_for_less(self) -> bool:
        """From the same place on half as many at a time; false if they are few already."""
        start, size = self.current_value
        self._value = (start, size // 2)
        return size // 2 >= LEAST_PAGE


class ArrayOffsetPaginator(JiraPaginator[int]):
    """``startAt`` and ``maxResults`` over a plain array, moved by what was received.

    Data Center's ``user/search`` caps its pages, at 1,000 or at 100 depending on the version. Some
    versions give no more than one such page, whatever is asked for (JRASERVER-65089,
    JRASERVER-78660).
    """

    def __init__(self, page_size: int) -> None:
        """Ask for this many."""
        super().__init__(0)
        self._page_size = page_size
        self._seen: set[str] = set()
        self.repeats = False
        """Whether a page had nothing new: offsets are ignored, and there may be more."""

    def params(self, value: int) -> dict[str, t.Any]:
        """See :meth:`JiraPaginator.params`."""
        return {"startAt": value, "maxResults": self._page_size}

    def has_more(self, response: requests.Response) -> bool:
        """Whether the page had anything new."""
        rows = decode(response.content)
        new = {str(row.get("key") or row.get("name")) for row in rows} - self._seen
        self._seen |= new
        self.repeats = bool(rows) and not new
        return bool(new)

    def get_next(self, response: requests.Response) -> int:
        """The offset behind this page."""
        return self.current_value + len(decode(response.content))


class CursorPaginator(JiraPaginator["str | None"]):
    """A cursor or token: ``{"values": […], "nextCursor": …, "isLast": …}``.

    So pages Data Center's StreamPage (``cursor``), the plans (``nextPageCursor``) and the software
    API (``nextPageToken``).
    """

    LAST = ("isLast", "last")
    shows_shifts = False

    def __init__(
        self, page_size: int, param: str = "cursor", following: str = "nextCursor"
    ) -> None:
        """Ask for this many; ``following`` is the answer's member, ``param`` where it is sent."""
        super().__init__(None)
        self._page_size = page_size
        self._param = param
        self._following = following
        self._cursors: set[object] = set()
        """Those that were had."""

    def params(self, value: str | None) -> dict[str, t.Any]:
        """See :meth:`JiraPaginator.params`."""
        return {"maxResults": self._page_size} | ({self._param: value} if value else {})

    def continue_if_empty(self, response: requests.Response) -> bool:  # noqa: ARG002
        """Whether an empty page is the end is for :meth:`has_more` to say."""
        return True

    def has_more(self, response: requests.Response) -> bool:
        """Whether the page was not the last.

        Raises:
            IncompleteReadError: it says so, but not how to go on.
        """
        page = decode(response.content)
        told = [page[name] for name in self.LAST if name in page]
        cursor = page.get(self._following)
        if any(told) or (cursor is None and not told):
            return False
        if cursor is None or cursor in self._cursors:
            raise IncompleteReadError(SHIFTED)
        self._cursors.add(cursor)
        return True

    def get_next(self, response: requests.Response) -> str | None:
        """The cursor of the next page."""
        cursor = decode(response.content).get(self._following)
        return None if cursor is None else str(cursor)


class NumberedPaginator(JiraPaginator[int]):
    """``page``, from 1 on: Data Center's options of a field, ``{"total": 3, "options": […]}``."""

    shows_shifts = False

    def __init__(self, page_size: int, rows: str) -> None:
        """Ask for this many; ``rows`` is the member that holds them."""
        super().__init__(1)
        self._page_size = page_size
        self._rows = rows
        self._seen = 0

    def params(self, value: int) -> dict[str, t.Any]:
        """See :meth:`JiraPaginator.params`."""
        return {"page": value, "maxResults": self._page_size}

    def has_more(self, response: requests.Response) -> bool:
        """Whether there are more than were seen."""
        page = decode(response.content)
        rows = page.get(self._rows) or ()
        self._seen += len(rows)
        total = page.get("total")
        return bool(rows) and (self._seen < total if isinstance(total, int) else True)

    def get_next(self, response: requests.Response) -> int:  # noqa: ARG002 - it is one more
        """The next number."""
        return self.current_value + 1


class WholePaginator(JiraPaginator[None]):
    """One answer with everything, and no parameters."""

    def __init__(self) -> None:
        """There is one page."""
        super().__init__(None)

    def params(self, value: None) -> dict[str, t.Any]:  # noqa: ARG002
        """None."""
        return {}

    def has_more(self, response: requests.Response) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def get_next(self, response: requests.Response) -> None:
        """There is no next page."""
