"""Reaching Jira, and what the user is told when it cannot be."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import re
import socket
import socketserver
import threading
from typing import TYPE_CHECKING, Any

import pproxy
import pytest

from sandbox import Fault
from tests.support.tap import Tap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.tap import Run

WRONG = "wrong-s3cret-value"


# --- success ------------------------------------------------------------------------------------


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_tls_with_a_private_authority_by_the_setting(
    personality: str, sandbox: MakeSandbox, tap: MakeTap, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=5, tls=True, context_path="/jira")
    assert jira.url.startswith("https://")
    other = tmp_path / "other.pem"
    other.write_text(foreign_authority())
    mine = tap(jira, ca_bundle=jira.ca_bundle)
    # The setting wins over an environment that names another authority.
    mine.variables = {"REQUESTS_CA_BUNDLE": str(other)}
    assert len(mine.sync().messages.records["issues"]) == 5


def test_tls_with_a_private_authority_by_the_environment(
    sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(issues=5, tls=True)
    mine = tap(jira)
    mine.variables = {"REQUESTS_CA_BUNDLE": str(jira.ca_bundle)}
    assert len(mine.sync().messages.records["issues"]) == 5


def test_mutual_tls(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=5, tls=True, client_certificate=True)
    mine = tap(jira, ca_bundle=jira.ca_bundle)
    assert len(mine.sync(client_certificate=jira.client_pem).messages.records["issues"]) == 5


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_every_kind_of_credential(personality: str, sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(personality=personality, issues=5)
    mine = jira.jira.auth.credentials
    gateway = jira.gateway_url.partition("/ex/jira/")[0]
    ways: list[dict[str, Any]]
    if personality == "cloud":
        ways = [
            {"username": mine.email, "api_token": mine.api_token},
            {
                "username": mine.email,
                "api_token": mine.scoped_token,
                "cloud_id": jira.jira.options.cloud_id,
                "api_gateway_url": gateway,
            },
        ]
    else:
        ways = [
            {"personal_access_token": mine.personal_access_token},
            {"username": mine.username, "password": mine.password},
            {"username": mine.username, "password": mine.password, "auth_method": "cookie"},
        ]
    for way in ways:
        alone = Tap(tap(jira).folder, {"base_url": jira.url, **way})
        assert len(alone.sync().messages.records["issues"]) == 5


class _Tunnel(socketserver.StreamRequestHandler):
    """One connection of a proxy that knows CONNECT and absolute addresses."""

    rbufsize = 0  # what comes after the headers is not to be held back

    def handle(self) -> None:
        line = self.rfile.readline().decode()
        method, target, _ = line.split(" ")
        headers = [line.encode()]
        while (header := self.rfile.readline()).strip():
            headers.append(header)
        proxy: Any = self.server
        proxy.asked.append(f"{method} {target}")
        host, port = re.sub(r"^http://|/.*", "", target).split(":")
        with socket.create_connection((host, int(port))) as upstream:
            if method == "CONNECT":
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                upstream.sendall(b"".join([*headers, b"\r\n"]))
            back = threading.Thread(target=self._copy, args=(upstream, self.connection))
            back.start()
            self._copy(self.connection, upstream)
            back.join()

    @staticmethod
    def _copy(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(1 << 16):
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://user:proxy-pässword@127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def proxy() -> Iterator[_Proxy]:
    with _Proxy() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
def test_a_proxy_from_the_environment(
    tls: bool, sandbox: MakeSandbox, tap: MakeTap, proxy: _Proxy
) -> None:
    jira = sandbox(issues=5, tls=tls)
    mine = tap(jira, ca_bundle=jira.ca_bundle)
    mine.variables = {"HTTPS_PROXY" if tls else "HTTP_PROXY": proxy.url}
    run = mine.sync()
    assert len(run.messages.records["issues"]) == 5
    expected = f"CONNECT {jira.url.removeprefix('https://')}" if tls else f"GET {jira.url}/"
    assert proxy.asked[0].startswith(expected)
    assert "proxy-p" not in run.log


@pytest.fixture
def guarded_proxy() -> Iterator[str]:
    """The host and port of a proxy, HTTP and SOCKS 5, that wants `user` and `proxy-s3cret`."""
    begun: queue.Queue[tuple[asyncio.Server, asyncio.AbstractEventLoop, asyncio.Event]]
    begun = queue.Queue()

    async def serve() -> None:
        server = await pproxy.Server("http+socks5://127.0.0.1:0#user:proxy-s3cret").start_server(
            {"rserver": [pproxy.Connection("direct")], "authtime": -1}
        )
        end = asyncio.Event()
        begun.put((server, asyncio.get_running_loop(), end))
        await end.wait()
        server.close()

    # It ends the connections that are still open as well.
    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    server, loop, end = begun.get(timeout=60)
    yield "{}:{}".format(*server.sockets[0].getsockname())
    loop.call_soon_threadsafe(end.set)
    thread.join()


@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
@pytest.mark.parametrize(
    ("scheme", "good"), [("http", True), ("http", False), ("socks5", True), ("socks5h", True)]
)
def test_a_proxy_that_wants_credentials(
    tls: bool, scheme: str, good: bool, sandbox: MakeSandbox, tap: MakeTap, guarded_proxy: str
) -> None:
    jira = sandbox(issues=5, tls=tls)
    mine = tap(jira, ca_bundle=jira.ca_bundle)
    password = "proxy-s3cret" if good else "proxy-mistaken"
    proxy = f"{scheme}://user:{password}@{guarded_proxy}"
    mine.variables = {"HTTPS_PROXY" if tls else "HTTP_PROXY": proxy}
    run = mine.run()
    if good:
        assert len(run.messages.records["issues"]) == 5
    else:
        refused(run, "proxy", "credentials")
    assert password not in run.log


def test_the_environment_may_exempt_jira_from_the_proxy(
    sandbox: MakeSandbox, tap: MakeTap, proxy: _Proxy
) -> None:
    mine = tap(sandbox(issues=5))
    mine.variables = {"HTTP_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"}
    assert len(mine.sync().messages.records["issues"]) == 5
    assert proxy.asked == []


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_anonymous_access_is_said_to_be_that(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(personality=personality, issues=30)
    nobody = Tap(tap(jira).folder, {"base_url": jira.url, "on_stream_error": "warn"})
    run = nobody.run()
    assert run.code == 0
    assert any("No credentials are configured" in text for text in run.warnings)
    public = {
        str(issue.id) for issue in jira.jira.world.issues.values() if issue.project.key == "PUB"
    }
    assert set(run.messages.by_id("issues")) == public != set()


# --- failure ------------------------------------------------------------------------------------


def refused(run: Run, *words: str, secret: str = WRONG) -> None:
    """The run failed with exactly one clear error line, no traceback, no secret, and no rows."""
    assert run.code == 1, run.log
    assert len(run.errors) == 1, run.log
    (line,) = run.errors
    assert all(re.search(word, line, re.IGNORECASE) for word in words), line
    assert "Traceback" not in run.log
    assert [each.text for each in run.lines if not each.level] == [], run.log
    assert secret not in run.log
    assert b'"RECORD"' not in run.output
    assert b'"STATE"' not in run.output


CREDENTIALS = [
    pytest.param("cloud", {"api_token": WRONG}, ["api_token", "expire"], id="api-token"),
    pytest.param("cloud", {"username": "nobody@example.com"}, ["username"], id="e-mail"),
    pytest.param(
        "cloud",
        {"username": None, "api_token": None, "personal_access_token": WRONG},
        ["self-managed", "api_token"],
        id="pat-on-cloud",
    ),
    pytest.param(
        "cloud",
        {"cloud_id": "11223344-a1b2-4b33-8c44-def123456789", "api_token": WRONG},
        ["credentials", "api.?token|cloud_id"],
        id="gateway",
    ),
    pytest.param("dc", {"personal_access_token": WRONG}, ["personal_access_token"], id="pat"),
    pytest.param(
        "dc",
        {"personal_access_token": None, "username": "reader", "password": WRONG},
        ["username", "password"],
        id="password",
    ),
    pytest.param(
        "dc",
        {
            "personal_access_token": None,
            "username": "reader",
            "password": WRONG,
            "auth_method": "cookie",
        },
        ["username", "password"],
        id="cookie",
    ),
    pytest.param(
        "dc",
        {"personal_access_token": None, "username": "reader@example.com", "api_token": WRONG},
        ["username", "password"],
        id="api-token-on-dc",
    ),
]


@pytest.mark.parametrize(("personality", "config", "words"), CREDENTIALS)
def test_wrong_credentials(
    personality: str,
    config: dict[str, Any],
    words: list[str],
    sandbox: MakeSandbox,
    tap: MakeTap,
) -> None:
    jira = sandbox(personality=personality, issues=5)
    if "cloud_id" in config:
        config = {**config, "api_gateway_url": jira.gateway_url.partition("/ex/jira/")[0]}
    run = tap(jira).run(**config)
    refused(run, *words)
    assert sum(jira.counts.values()) <= 4, "wrong credentials are not tried again and again"


@pytest.mark.parametrize("command", ["--discover", "--test"])
def test_wrong_credentials_are_told_the_same_by_every_command(
    command: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    run = tap(sandbox(issues=5)).run(command, api_token=WRONG)
    refused(run, "api_token")
    assert run.output == b""


def test_credentials_that_are_revoked_while_running(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=5)
    jira.on_request(4, lambda *_: jira.jira.auth.revoke_everything())
    run = tap(jira).run()
    assert run.code == 1
    assert len(run.errors) == 1, run.log
    assert "credentials" in run.errors[0]
    assert "Traceback" not in run.log


def test_a_captcha_is_not_tried_against(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(personality="dc", issues=5)
    jira.jira.auth.captcha = True
    mine = jira.jira.auth.credentials
    run = tap(jira).run(personal_access_token=None, username=mine.username, password=mine.password)
    refused(run, "CAPTCHA", "browser", secret=mine.password)
    assert sum(jira.counts.values()) == 1


def test_basic_authentication_that_is_switched_off(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(personality="dc", version="11.0.1", issues=5)
    mine = jira.jira.auth.credentials
    run = tap(jira).run(personal_access_token=None, username=mine.username, password=mine.password)
    refused(run, "Jira 11", "personal_access_token", secret=mine.password)


def test_a_scoped_token_on_the_site_itself(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=5)
    token = jira.jira.auth.credentials.scoped_token
    refused(tap(jira).run(api_token=token), "scoped", "cloud_id", secret=token)


def test_a_cloud_id_that_does_not_exist(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=5)
    mine = jira.jira.auth.credentials
    run = tap(jira).run(
        api_token=mine.scoped_token,
        cloud_id="00000000-0000-4000-8000-000000000000",
        api_gateway_url=jira.gateway_url.partition("/ex/jira/")[0],
    )
    refused(run, "cloud.?id", secret=mine.scoped_token)


@pytest.mark.parametrize("match", ["serverInfo", "myself", "search"])
def test_a_login_page_instead_of_json(match: str, sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(personality="dc", issues=5)
    jira.faults.add(Fault("login_page", match, count=1000))
    run = tap(jira).run()
    assert run.code == 1
    assert len(run.errors) == 1, run.log
    assert re.search("web page instead of JSON.*log-in page", run.errors[0])
    assert "Traceback" not in run.log
    assert run.messages.records["issues"] == []


def test_a_redirect_is_not_followed(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira, elsewhere = sandbox(issues=5), sandbox(issues=5)
    jira.faults.add(Fault("redirect", location=f"{elsewhere.url}/login", count=1000))
    refused(tap(jira).run(), "redirects to", "base_url")
    assert sum(elsewhere.counts.values()) == 0


@pytest.mark.parametrize("personality", ["cloud", "dc"])
@pytest.mark.parametrize(("given", "real"), [("/jira", ""), ("", "/jira"), ("/wrong", "/jira")])
def test_a_wrong_context_path(
    given: str, real: str, personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(personality=personality, issues=5, context_path=real)
    run = tap(jira).run(base_url=jira.url.removesuffix(real) + given)
    refused(run, "base_url", "context path")


def test_an_untrusted_certificate(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=5, tls=True)
    refused(tap(jira).run(), "certificate", "not trusted", "ca_bundle")
    assert sum(jira.counts.values()) == 0


def test_an_authority_that_is_not_jira_s(
    sandbox: MakeSandbox, tap: MakeTap, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    other.write_text(foreign_authority())
    refused(tap(sandbox(issues=5, tls=True)).run(ca_bundle=str(other)), "certificate", "ca_bundle")


def test_a_host_that_does_not_exist(sandbox: MakeSandbox, tap: MakeTap) -> None:
    run = tap(sandbox(issues=5)).run(base_url="https://jira.invalid")
    refused(run, "jira.invalid is not known", "base_url")


SETTINGS = [
    pytest.param({"base_url": "http://jira.example.com"}, ["base_url", "https"], id="http"),
    pytest.param({"base_url": None}, ["base_url", "required"], id="no-url"),
    pytest.param({"base_url": "ftp://jira.example.com"}, ["base_url", "https"], id="ftp"),
    pytest.param({"base_url": "http://jira.example.com"}, ["base_url", "https"], id="plain-http"),
    pytest.param(
        {"base_url": f"https://me:{WRONG}@jira.example.com"},
        ["base_url", "credentials"],
        id="in-url",
    ),
    pytest.param({"jql": "project = APP ORDER BY created"}, ["jql", "ORDER BY"], id="order-by"),
    pytest.param({"jql": "project = APP\norder  by key"}, ["jql", "ORDER BY"], id="order-by-2"),
    pytest.param({"start_date": "yesterday-ish"}, ["start_date", "yesterday-ish"], id="start"),
    pytest.param({"start_date": "2026-13-01"}, ["start_date"], id="month-13"),
    pytest.param({"end_date": "never"}, ["end_date"], id="end"),
    pytest.param(
        {"start_date": "2026-02-01", "end_date": "2026-01-01"},
        ["start_date", "before", "end_date"],
        id="upside-down",
    ),
    pytest.param({"auth_method": "magic"}, ["auth_method|magic"], id="method"),
    pytest.param({"username": None}, ["username"], id="no-username"),
    pytest.param({"max_concurrency": 0}, ["max_concurrency|minimum"], id="concurrency"),
    pytest.param({"api_token": [WRONG]}, ["api_token", "string"], id="secret-of-another-type"),
    pytest.param({"api_token": f"{WRONG}\nX: 1"}, ["api_token", "line break"], id="two-lines"),
    pytest.param({"ca_bundle": "/no/such/file.pem"}, ["ca_bundle", "not exist"], id="ca-bundle"),
]


@pytest.mark.parametrize(("config", "words"), SETTINGS)
def test_settings_that_cannot_be_meant(
    config: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    good = {"base_url": "http://127.0.0.1:9", "username": "me", "api_token": WRONG}
    refused(Tap(tmp_path, good).run(**config), *words)


def test_a_filter_that_jira_refuses(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=5)
    run = tap(jira).run(jql="flavour = vanilla")
    assert run.code == 1
    assert "Traceback" not in run.log
    assert "flavour" in run.log
    assert run.messages.records["issues"] == []


def test_an_order_by_inside_quotes_is_none(sandbox: MakeSandbox, tap: MakeTap) -> None:
    run = tap(sandbox(issues=5)).sync(jql='summary ~ "order by" OR project = APP')
    assert run.messages.records["issues"]


@pytest.mark.parametrize(("option", "content"), [("--state", "{"), ("--catalog", "[]")])
def test_files_that_are_not_what_they_should_be(
    option: str, content: str, sandbox: MakeSandbox, tap: MakeTap, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_text(content)
    refused(tap(sandbox(issues=5)).run(option, str(path)), option)


def foreign_authority() -> str:
    """A certificate authority that has certified nobody here."""
    import trustme  # noqa: PLC0415 - only TLS needs it

    return trustme.CA().cert_pem.bytes().decode()
