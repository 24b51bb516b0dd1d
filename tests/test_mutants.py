"""The list of ``make mutants`` still applies to the code; what it shows takes longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mutants.catalogue import MUTANTS

if TYPE_CHECKING:
    from tests.mutants.mutant import Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: f"{each.file} {each.breaks}")
def test_the_change_can_be_made(mutant: Mutant) -> None:
    assert not mutant.problems()
