"""Faults a test switches on: transport, proxies, limits and wrong pages."""

from __future__ import annotations

import contextlib
import json
import random
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.clock import Stamper
from sandbox.messages import HTML, JSON, Response, ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.jira import Jira
    from sandbox.messages import Request

LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body>Log in</body></html>"
PROXY_PAGE = "<html><body><h1>{status} {reason}</h1><hr>nginx</body></html>"
REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}
#: Faults that change the answer of the handler, beside those that replace it (``INSTEAD``).
AFTER = frozenset(
    {
        "slow",
        "reset_body",
        "truncate",
        "truncated_json",
        "invalid_json",
        "deep_json",
        "huge_integers",
        "invalid_utf8",
        "indented",
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
    Kinds: on the wire reset, reset_body, truncate, slow (``delay``); other answers status
    (``status``, ``headers``, ``body``, ``html``, ``retry_after``, ``reset_in``, ``short``,
    ``reason``), login_page, proxy_page (``status``), redirect (``location``), token_400, empty;
    broken bodies truncated_json, invalid_json, deep_json, huge_integers (``digits``),
    invalid_utf8, indented (over many lines), oversized (``size``); wrong pages more_rows,
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


def instead(jira: Jira, fault: Fault, request: Request) -> Response:
    """The answer given in the handler's place."""
    return INSTEAD[fault.kind](jira, fault, request)


def _html(fault: Fault, headers: dict[str, str]) -> Response:
    page = PROXY_PAGE.format(status=fault.status, reason=REASONS.get(fault.status, "Error"))
    return Response(fault.status, page.encode(), HTML, headers)


def _token(*_: Any) -> Response:
    message = "The provided nextPageToken is invalid or has expired."
    return ok({"errorMessages": [message], "errors": {}}, 400)


def _status(jira: Jira, fault: Fault, request: Request) -> Response:
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
        jira.limiter.announce(request.endpoint, fault.retry_after)
    if fault.reset_in is not None:
        text = Stamper("UTC")(jira.clock.now_ms() + int(fault.reset_in * 1000))
        headers["X-RateLimit-Reset"] = (text[:16] if fault.short else text[:19]) + "Z"
    if fault.reason:
        headers["RateLimit-Reason"] = fault.reason
    if fault.html:
        return _html(fault, headers)
    shape: Any = {"errorMessages": [f"Simulated {fault.status}"], "errors": {}}
    answer = ok(shape if fault.body is None else fault.body, fault.status)
    answer.headers |= headers
    return answer


#: Faults that answer in the handler's place.
INSTEAD: dict[str, Callable[[Jira, Fault, Request], Response]] = {
    "reset": lambda *_: Response(action="reset"),
    "empty": lambda *_: Response(200, b""),
    "login_page": lambda *_: Response(200, LOGIN_PAGE.encode(), HTML),
    "proxy_page": lambda _jira, fault, _request: _html(fault, dict(fault.headers)),
    "redirect": lambda _jira, fault, _request: Response(
        302, b"", HTML, {"Location": fault.location}
    ),
    "token_400": _token,
    "status": _status,
}


def _lists(data: Any) -> Iterator[list[Any]]:
    names = ("issues", "values", "comments", "worklogs", "issueChangeLogs")
    if isinstance(data, list):
        yield data
    elif isinstance(data, dict):
        yield from (data[name] for name in names if isinstance(data.get(name), list))


def _envelope(fault: Fault, request: Request, data: dict[str, Any]) -> None:
    """Spoil what is around the rows."""
    if fault.kind == "no_is_last":
        data.pop("isLast", None)
    if fault.kind == "repeat_token":
        sent = request.param("nextPageToken")
        if request.body:
            sent = json.loads(request.body).get("nextPageToken") or sent
        if sent and "nextPageToken" in data:
            data["nextPageToken"] = sent
    if fault.kind == "no_token":
        data.pop("nextPageToken", None)
        data["isLast"] = False
    if fault.kind == "empty_more":
        for name in ("isLast", "lastPage", "isLastPage"):
            if name in data:
                data[name] = False


def _members(fault: Fault, data: Any) -> None:
    """Take members away, or put something else in their place."""
    for name in fault.fields if fault.kind == "without" else ():
        for holder in _holders(data, name):
            holder.pop(name.rpartition(".")[2], None)
    for name, value in fault.values.items() if fault.kind == "put" else ():
        for holder in _holders(data, name):
            holder[name.rpartition(".")[2]] = value


def _holders(data: Any, name: str) -> Iterator[dict[str, Any]]:
    """The objects that have, or may have, the member of that name."""
    if isinstance(data, list):
        for each in data:
            yield from _holders(each, name)
    elif isinstance(data, dict):
        first, dot, rest = name.partition(".")
        if not dot:
            yield data
        else:
            yield from _holders(data.get(first), rest)


def _rows(jira: Jira, fault: Fault, rows: list[Any]) -> None:
    """Spoil the rows of a page."""
    if fault.kind == "duplicate_rows":
        rows += rows[:1]
    elif fault.kind in {"empty_page", "empty_more"}:
        rows.clear()
    elif fault.kind == "lose_row":
        del rows[len(rows) // 2]
    elif fault.kind == "vanish":
        row = rows[len(rows) // 2]
        issue = jira.world.find(str(row.get("issueId") or row.get("id") or ""))
        if issue is not None:
            jira.mutate.delete_issue(issue)
    elif fault.kind == "missing_fields":
        for row in rows[::2]:
            for name in fault.fields or tuple(row.get("fields", ()))[:1]:
                row.get("fields", {}).pop(name, None)


def _page(jira: Jira, fault: Fault, request: Request, data: Any) -> Any:
    if isinstance(data, dict):
        _envelope(fault, request, data)
    _members(fault, data)
    for rows in _lists(data):
        if rows:
            _rows(jira, fault, rows)
    return data


def spoil(jira: Jira, fault: Fault, request: Request, answer: Response) -> Response:
    """Change the handler's answer."""
    kind, body = fault.kind, answer.body
    if kind == "slow":
        answer.delay += fault.delay
    elif kind in {"reset_body", "truncate"}:
        answer.action = kind
    elif kind == "truncated_json":
        answer.body = body[: len(body) // 2]
    elif kind == "invalid_json":
        answer.body = body[:-1] + b",]"
    elif kind == "deep_json":
        answer.body = b'{"issues":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    elif kind == "huge_integers":
        answer.body = body.replace(b'"id":"', b'"n":' + b"9" * fault.digits + b',"id":"', 1)
    elif kind == "invalid_utf8":
        answer.body = body.replace(b'"id":"', b'"bad":"\xff\xfe\x80","id":"', 1)
    elif kind == "indented":
        with contextlib.suppress(ValueError):  # another fault may have broken it
            answer.body = json.dumps(json.loads(body), indent=2).encode()
    elif kind == "oversized":
        answer.body = body + b" " * fault.size
    elif answer.content_type == JSON and answer.status == HTTPStatus.OK:
        data = _page(jira, fault, request, json.loads(body))
        answer.body = json.dumps(data).encode()
    return answer
