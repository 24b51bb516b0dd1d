"""For pytest: a property test that fails need not look for the smallest case."""

from __future__ import annotations

from hypothesis import Phase, settings


def pytest_configure() -> None:
    """Change what the tests are set to, which is known by now."""
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", phases=phases, database=None)
    settings.load_profile("mutants")
