"""An end to exchanges that go on for ever.

The time-outs of sockets are for each piece that comes: of a server that sends a byte every few
seconds they never make an end, neither while its headers come nor while its body does. So one
thread watches over all exchanges, and shuts down the connection of one that is overdue: whoever
waits for it is woken at once.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
import time
import typing as t
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

if t.TYPE_CHECKING:
    from types import TracebackType

    from urllib3.connectionpool import HTTPConnectionPool


class OverdueError(requests.exceptions.ReadTimeout):
    """An exchange was not over in time."""

    def __init__(self, seconds: float) -> None:
        """Say how long it was given."""
        super().__init__(f"not over after {seconds:g} s")
        self.seconds = seconds


class Deadline:
    """The time that one exchange of this thread has, as a context manager."""

    def __init__(self, seconds: float) -> None:
        """Give it this long."""
        self.seconds = seconds
        self.at = 0.0
        self._connection: _Watched | None = None
        self._outer: Deadline | None = None
        self._is_overdue = False

    def __enter__(self) -> None:
        """The exchange begins."""
        self.at = time.monotonic() + self.seconds
        # Asking for a credential may be a part of asking for something else.
        self._outer, _here.deadline = _here.deadline, self
        _watch.add(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """It is over.

        Raises:
            OverdueError: too late, whatever it looks like: a body without a length just ends.
        """
        _here.deadline = self._outer
        _watch.remove(self)
        if self._is_overdue and (error is None or isinstance(error, Exception)):
            raise OverdueError(self.seconds) from error

    def goes_through(self, connection: _Watched) -> None:
        """The exchange uses this connection from now on."""
        self._connection = connection

    def strike(self) -> None:
        """It is overdue."""
        self._is_overdue = True
        if self._connection:
            self._connection.shut_down()


class _Here(threading.local):
    """What this thread is about."""

    deadline: Deadline | None = None


class _Watch:
    """The thread that watches; it begins with the first exchange, and ends with the process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: set[Deadline] = set()
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._changed:
            self._running.add(deadline)
            if self._thread is None:
                self._thread = threading.Thread(target=self._go, name="deadlines", daemon=True)
                self._thread.start()
            elif deadline.at < self._wakes_at:
                self._changed.notify()

    def remove(self, deadline: Deadline) -> None:
        """After this its connection is another exchange's."""
        with self._changed:
            self._running.discard(deadline)

    def _go(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for deadline in [each for each in self._running if each.at <= now]:
                    self._running.discard(deadline)
                    deadline.strike()
                # Most are over long before: then it sleeps until the first would have been due.
                self._wakes_at = min((each.at for each in self._running), default=float("inf"))
                wait = self._wakes_at - now
                self._changed.wait(None if wait == float("inf") else wait)


_here = _Here()
_watch = _Watch()


class _Watched:
    """A connection of urllib3 that another thread can shut down, before a class of them.

    It keeps a duplicate of its socket: while TLS or a proxy is being talked to, nothing else
    reaches it.
    """

    _lever: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc] # of the other base
        self._lever = made.dup()
        self._enlist()
        return made

    def request(self, *args: t.Any, **options: t.Any) -> None:
        self._enlist()
        super().request(*args, **options)  # type: ignore[misc]

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        lever, self._lever = self._lever, None
        if lever:
            lever.close()

    def _enlist(self) -> None:
        if _here.deadline:
            _here.deadline.goes_through(self)

    def shut_down(self) -> None:
        """Both ways; the connection is of no use any more."""
        lever = self._lever
        if lever:
            with contextlib.suppress(OSError):  # it is closed already
                lever.shutdown(socket.SHUT_RDWR)


@functools.cache
def _watched(kind: type) -> type:
    """The class of connections that can be shut down."""
    return (
        kind
        if issubclass(kind, _Watched)
        else type(f"Watched{kind.__name__}", (_Watched, kind), {})
    )


class DeadlineAdapter(HTTPAdapter):
    """An adapter whose connections, through proxies as well, heed the :class:`Deadline`."""

    def __init__(self, **options: t.Any) -> None:
        """See :class:`requests.adapters.HTTPAdapter`."""
        super().__init__(**options)
        self._pools: dict[tuple[object, ...], HTTPConnectionPool] = {}

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: t.Any,
        proxies: t.Any = None,
        cert: t.Any = None,
    ) -> HTTPConnectionPool:
        """The pool for a host; requests would look for the file of certificates each time."""
        parts = urlsplit(str(request.url))
        key = (parts.scheme, parts.netloc, verify, cert, *sorted((proxies or {}).items()))
        if key not in self._pools:
            made: t.Any = super().get_connection_with_tls_context(request, verify, proxies, cert)
            made.ConnectionCls = _watched(made.ConnectionCls)
            self._pools[key] = made
        return self._pools[key]
