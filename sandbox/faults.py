"""Faults a test switches on: transport, proxies, limits and wrong pages."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.messages import Request

#: Faults whose answer is given in the handler's place.
INSTEAD = frozenset(
    {"reset", "empty", "login_page", "proxy_page", "redirect", "token_400", "status"}
)
#: Faults that change the answer of the handler, beside those that replace it.
AFTER = frozenset(
    {
        "slow",
        "drip_headers",
        "drip_body",
        "reset_body",
        "truncate",
        "truncated_json",
        "invalid_json",
        "deep_json",
        "huge_integers",
        "invalid_utf8",
        "indented",
        "number_ids",
        "replace",
        "oversized",
        "more_rows",
        "no_is_last",
        "repeat_token",
        "duplicate_rows",
        "empty_page",
        "empty_more",
        "no_token",
        "without",
        "put",
        "lose_row",
        "missing_fields",
        "vanish",
    }
)


@dataclass
class Fault:
    """One scheduled misbehaviour.

    ``match`` is a regular expression searched in ``METHOD /endpoint``. It strikes on the ``nth``
    matching request and after (counted from 1), or with ``probability``, ``count`` times in all.
    Kinds: on the wire reset, reset_body, truncate, slow (``delay``), drip_headers and drip_body
    (byte by byte, with ``delay`` before each); other answers status
    (``status``, ``headers``, ``body``, ``html``, ``retry_after``, ``reset_in``, ``short``,
    ``reason``), login_page, proxy_page (``status``), redirect (``location``), token_400, empty;
    broken bodies truncated_json, invalid_json, deep_json, huge_integers (``digits``),
    invalid_utf8, indented (over many lines), oversized (``size``), number_ids (ids that are digits
    come as numbers, as recorded answers of some sites have them), replace
    (``replace``: a text of the body, and what is in its place); wrong pages more_rows,
    no_is_last, repeat_token, duplicate_rows, empty_page, empty_more (and it says that there is
    more), no_token (the token of the next page is missing, though it is not the last), lose_row
    (one that is there is not in the page: an index that lags behind), missing_fields
    (``fields``), without (``fields`` are the members that are left out, such as ``total`` or
    ``issues.fields.comment.total``: lists are gone through), put (``values`` are members and what
    is in their place), vanish (an issue of the page is deleted once the page is made).
    """

    kind: str
    match: str = ""
    nth: int = 1
    probability: float | None = None
    count: int = 1
    seed: int = 0
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    html: bool = False
    retry_after: int | None = None
    #: Seconds until ``X-RateLimit-Reset``; ``short`` prints it without seconds.
    reset_in: float | None = None
    short: bool = False
    reason: str | None = None
    delay: float = 0.0
    location: str = "http://127.0.0.1:9/elsewhere"
    size: int = 5_000_000
    digits: int = 400
    replace: tuple[str, str] = ("", "")
    fields: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    #: Only requests whose method, path and body this accepts.
    when: Callable[[Request], bool] | None = None
    seen: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        """Prepare the dice; refuse what is no fault."""
        if self.kind not in AFTER and self.kind not in INSTEAD:
            message = f"no such fault: {self.kind}"
            raise ValueError(message)
        self._rng = random.Random(self.seed)
        self._match = re.compile(self.match)

    def strikes(self, request: Request) -> bool:
        """Whether this request is hit."""
        if self.struck >= self.count or not self._match.search(request.endpoint):
            return False
        if self.when is not None and not self.when(request):
            return False
        self.seen += 1
        hit = self.seen >= self.nth
        if self.probability is not None:
            hit = self._rng.random() < self.probability
        self.struck += hit
        return hit


def asks_for_more_than(most: int) -> Callable[[Request], bool]:
    """For ``when``: only requests for more issues, worklogs or rows than that.

    What times out for a thousand may well be answered for a hundred.
    """

    def asks(request: Request) -> bool:
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            return False
        named = [body[name] for name in ("issueIdsOrKeys", "ids") if name in body]
        size = len(named[0]) if named else int(body.get("maxResults") or 0)
        return (size or request.number("maxResults", 0)) > most

    return asks


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        """Start without any."""
        self.active: list[Fault] = []
        self.struck: list[tuple[str, str]] = []

    def add(self, *faults: Fault) -> Fault:
        """Schedule faults; the last one is handed back."""
        self.active += faults
        return faults[-1]

    def clear(self) -> None:
        """Behave from now on."""
        self.active.clear()

    def due(self, request: Request) -> list[Fault]:
        """The faults that hit this request."""
        if not self.active:
            return []
        due = [fault for fault in self.active if fault.strikes(request)]
        self.struck += [(fault.kind, request.endpoint) for fault in due]
        return due
