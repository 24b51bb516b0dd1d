"""Puts together what the documentation site is built from: ``python -m tests.docs_site FOLDER``.

The pages are those of ``docs/`` and a few that have their place elsewhere in the repository. Links
between them are written for the repository, where they lead as well; here they are rewritten for
the site. A link to any other file becomes a download. Nothing but Python is needed.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
#: Pages and pictures from outside docs/, and their place on the site.
ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "bench/RESULTS.md": "measurements.md",
    **{
        f"examples/{name}/README.md": f"orchestrators/{name}.md"
        for name in ("cron", "systemd", "airflow", "dagster")
    },
    "bench/results.png": "results.png",
}
#: `](target)` and `](target#anchor)`, but for addresses and anchors alone.
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")


class LinkError(Exception):
    """A link that leads to nothing that the site could show."""


def places() -> dict[str, str]:
    """Every file of the site by its path in the repository, with its path on the site."""
    found = {
        file.relative_to(ROOT).as_posix(): file.relative_to(ROOT / "docs").as_posix()
        for file in sorted((ROOT / "docs").rglob("*"))
        if file.is_file()
    }
    return {**found, **ELSEWHERE}


def page(source: str, known: dict[str, str]) -> tuple[str, dict[str, str]]:
    """A page as the site has it, and the further files that it links to, with their places.

    Raises:
        LinkError: A link leads nowhere, or to a page that has no place on the site.
    """
    downloads: dict[str, str] = {}
    folder = PurePosixPath(known[source]).parent

    def rewritten(link: re.Match[str]) -> str:
        target = os.path.normpath(Path(source).parent / link[1]).replace(os.sep, "/")
        if target not in known:
            if target.endswith(".md") or not (ROOT / target).is_file():
                message = f"{source}: {link[1]} has no place on the site (tests/docs_site.py)"
                raise LinkError(message)
            downloads[target] = f"files/{target}"
        place = known.get(target) or downloads[target]
        return f"]({os.path.relpath(place, folder).replace(os.sep, '/')}{link[2] or ''})"

    text = (ROOT / source).read_text(encoding="utf-8")
    return _LINK.sub(rewritten, text), downloads


def assemble(folder: Path) -> None:
    """Write everything that the site is built from into a folder, which is made anew.

    Raises:
        LinkError: See :func:`page`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    known = places()
    copied = {source: place for source, place in known.items() if not source.endswith(".md")}
    for source in known.keys() - copied.keys():
        text, downloads = page(source, known)
        copied |= downloads
        target = folder / known[source]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for source, place in copied.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, folder / place)


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
