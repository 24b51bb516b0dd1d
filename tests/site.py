"""The documentation site, as `make docs` builds it: run by `make test-release`, with its tools."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from tests import docs_site
from tests.support.launch import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ZENSICAL = ROOT / ".venv" / "tools" / "docs" / "bin" / "zensical"
PAGES = {place for place in docs_site.places().values() if place.endswith(".md")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with everything that the site is built from."""
    made = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "zensical.toml", made)
    docs_site.assemble(made / "build" / "docs")
    return made


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ZENSICAL), "build", "--clean", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(folder: Path) -> Path:
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build" / "site"


class Addresses(HTMLParser):
    """What a page links to, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.add(given.get("href") or "")
        elif tag in {"script", "img", "link"}:
            self.loads.add(given.get("src") or given.get("href") or "")


def test_each_page_is_there_and_found(site: Path) -> None:
    items = json.loads((site / "search.json").read_text())["items"]
    found = {item["location"].partition("#")[0] for item in items}
    for page in PAGES:
        name = page.removesuffix(".md") + ".html"
        assert (site / name).is_file()
        assert name in found, f"search knows nothing of {page}"


def test_each_page_is_one_click_away_or_in_a_section(site: Path) -> None:
    links = Addresses((site / "index.html").read_text()).links
    near = {link.partition("#")[0].removeprefix("./") for link in links}
    for page in PAGES - {"index.md"}:
        assert page.removesuffix(".md") + ".html" in near, page


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    for file in site.rglob("*.html"):
        loads = Addresses(file.read_text()).loads
        assert not [address for address in loads if re.match(r"(?:\w+:)?//", address)], file


def test_tables_and_diagrams_are_not_left_as_text(site: Path) -> None:
    assert "<td" in (site / "settings.html").read_text()
    assert 'class="mermaid"' in (site / "data-model.html").read_text()
    assert "| :-- |" not in "".join(file.read_text() for file in site.rglob("*.html"))


@pytest.mark.parametrize("link", ["nowhere.md", "settings.md#nothing", "#nothing"])
def test_a_link_that_leads_nowhere_is_an_error(link: str, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "build" / "docs", tmp_path / "build" / "docs")
    shutil.copy(folder / "zensical.toml", tmp_path)
    with (tmp_path / "build" / "docs" / "index.md").open("a") as page:
        page.write(f"\n[There]({link}).\n")
    assert build(tmp_path).returncode != 0
