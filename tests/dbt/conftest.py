"""Raw tables of both products after a life of changes, and the models built of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from sandbox import Options, Sandbox
from tests.dbt.project import Dbt
from tests.dbt.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.postgres import Postgres

PRODUCTS = ("cloud", "dc")


class MakeSource(Protocol):
    """Starts a stand-in Jira with a schema for its raw tables; nothing is loaded yet."""

    def __call__(self, personality: str, **settings: Any) -> Source:
        """Of a product; ``issues`` is the Jira's size, what else there is goes to `Source`."""


class MakeDbt(Protocol):
    """Makes a project of dbt."""

    def __call__(self, source: Source, schema: str, **variables: Any) -> Dbt:
        """For these raw tables; the models go to a schema."""


@pytest.fixture(scope="session")
def make_source(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeSource]:
    """For tests that change a Jira, or load it in other ways."""
    with contextlib.ExitStack() as running:

        def make(personality: str, *, issues: int = 150, **settings: Any) -> Source:
            options: Any = {"personality": personality, "issues": issues, "clock_runs": False}
            sandbox = running.enter_context(Sandbox(Options(**options)))
            folder = tmp_path_factory.mktemp("source")
            return Source(sandbox, postgres, f"raw_{folder.name}", folder, **settings)

        yield make


@pytest.fixture(scope="session")
def make_dbt(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> MakeDbt:
    def make(source: Source, schema: str, **variables: Any) -> Dbt:
        folder: Path = tmp_path_factory.mktemp("dbt")
        chosen: dict[str, Any] = {"raw_schema": source.schema, **variables}
        return Dbt(folder, postgres, schema=schema, **chosen)

    return make


@pytest.fixture(scope="session", params=PRODUCTS)
def source(request: pytest.FixtureRequest, make_source: MakeSource) -> Source:
    """All streams, loaded twice, with every kind of change between; it is not to be changed."""
    made = make_source(request.param)
    made.sync()
    made.live()
    return made


@pytest.fixture(scope="session")
def built(source: Source, make_dbt: MakeDbt) -> Dbt:
    """All models of them, built and tested, as of the sandbox's present."""
    now = source.sandbox.jira.clock.now().strftime("%Y-%m-%d %H:%M:%S")
    dbt = make_dbt(source, f"ready_{source.schema}", now=now)
    dbt.build()
    return dbt
