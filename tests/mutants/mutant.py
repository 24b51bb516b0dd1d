"""What a mutant is."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One change of the core that somebody could make by mistake, and that a test must notice."""

    file: str
    #: What stands there, exactly once in the file, and what stands there instead.
    old: str
    new: str
    #: What is then wrong, as a user would tell it.
    breaks: str
    #: Where it must be noticed: arguments of pytest, the cheapest first.
    tests: tuple[str, ...]
    #: Why the change makes no difference, if it makes none.
    equal: str = ""

    @property
    def place(self) -> str:
        """File and line."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        return f"{self.file}:{text.partition(self.old)[0].count(chr(10)) + 1}"

    def problems(self) -> list[str]:
        """Why it cannot be tried: the code has changed, and the list has not."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        found: list[str] = []
        if (times := text.count(self.old)) != 1:
            found.append(f"stands there {times} times")
        if self.old == self.new:
            found.append("changes nothing")
        try:
            compile(text.replace(self.old, self.new), self.file, "exec")
        except SyntaxError as error:
            found.append(f"is no Python: {error}")
        found += [
            f"names a test that is not there: {test}"
            for test in self.tests
            if not (ROOT / test.partition("::")[0]).exists()
        ]
        if not self.tests and not self.equal:
            found.append("names neither a test nor a reason")
        return found

    @contextlib.contextmanager
    def made_in(self, tree: Path) -> Iterator[None]:
        """Change a copy of the tree, for a while."""
        path = tree / self.file
        before = path.read_text(encoding="utf-8")
        path.write_text(before.replace(self.old, self.new), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")
