"""What every test may ask for: stand-in Jiras, a tap for each, a schema of a real PostgreSQL."""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from demo.postgres import Postgres
from sandbox import Options, Sandbox
from tests.support.tap import Tap
from tests.support.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class MakeSandbox(Protocol):
    """Starts a stand-in Jira that stops with the test."""

    def __call__(self, **options: Any) -> Sandbox:
        """A small one whose time stands still unless the options say otherwise."""


class MakeTap(Protocol):
    """Makes a tap."""

    def __call__(self, jira: Sandbox, /, **config: Any) -> Tap:
        """For this Jira, with further settings."""


@contextlib.contextmanager
def _sandboxes() -> Iterator[MakeSandbox]:
    with contextlib.ExitStack() as running:

        def make(*, tls: bool = False, client_certificate: bool = False, **options: Any) -> Sandbox:
            chosen = {"issues": 120, "clock_runs": False, **options}
            return running.enter_context(
                Sandbox(Options(**chosen), tls=tls, client_certificate=client_certificate)
            )

        yield make


def _taps(folder: Path) -> MakeTap:
    def make(jira: Sandbox, /, **config: Any) -> Tap:
        return Tap(folder, {**jira.settings(), **config})

    return make


@pytest.fixture
def sandbox() -> Iterator[MakeSandbox]:
    with _sandboxes() as make:
        yield make


@pytest.fixture(scope="module")
def module_sandbox() -> Iterator[MakeSandbox]:
    with _sandboxes() as make:
        yield make


@pytest.fixture
def tap(tmp_path: Path) -> MakeTap:
    return _taps(tmp_path)


@pytest.fixture(scope="module")
def module_tap(tmp_path_factory: pytest.TempPathFactory) -> MakeTap:
    return _taps(tmp_path_factory.mktemp("tap"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def warehouse(postgres: Postgres, tmp_path: Path) -> Warehouse:
    return Warehouse(postgres, f"test_{uuid.uuid4().hex}", tmp_path)
