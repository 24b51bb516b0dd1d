"""The house: what may know what, and how large a room may be."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
#: From the ground up: a module knows its own storey and those below. Types are knowledge too.
STOREYS = (
    "errors secrets blame slice settings_schema settings",
    "records",
    "http",
    "jira",
    "issues",
    "files configuration migration memory progress report writer states batches run",
    "streams",
    "check slicing",
    "cli tap __main__",
)
MOST_LINES = 400
PACKAGES = ("tap_jira", "sandbox")


def _modules(package: str) -> dict[str, Path]:
    """The modules of a package by their dotted names."""
    found = {}
    for path in (ROOT / package).rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _imports(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """The modules that a file imports, for types only or not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{each.name}" for each in node.names}
            yield from inside & modules.keys() or {node.module}


def _storey(module: str) -> int | None:
    room = [*module.split("."), "__init__"][1]
    return next((n for n, rooms in enumerate(STOREYS) if room in rooms.split()), None)


def test_every_module_has_a_storey() -> None:
    assert [m for m in _modules("tap_jira") if m != "tap_jira" and _storey(m) is None] == []


def test_nothing_looks_back_up() -> None:
    modules = _modules("tap_jira")
    looking_up = [
        f"{module} imports {other}"
        for module, path in modules.items()
        for other in _imports(path, modules)
        if other.startswith("tap_jira.") and (_storey(module) or 0) < (_storey(other) or 0)
    ]
    assert looking_up == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_knows_itself(package: str) -> None:
    modules = _modules(package)
    graph = {
        module: {each for each in _imports(path, modules) if each in modules} - {module}
        for module, path in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_stand_in_and_the_tap_do_not_know_each_other() -> None:
    for package, other in (PACKAGES, PACKAGES[::-1]):
        modules = _modules(package)
        for path in modules.values():
            assert not [each for each in _imports(path, modules) if each.split(".")[0] == other]


def test_no_file_is_too_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in _modules("tap_jira").values()
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
