"""The sandbox behind a real socket on the loopback interface."""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import ssl
import struct
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import uvicorn

from sandbox.jira import Jira
from sandbox.messages import Request, Response
from sandbox.truth import truth

if TYPE_CHECKING:
    from collections import Counter
    from types import TracebackType

    from typing_extensions import Self

    from sandbox.faults import Faults
    from sandbox.mutate import Mutations
    from sandbox.options import Options
    from sandbox.site import Change, Entry

HOST = "127.0.0.1"
_START_SECONDS = 10.0
# Cut connections are the point here, not something to report.
logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)


async def _body(receive: Any) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _request(scope: Any, body: bytes) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
    return Request(scope["method"], scope["path"], query, headers, body)


def _cut(cycle: Any) -> None:
    """Reset the connection: lingering for no time makes the kernel send RST, not FIN."""
    connection = cycle.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    cycle.disconnected = True
    cycle.transport.abort()


async def _drip(cycle: Any, data: bytes, pause: float) -> None:
    """Byte by byte, as long as somebody takes them."""
    for byte in data:
        await asyncio.sleep(pause)
        if cycle.transport.is_closing():
            break
        cycle.transport.write(bytes([byte]))
    cycle.disconnected = True
    cycle.transport.close()


class _Server(uvicorn.Server):
    """Ends as soon as it is told to: uvicorn looks for that ten times a second, and waits again."""

    _loop: asyncio.AbstractEventLoop
    _told: asyncio.Event

    async def main_loop(self) -> None:
        """Serve until :meth:`end`."""
        await self._told.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; from then on it can be told to end."""
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - it made its own
        """Let go of whoever is still there."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        while self.server_state.connections:  # noqa: ASYNC110 - a turn of the loop closes them
            await asyncio.sleep(0)

    def end(self) -> None:
        """Tell it from another thread."""
        self._loop.call_soon_threadsafe(self._told.set)


class App:
    """The ASGI side: turns messages into calls of ``Jira.handle``."""

    def __init__(self, jira: Jira) -> None:
        """Serve ``jira``."""
        self.jira = jira
        self._under_way = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = _request(scope, await _body(receive))
        try:
            answer = self.jira.handle(request)
        except Exception:  # noqa: BLE001 - a mistake of the sandbox must not pass for a fault
            self.jira.crashes.append(traceback.format_exc())
            answer = Response(500, b"the sandbox crashed", "text/plain")
        delay = answer.delay
        if not request.path.startswith("/__sandbox__"):
            delay += self.jira.options.latency_seconds
        self._under_way += 1
        self.jira.most_at_once = max(self.jira.most_at_once, self._under_way)
        try:
            if delay:
                await asyncio.sleep(delay)
        finally:
            self._under_way -= 1
        await self._send(answer, send)

    async def _send(self, answer: Response, send: Any) -> None:
        # A bound method of uvicorn's cycle: the way to the socket for faults that cut it.
        cycle = send.__self__
        if answer.action == "reset":
            _cut(cycle)
            return
        headers = {"Content-Type": answer.content_type, **answer.headers}
        headers["Content-Length"] = str(len(answer.body))
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        if answer.action == "drip_headers":
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"HTTP/1.1 {answer.status} -\r\n{lines}\r\n".encode("latin-1")
            await _drip(cycle, head + answer.body, answer.pause)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        if answer.action == "drip_body":
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            await _drip(cycle, answer.body, answer.pause)
            return
        if answer.action:
            half = answer.body[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await asyncio.sleep(0.02)
            if answer.action == "reset_body":
                _cut(cycle)
            else:
                cycle.disconnected = True
                cycle.transport.close()
            return
        await send({"type": "http.response.body", "body": answer.body})


class Sandbox:
    """A running stand-in Jira; use it as a context manager."""

    def __init__(
        self,
        options: Options | None = None,
        *,
        port: int = 0,
        tls: bool = False,
        client_certificate: bool = False,
    ) -> None:
        """Generate the site; ``start`` opens the socket."""
        self.jira = Jira(options)
        self.url = ""
        self.ca_bundle: str | None = None
        #: A PEM file with certificate and key a client may show.
        self.client_pem: str | None = None
        self._port = port
        self._tls = tls
        self._client_certificate = client_certificate
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    # --- life ---------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Start serving."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving; complain about the sandbox's own mistakes."""
        self.stop()
        if self.jira.crashes and error is None:
            raise RuntimeError("\n".join(self.jira.crashes))

    def start(self) -> None:
        """Serve in a background thread."""
        config = uvicorn.Config(
            App(self.jira),
            host=HOST,
            port=self._port,
            loop="asyncio",
            http="httptools",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=0,
        )
        if self._tls:
            self._certify(config)
        server = self._server = _Server(config)
        self._thread = threading.Thread(target=server.run, name="sandbox", daemon=True)
        self._thread.start()
        limit = time.monotonic() + _START_SECONDS
        while not server.started:
            if not self._thread.is_alive() or time.monotonic() > limit:
                message = "the sandbox did not start"
                raise RuntimeError(message)
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://{HOST}:{port}{self.jira.options.context_path}"
        self.jira.set_base_url(self.url)

    def stop(self) -> None:
        """Close the socket and end the thread."""
        if self._server is not None and self._thread is not None:
            if self._thread.is_alive():
                self._server.end()
            self._thread.join(10)
        if self._folder is not None:
            self._folder.cleanup()

    def _certify(self, config: uvicorn.Config) -> None:
        import trustme  # noqa: PLC0415 - only TLS needs it

        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-tls-")
        folder = Path(self._folder.name)
        authority = trustme.CA()
        self.ca_bundle = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_bundle)
        self.client_pem = str(folder / "client.pem")
        shown = authority.issue_cert("client@example.com")
        shown.private_key_and_cert_chain_pem.write_to_path(self.client_pem)
        served = str(folder / "server.pem")
        issued = authority.issue_cert(HOST, "localhost")
        issued.private_key_and_cert_chain_pem.write_to_path(served)
        config.ssl_certfile = served
        if self._client_certificate:
            config.ssl_ca_certs = self.ca_bundle
            config.ssl_cert_reqs = ssl.CERT_REQUIRED

    # --- use ----------------------------------------------------------------------------------

    @property
    def counts(self) -> Counter[str]:
        """Requests per endpoint, such as ``POST /search/jql``."""
        return self.jira.counts

    @property
    def requests(self) -> list[Entry]:
        """The request log."""
        return self.jira.requests

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self.jira.faults

    @property
    def mutate(self) -> Mutations:
        """The ways to change the site."""
        return self.jira.mutate

    @property
    def gateway_url(self) -> str:
        """The base URL through the API gateway (Cloud)."""
        root = self.url.removesuffix(self.jira.options.context_path)
        return f"{root}/ex/jira/{self.jira.options.cloud_id}"

    def settings(self) -> dict[str, Any]:
        """Settings of the tap that work."""
        mine = self.jira.auth.credentials
        if self.jira.options.cloud:
            return {"base_url": self.url, "username": mine.email, "api_token": mine.api_token}
        return {"base_url": self.url, "personal_access_token": mine.personal_access_token}

    def on_request(self, every: int, change: Change, *, seed: int = 0) -> None:
        """Change the site before every n-th API request."""
        self.jira.on_request(every, change, seed=seed)

    def reset_counts(self) -> None:
        """Forget the requests counted so far."""
        self.jira.reset_counts()

    @functools.wraps(truth)
    def truth(self, *args: Any) -> dict[str, dict[str, dict[str, Any]]]:
        """What a perfect client would know."""
        return truth(self.jira, *args)
