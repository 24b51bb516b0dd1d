"""What a fault does to an answer."""

from __future__ import annotations

import contextlib
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.clock import Stamper
from sandbox.messages import HTML, JSON, Response, ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.faults import Fault
    from sandbox.messages import Request
    from sandbox.site import Site

LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body>Log in</body></html>"
PROXY_PAGE = "<html><body><h1>{status} {reason}</h1><hr>nginx</body></html>"
#: The members of an answer that its rows are in.
ROWS = (
    *("issues", "values", "comments", "worklogs", "issueChangeLogs"),
    *("watchers", "voters", "keys", "transitions"),
)
ID_IN_DIGITS = re.compile(rb'"((?:id|issueId|worklogId|projectId))":"([1-9][0-9]*)"')
REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}


def instead(jira: Site, fault: Fault, request: Request) -> Response:
    """The answer given in the handler's place."""
    return _INSTEAD[fault.kind](jira, fault, request)


def _html(fault: Fault, headers: dict[str, str]) -> Response:
    page = PROXY_PAGE.format(status=fault.status, reason=REASONS.get(fault.status, "Error"))
    return Response(fault.status, page.encode(), HTML, headers)


def _token(*_: Any) -> Response:
    message = "The provided nextPageToken is invalid or has expired."
    return ok({"errorMessages": [message], "errors": {}}, 400)


def _status(jira: Site, fault: Fault, request: Request) -> Response:
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


_INSTEAD: dict[str, Callable[[Site, Fault, Request], Response]] = {
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
    if isinstance(data, list):
        yield data
    elif isinstance(data, dict):
        yield from (data[name] for name in ROWS if isinstance(data.get(name), list))


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


def _rows(jira: Site, fault: Fault, rows: list[Any]) -> None:
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


def _page(jira: Site, fault: Fault, request: Request, data: Any) -> Any:
    if isinstance(data, dict):
        _envelope(fault, request, data)
    _members(fault, data)
    for rows in _lists(data):
        if rows:
            _rows(jira, fault, rows)
    return data


def _indented(_: Fault, body: bytes) -> bytes:
    with contextlib.suppress(ValueError):  # another fault may have broken it
        return json.dumps(json.loads(body), indent=2).encode()
    return body


_BODIES: dict[str, Callable[[Fault, bytes], bytes]] = {
    "truncated_json": lambda _, body: body[: len(body) // 2],
    "invalid_json": lambda _, body: body[:-1] + b",]",
    "deep_json": lambda *_: b'{"issues":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "huge_integers": lambda fault, body: body.replace(
        b'"id":"', b'"n":' + b"9" * fault.digits + b',"id":"', 1
    ),
    "invalid_utf8": lambda _, body: body.replace(b'"id":"', b'"bad":"\xff\xfe\x80","id":"', 1),
    "indented": _indented,
    "number_ids": lambda _, body: ID_IN_DIGITS.sub(rb'"\1":\2', body),
    "replace": lambda fault, body: body.replace(
        fault.replace[0].encode(), fault.replace[1].encode()
    ),
    "oversized": lambda fault, body: body + b" " * fault.size,
}
"""What becomes of a body that is spoilt as a text."""


def spoil(jira: Site, fault: Fault, request: Request, answer: Response) -> Response:
    """Change the handler's answer."""
    kind, body = fault.kind, answer.body
    if kind == "slow":
        answer.delay += fault.delay
    elif kind in {"reset_body", "truncate"}:
        answer.action = kind
    elif kind in {"drip_headers", "drip_body"}:
        answer.action, answer.pause = kind, fault.delay
    elif kind in _BODIES:
        answer.body = _BODIES[kind](fault, body)
    elif answer.content_type == JSON and answer.status == HTTPStatus.OK:
        data = _page(jira, fault, request, json.loads(body))
        answer.body = json.dumps(data).encode()
    return answer
