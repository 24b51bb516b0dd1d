"""Jira's paging styles, one class each, on singer-sdk's paginators.

A paginator's value is what identifies a page; a stream turns it into parameters
(:meth:`params`). Links such as ``nextPage`` in the answers are never followed: they may name the
API gateway, or another host altogether.
"""

from __future__ import annotations

import typing as t

from singer_sdk.pagination import BaseAPIPaginator

from tap_jira.errors import IncompleteReadError
from tap_jira.records.decode import decode

if t.TYPE_CHECKING:
    import requests

Value = t.TypeVar("Value")
LOOK_ON = 4000
"""Places in a row without users that are taken for the end of Cloud's list."""
LOOK_ON_BEHIND_FEW, FEW = 2000, 250
"""The same for a list of few users: a small site is read every hour with a dozen requests."""
DESK_PAGE = 100
"""Rows to ask the service desk API for at once: more than most of its lists give."""
LEAST_PAGE = 10
"""Users that Jira has to be able to list within its ten seconds."""
SHIFTED = "Jira's pages shifted while they were read, several times: run again."


def identify(row: t.Any, identity: str | tuple[str, ...]) -> t.Any:
    """What tells a row from the others of its list; a row may be the text itself."""
    if not isinstance(row, dict):
        return row
    if isinstance(identity, str):
        return str(row.get(identity))
    return tuple(str(row.get(name)) for name in identity)


class JiraPaginator(BaseAPIPaginator[Value]):
    """A paginator that knows the parameters of its pages."""

    overlaps = False
    """Whether each page begins with the last row of the one before."""

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
    or removed meanwhile and a row may have slipped through. ``total`` may be missing.

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
        self._widest = 0
        """Most rows of a page."""
        self._behind: int | None = None
        """The total so far, if the next page begins behind the last row."""

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
        page = decode(response.content)
        ids = [identify(value, self._identity) for value in page.get(self._rows) or ()]
        said = page.get("total")
        total = said if isinstance(said, int) else -1
        anchor = next(reversed(self._seen), None)
        overlaps = self._behind is None
        fits = anchor is None or ids[:1] == [anchor] if overlaps else total == self._behind
        if not fits:
            raise IncompleteReadError(SHIFTED)
        before = len(self._seen)
        self._seen |= dict.fromkeys(ids)
        self._widest = max(self._widest, len(ids))
        grown = len(self._seen) > before
        # A page of one row, the anchor, tells of nothing behind it.
        blind = overlaps and len(ids) == 1
        if total >= 0:
            more = len(self._seen) < total or (grown and page.get(self.LAST) is False)
            if len(self._seen) > total or (more and not grown and not blind):
                raise IncompleteReadError(SHIFTED)
        else:
            more = (grown or (blind and self._widest == 1)) and not page.get(self.LAST)
        stuck = len(self._seen) - 1 <= self.current_value
        self._behind = total if more and stuck else None
        return more

    def get_next(self, response: requests.Response) -> int:  # noqa: ARG002 - what was seen counts
        """The offset of the last row seen, or of the one behind it."""
        return len(self._seen) - (self._behind is None)


class DeskPaginator(OffsetPaginator):
    """``start`` and ``limit``: the service desk API's PagedDTO.

    ``{"size": 2, "start": 0, "limit": 50, "isLastPage": true, "values": [{"id": …}, …]}``. There is
    no ``total``. How many rows a page may have differs between lists and versions (50 as a rule);
    the answer says it as its ``limit``, and what came is what counts.
    """

    START, LAST = "start", "isLastPage"

    def __init__(self, identity: str | tuple[str, ...] = "id") -> None:
        """``identity`` is the member that tells the rows apart, or are several."""
        super().__init__(DESK_PAGE, identity=identity, size="limit")

    def has_more(self, response: requests.Response) -> bool:
        """Whether there is another page.

        Raises:
            IncompleteReadError: the pages do not fit together, or Jira says that there are more
                rows and does not give them.
        """
        more = super().has_more(response)
        if not more and decode(response.content).get(self.LAST) is False:
            raise IncompleteReadError(SHIFTED)
        return more


class DeskHistoryPaginator(JiraPaginator[int]):
    """The same, where nothing tells rows apart and none ever leaves: each page after the last."""

    def __init__(self) -> None:
        """Begin at the start."""
        super().__init__(0)

    def params(self, value: int) -> dict[str, t.Any]:
        """See :meth:`JiraPaginator.params`."""
        return {"start": value, "limit": DESK_PAGE}

    def has_more(self, response: requests.Response) -> bool:
        """Whether there is another page."""
        page = decode(response.content)
        return bool(page.get("values")) and page.get("isLastPage") is False

    def get_next(self, response: requests.Response) -> int:
        """The place behind the last row."""
        return int(self.current_value) + len(decode(response.content)["values"])


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
