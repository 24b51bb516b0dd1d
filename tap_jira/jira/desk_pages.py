"""The paging of the service desk API."""

from __future__ import annotations

import typing as t

from tap_jira.jira.pagination import JiraPaginator, OffsetPaginator
from tap_jira.records.decode import decode

if t.TYPE_CHECKING:
    import requests

DESK_PAGE = 100
"""Rows to ask the service desk API for at once: more than most of its lists give."""


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


class DeskHistoryPaginator(JiraPaginator[int]):
    """The same, where nothing tells rows apart and none ever leaves: each page after the last."""

    def __init__(self) -> None:
        """Begin at the start."""
        super().__init__(0)
        self._rows = 0

    def params(self, value: int) -> dict[str, t.Any]:
        """See :meth:`JiraPaginator.params`."""
        return {"start": value, "limit": DESK_PAGE}

    def has_more(self, response: requests.Response) -> bool:
        """Whether there is another page."""
        page = decode(response.content)
        rows = len(page.get("values") or ())
        self._rows += rows
        return rows > 0 and page.get("isLastPage") is False

    def get_next(self, response: requests.Response) -> int:  # noqa: ARG002 - what was seen counts
        """The place behind the last row."""
        return self._rows
