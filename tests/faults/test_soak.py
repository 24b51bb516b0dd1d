"""A short soak; ``make soak`` runs the long one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.soak import WAYS, soak, year

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(len(WAYS)))
def test_hours_in_a_row(seed: int, tmp_path: Path) -> None:
    assert len(soak(5, seed, tmp_path)) == 5


@pytest.mark.parametrize("seed", [0, 1])
def test_days_in_a_row(seed: int, tmp_path: Path) -> None:
    assert year(5, seed, tmp_path, issues=40)["census"] > 2
