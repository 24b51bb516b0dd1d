"""The tables of faults in ``docs/operations.md``, out of the mouth of the tap itself.

The rules for answers are a table in the tap. What the network does is put before the transport
and the client here, one failure at a time, to see what they make of it.
"""

from __future__ import annotations

import itertools
import re
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError

from tap_jira.errors import StreamError, TapJiraError
from tap_jira.http.answers import RULES, Action, Answer
from tap_jira.http.auth import AnonymousAuth
from tap_jira.http.client import JiraClient, Request
from tap_jira.http.deadlines import OverdueError
from tap_jira.http.patience import Patience
from tap_jira.http.throttle import Throttle
from tap_jira.http.transport import Transport
from tap_jira.http.troubles import TransientError
from tap_jira.settings import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_HOST = "jira.example.com"
_URL = f"https://{_HOST}/…"
_REPLY = '{"message": "…"}'.encode()
_UNUSUAL_STATUS = 400
_TITLES = ("Condition", "What the tap does", "What the user sees", "Exit code")
_DONE = {
    Action.ACCEPT: "takes it",
    Action.RETRY: "waits and tries again; in the end",
    Action.RENEW: "renews a credential that can be renewed, tries again once; in the end",
    Action.FAIL: "",
}


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [titles, [":--"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def answers() -> str:
    """What the tap makes of Jira's answers: the rules, in their order."""
    rows: list[tuple[str, ...]] = []
    for rule in RULES:
        if rule.action is Action.ACCEPT:
            rows.append((rule.condition, _DONE[rule.action], "", ""))
            continue
        number = re.search(r"\b[1-5]\d\d\b", rule.condition)
        answer = Answer(
            "GET", _URL, int(number[0]) if number else _UNUSUAL_STATUS, {"Location": "…"}, _REPLY
        )
        rows.append(_row(rule.condition, _DONE[rule.action], rule.error(answer)))
    return table(_TITLES, rows)


def network() -> str:
    """What the tap makes of everything else that can befall a request."""
    transport = Transport(parse({"base_url": f"https://{_HOST}"}))
    rows = [_explained(transport, condition, error) for condition, error in _network_errors()]
    for condition, done, provoke in _answered(transport):
        rows.append(_row(condition, done, _error_of(provoke)))
    return table(_TITLES, rows)


def _network_errors() -> Iterable[tuple[str, Exception]]:
    kinds = requests.exceptions
    refused = ConnectionRefusedError(111, "Connection refused")
    unknown = OSError(socket.EAI_NONAME, "Name or service not known")
    busy = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return (
        ("the host is unknown", _resolution(unknown)),
        ("the name server is in trouble", _resolution(busy)),
        ("the connection is refused or reset", kinds.ConnectionError(refused)),
        (
            "the certificate is not trusted, or TLS fails",
            kinds.SSLError("certificate verify failed: self-signed certificate (_ssl.c:1)"),
        ),
        ("the proxy refuses the credentials", kinds.ProxyError("Tunnel failed: 407 Proxy …")),
        ("the proxy cannot be used", kinds.ProxyError("Cannot connect to proxy.")),
        (
            "a SOCKS proxy refuses the credentials",
            kinds.ConnectionError("SOCKSHTTPSConnectionPool: … SOCKS5 authentication failed"),
        ),
        ("a SOCKS proxy cannot be used", kinds.ConnectionError("SOCKSHTTPSConnectionPool: …")),
        ("no answer within `request_timeout`", kinds.ReadTimeout()),
        ("an answer that trickles is not done within five times that", OverdueError(600)),
        ("the answer breaks off", kinds.ChunkedEncodingError()),
    )


def _resolution(cause: OSError) -> Exception:
    """The failure to resolve a name, as requests reports it."""
    reason = NameResolutionError(_HOST, None, cause)  # type: ignore[arg-type] # only kept
    reason.__cause__ = cause
    return requests.exceptions.ConnectionError(MaxRetryError(None, _URL, reason))  # type: ignore[arg-type]


def _answered(transport: Transport) -> Iterable[tuple[str, str, Callable[[], object]]]:
    """Answers that came, and still are none."""
    large = SimpleNamespace(
        request=SimpleNamespace(method="GET"),
        headers={},
        raw=SimpleNamespace(length_remaining=None),
        url=_URL,
        iter_content=lambda size: itertools.repeat(bytes(size)),
    )
    return (
        (
            "the body is not JSON: empty, cut off, changed on the way",
            _DONE[Action.RETRY],
            lambda: _client(200, b"{").ask(Request("GET", "…"), patient=False),
        ),
        (
            "the body is larger than `max_response_mb`",
            "asks for less where it can, else",
            lambda: transport._read(large),  # type: ignore[arg-type] # all that it looks at
        ),
        (
            "Jira asks for a longer wait than `max_retry_wait_seconds`",
            "",
            lambda: _client(429, b"", {"Retry-After": "7200"}).ask(Request("GET", "…")),
        ),
    )


def _client(status: int, body: bytes, headers: dict[str, str] | None = None) -> JiraClient:
    """A client that is always given the same answer."""
    response = SimpleNamespace(status_code=status, headers=headers or {}, content=body)
    transport: Any = SimpleNamespace(send=lambda *_, **__: response, patience=Patience())
    return JiraClient(
        f"https://{_HOST}", transport, AnonymousAuth(), Throttle(1), max_retry_wait=3900
    )


def _explained(transport: Transport, condition: str, error: Exception) -> tuple[str, ...]:
    explained = transport._explain(error, _URL)
    if isinstance(explained, TransientError):
        return _row(condition, _DONE[Action.RETRY], explained.error)
    assert isinstance(explained, TapJiraError)
    return _row(condition, "", explained)


def _error_of(provoke: Callable[[], object]) -> TapJiraError:
    try:
        provoke()
    except TapJiraError as error:
        return error
    raise AssertionError(provoke)


def _row(condition: str, before: str, error: TapJiraError) -> tuple[str, ...]:
    is_one_streams = isinstance(error, StreamError)
    end = "ends the stream" if is_one_streams else "ends the run"
    shown = str(error).replace("|", "\\|").replace("<", "&lt;")
    return condition, f"{before} {end}".strip(), shown, "1 or 0" if is_one_streams else "1"
