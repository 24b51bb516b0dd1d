"""Slices by `meltano run`, as docs/scaling.md has it: each keeps a state of its own."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.orchestrators.support import Place, leaks, revoke
from tests.orchestrators.test_meltano import TOOL, copied
from tests.support.launch import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from tests.orchestrators.test_meltano import Project

CORE = ("projects", "users", "fields", "issues", "comments", "changelogs", "worklogs")

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def project(place: Place, postgres: Postgres, tmp_path: Path) -> Project:
    made = copied(tmp_path / "project", place.jira, postgres)
    target = json.loads((place.folder / "target.json").read_text())
    made.environment["TARGET_POSTGRES_SQLALCHEMY_URL"] = target["sqlalchemy_url"]
    made.environment["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"] = target["default_target_schema"]
    made.environment["PATH"] = f"{TOOL / 'bin'}:{made.environment['PATH']}"
    made.environment["TAP_JIRA__SELECT"] = json.dumps(
        [f"{name}.*" for name in (*CORE, "deleted_worklogs", "deleted_issues")]
    )
    made.meltano("install", "--plugin-type", "extractor", "tap-jira")
    made.meltano("install", "--plugin-type", "loader", "target-postgres")
    return made


def run(project: Project) -> int:
    """The script of the page, as it stands; its exit code."""
    page = (ROOT / "docs" / "scaling.md").read_text()
    (script,) = re.findall(r"<!-- meltano -->\n```sh\n(.*?)```", page, re.DOTALL)
    with (project.folder / "output.log").open("ab") as log:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=project.folder,
            env=project.environment,
            stdout=log,
            stderr=log,
            check=False,
        )
    return done.returncode


def states(project: Project) -> dict[str, Any]:
    """Each state that Meltano keeps, by its id."""
    ids = re.findall(r"prod:\S+", project.meltano("state", "list"))
    return {each: json.loads(project.meltano("state", "get", each)) for each in ids}


def test_slices_keep_their_states_apart_and_together_are_the_whole(
    project: Project, place: Place
) -> None:
    assert run(project) == 0, (project.folder / "output.log").read_text()[-3000:]
    assert place.unlike() == []
    first = states(project)
    made = json.loads((project.folder / "slices.json").read_text())
    assert len(made) == 3
    assert first.keys() == {f"prod:tap-jira-to-target-postgres:slice-{n}" for n in (1, 2, 3)}
    scopes = [each["singer_state"]["bookmarks"]["issues"]["scope"] for each in first.values()]
    assert all(one != other for n, one in enumerate(scopes) for other in scopes[:n])

    place.an_hour()
    again = revoke(place.jira)
    assert run(project) != 0
    assert states(project) == first
    assert place.behind()
    again()

    place.an_hour()
    assert run(project) == 0
    assert place.unlike() == []
    assert place.jira.counts["POST /issue/bulkfetch"] == 0, "a slice began anew"
    assert states(project) != first
    kept = [project.folder / "output.log"]
    assert any(file.stat().st_size for file in kept)
    assert list(leaks(place.secrets(), project.folder / ".meltano" / "logs")) == []
    assert not any(secret in kept[0].read_bytes() for secret in place.secrets())
