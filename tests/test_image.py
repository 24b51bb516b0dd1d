"""The container image, by its recipe: no engine is needed to follow the steps in a folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import MakeSandbox

ROOT = Path(__file__).resolve().parent.parent
RECIPE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
BUILD, RUN = re.split(r"^FROM .*$", RECIPE, flags=re.MULTILINE)[1:]


@dataclass(frozen=True)
class Image:
    """What the steps made, with the root of its file system in a folder."""

    root: Path

    def command(self, text: str) -> str:
        """A command of the recipe, in this folder."""
        return text.replace("/opt/", f"{self.root}/opt/").replace(
            "/config.json", f"{self.root}/c.json"
        )

    @property
    def environment(self) -> dict[str, str]:
        """What the recipe sets; nothing comes from outside."""
        path, quiet = re.findall(r"^ENV PATH=(\S+):\$PATH (\w+)=1$", RUN, re.MULTILINE)[0]
        return {"PATH": f"{self.command(path)}:/usr/bin:/bin", quiet: "1"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    made = Image(tmp_path_factory.mktemp("image"))
    source = made.root / "src"
    source.mkdir()
    let_through = set((ROOT / ".dockerignore").read_text().splitlines())
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for step in re.findall(r"^(?:COPY|RUN) .+$", BUILD, re.MULTILINE):
        kind, _, rest = step.partition(" ")
        if kind == "COPY":
            *files, target = rest.split()
            for name in files:
                assert f"!{name}" in let_through
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, source / target, dirs_exist_ok=True)
                else:
                    shutil.copy(ROOT / name, source / target)
        else:
            subprocess.run(
                ["/bin/sh", "-euc", made.command(rest)],
                cwd=source,
                check=True,
                env={**os.environ, "PATH": path, "VERSION": "v0.9.1"},
                stdout=subprocess.DEVNULL,
            )
    return made


def test_it_makes_a_tap_that_runs(image: Image) -> None:
    (entry,) = json.loads(RUN.partition("ENTRYPOINT ")[2])
    said = subprocess.run(
        [image.command(entry), "--version"],
        check=True,
        capture_output=True,
        text=True,
        env=image.environment,
    )
    assert said.stdout.startswith("tap-jira v0.9.1,")


def test_a_user_without_rights_runs_it() -> None:
    user = re.search(r"^USER (\d+):(\d+)$", RUN, re.MULTILINE)
    assert user is not None
    assert "0" not in user.groups()
    # Nothing comes after it that would need them.
    assert not re.search(r"^(RUN|COPY|ADD|USER)", RUN[user.end() :], re.MULTILINE)


def test_a_run_writes_nothing_into_the_image(image: Image, sandbox: MakeSandbox) -> None:
    """Its file system may be read-only: all is compiled, and nothing is written beside it."""
    assert "VOLUME" not in RECIPE
    package = next(image.root.glob("opt/tap-jira/lib/*/site-packages/tap_jira"))
    assert list(package.glob("__pycache__/tap.*.pyc"))
    before = {file: file.stat().st_mtime_ns for file in (image.root / "opt").rglob("*")}
    (image.root / "c.json").write_text(json.dumps(sandbox(issues=10).settings()))
    done = subprocess.run(
        [image.command("/opt/tap-jira/bin/tap-jira"), "--config", "c.json", "--discover"],
        check=True,
        capture_output=True,
        cwd=image.root,
        env=image.environment,
    )
    (image.root / "c.json").unlink()
    assert json.loads(done.stdout)["streams"]
    assert before == {file: file.stat().st_mtime_ns for file in (image.root / "opt").rglob("*")}


@pytest.mark.parametrize("place", ["file", "environment"])
def test_its_health_is_whether_the_credentials_can_read(
    place: str, image: Image, sandbox: MakeSandbox
) -> None:
    options, command = re.findall(r"^HEALTHCHECK (.+?) CMD (.+)$", RUN, re.MULTILINE)[0]
    assert {each.partition("=")[0] for each in options.split()} >= {"--interval", "--timeout"}
    good = sandbox(issues=10).settings()
    codes = []
    for settings in (good, {**good, "api_token": "revoked"}):
        environment = image.environment
        if place == "file":
            (image.root / "c.json").write_text(json.dumps(settings))
        else:
            environment |= {f"TAP_JIRA_{name.upper()}": value for name, value in settings.items()}
        done = subprocess.run(
            ["/bin/sh", "-c", image.command(command)],
            check=False,
            capture_output=True,
            env=environment,
            cwd=image.root,
        )
        codes.append(done.returncode)
    (image.root / "c.json").unlink(missing_ok=True)
    assert codes == [0, 1]


def test_labels_say_what_it_is() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"', RUN))
    assert labels["title"] == "tap-jira"
    assert labels["licenses"] == "Apache-2.0"
    assert {labels["version"], labels["revision"]} == {"${VERSION}", "${REVISION}"}
    base = re.findall(r"^FROM (\S+)$", RECIPE, re.MULTILINE)[-1]
    assert labels["base.name"].endswith(f"/{base}")
    assert base.endswith("-slim")
    assert {"VERSION", "REVISION"} <= set(re.findall(r"^ARG (\w+)", RUN, re.MULTILINE))
