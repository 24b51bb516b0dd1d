"""Secrets stay secret: in the log at its most talkative, on the wire, and on disk.

Every run of every test in this folder is searched for the secrets of its configuration and for
those it was given on its way (:func:`tests.faults.support.secrets_given_away`); here are the
cases that none of the others has.
"""

from __future__ import annotations

import base64
import http.server
import json
import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from tap_jira.secrets import SecretFilter
from tests.faults.support import Tap, secrets_given_away
from tests.faults.test_credentials import KINDS, make
from tests.faults.test_matrix import box

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.tap import Run


class Listener(http.server.BaseHTTPRequestHandler):
    """Notes who comes, with what."""

    code = 200

    def _note(self) -> None:
        self.server.heard.append((self.requestline, dict(self.headers)))  # type: ignore[attr-defined]
        self.send_response(self.code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_CONNECT = _note  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@contextmanager
def listening(code: int = 200) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """Another host: its address, and the requests it was sent."""
    handler = type("Handler", (Listener,), {"code": code})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.heard = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", server.heard  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [302, 307])
def test_credentials_do_not_follow_a_redirect(kind: str, status: int, tmp_path: Path) -> None:
    with box(kind.split(maxsplit=1)[0]) as jira, listening() as (elsewhere, heard):
        tap = make(jira, kind, tmp_path)
        target = {"Location": f"http://{elsewhere}/rest/api/2/serverInfo?token=x"}
        for point in ("/serverInfo", "/search", "oauth", "session"):
            jira.faults.add(Fault("status", point, status=status, headers=target, count=9))
        run = tap.run()
        assert run.code == 1
        assert f"redirects to http://{elsewhere}/rest" in run.errors[0], run.log
        assert "token=x" not in run.log
        assert not heard


def test_links_in_answers_are_not_followed(tmp_path: Path) -> None:
    """`self` and `nextPage` may name the gateway, or anything."""
    for personality in ("cloud", "dc"):
        with box(personality) as jira, listening() as (elsewhere, heard):
            jira.jira.set_base_url(f"http://{elsewhere}")
            assert Tap(jira, tmp_path, page_size=20).run().code == 0
            assert not heard


PROXY_PASSWORD = "pröxy-p@ss/4711"


@pytest.mark.parametrize("code", [407, 502, 200])
@pytest.mark.parametrize("address", ["https://jira.example.com", "http://localhost:1"])
def test_a_proxy_s_password(code: int, address: str, tmp_path: Path) -> None:
    with box("cloud") as jira, listening(code) as (proxy, heard):
        quoted = "pr%C3%B6xy-p%40ss%2F4711"
        url = f"http://me:{quoted}@{proxy}"
        variables = {"HTTPS_PROXY": url, "HTTP_PROXY": url, "NO_PROXY": ""}
        tap = Tap(jira, tmp_path, base_url=address)
        run = tap.run(variables=variables)
        assert run.code == 1
        pair = base64.b64encode(f"me:{PROXY_PASSWORD}".encode()).decode()
        assert not secrets_given_away(run, [PROXY_PASSWORD, quoted, pair])
        if code == 407:
            assert "407" in run.errors[0]
            assert len(heard) == 1


@pytest.mark.parametrize(
    "config",
    [
        {"api_token": 123456789012},
        {"api_token": ["very-secret-token"]},
        {"api_token": {"value": "very-secret-token"}},
        {"base_url": "https://me:very-secret-token@jira.example.com", "api_token": None},
        {"username": None, "api_token": "very-secret-token"},
        {"api_token": "very-secret-token\nX-Header: 1"},
        {"api_token": "very-secret-token", "max_concurrency": "very-secret-token"},
        {"username": None, "api_token": None, "personal_access_token": "very-secret\ttoken"},
        {"auth_method": "oauth", "username": None, "api_token": None, "client_id": "very-secret"},
        {"username": None, "api_token": None, "personal_access_token": "very-secret-token\r\n"},
    ],
)
def test_configurations_that_are_refused(config: dict[str, Any], tmp_path: Path) -> None:
    with box("cloud") as jira:
        run = Tap(jira, tmp_path, **config).run()
        assert run.code == 1
        assert not secrets_given_away(run, ["123456789012", "very-secret-token"]), run.log


def test_a_secret_in_jira_s_own_words(tmp_path: Path) -> None:
    """A server that repeats what it was sent."""
    with box("cloud") as jira:
        token = jira.jira.auth.credentials.api_token
        said = {"errorMessages": [f"Bad token {token}, Basic {token}!"]}
        jira.faults.add(Fault("status", "/search/jql", status=400, body=said, count=99))
        run = Tap(jira, tmp_path).run()
        assert run.code == 1
        assert "Bad token ***, Basic ***!" in run.log


def written(run: Run) -> list[Any]:
    return [json.loads(line) for line in run.output.splitlines()]


def test_state_and_settings_are_not_mixed(tmp_path: Path) -> None:
    with box("dc") as jira:
        tap = make(jira, "dc cookie", tmp_path)
        run = tap.run()
        password = jira.jira.auth.credentials.password
        assert run.code == 0
        assert password not in json.dumps(written(run)[-1], ensure_ascii=False)


def test_exceptions_are_scrubbed() -> None:
    shield = SecretFilter()
    shield.learn(["s3cret-token", "abc"])
    error = ValueError("s3cret-token and https://me:word@proxy:3128/")
    told = (type(error), error, None)
    record = logging.LogRecord("x", 10, "x", 1, "%s %d", ("s3cret-token", 1), told)
    shield.filter(record)
    text = logging.Formatter().format(record)
    assert "s3cret-token" not in text
    assert "me:word" not in text
    assert "proxy:3128" in text


def test_short_secrets_do_not_blank_out_words() -> None:
    shield = SecretFilter()
    shield.learn(["abc"])
    assert shield.scrub("abcdef") == "abcdef"
