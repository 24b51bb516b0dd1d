"""What every test may ask for: stand-in Jiras, a tap for each, a schema of a real PostgreSQL."""

from __future__ import annotations

import contextlib
import gc
import uuid
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import HealthCheck, settings

from demo.postgres import Postgres
from sandbox import Options, Sandbox
from tests.support.tap import Tap
from tests.support.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: A busy machine fails no test.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

#: Modules that take longest, by what they take: a worker gets a module as a whole, and who gets a
#: long one last is waited for.
LONG = """
    test_slices test_live_change test_interruption test_modes test_search_properties
    test_bench test_politeness test_year test_full_catalog test_docs_examples test_demo
    test_postgres test_soak test_lasting test_census test_scaling test_areas test_sites test_image
    test_matrix test_sdk_features
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    places = {name: place for place, name in enumerate(LONG.split())}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_collection_finish() -> None:
    """Look for cycles seldom: what is imported is much, and truths are made of many objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


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
