"""A place of its own for each test, on one PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.orchestrators.support import Place

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from tests.conftest import MakeSandbox


@pytest.fixture
def place(sandbox: MakeSandbox, postgres: Postgres, tmp_path: Path) -> Place:
    return Place.made(sandbox(issues=120), postgres, tmp_path / "jira")
