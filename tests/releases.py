"""What is released: built twice, looked at, installed; and the workflows that do it.

`make test-release`. Not part of `make test`: it wants the tools of constraints/release.txt, and
other Pythons than the one that runs the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.launch import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

VENV = ROOT / ".venv"
TOOLS = VENV / "tools"
RELEASE = TOOLS / "release" / "bin"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
#: Nothing of the machine's own git settings, and the same commit wherever it is made.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}
WHEEL, SDIST = "tap_jira-9.8.7-py3-none-any.whl", "tap_jira-9.8.7.tar.gz"


def sh(command: str, folder: Path, **environment: str) -> str:
    """What a shell command prints; it must succeed."""
    done = subprocess.run(
        ["/bin/sh", "-euc", command],
        cwd=folder,
        env={**os.environ, **GIT, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files under version control as they are now, in one commit that has a tag."""
    folder = tmp_path_factory.mktemp("repository")
    for name in sh("git ls-files --cached --others --exclude-standard", ROOT).splitlines():
        source, target = ROOT / name, folder / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    sh("git init -q -b main && git add . && git commit -qm First && git tag v9.8.7", folder)
    return folder


@pytest.fixture(scope="module")
def builds(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What `make dist` makes of it in two places, at two times, by two people."""
    folders = []
    for number, (mask, zone) in enumerate((("022", "UTC"), ("077", "Pacific/Chatham"))):
        folder = tmp_path_factory.mktemp(f"somewhere-{number}" * (number + 1)) / "tap"
        sh(f"umask {mask}; git clone -q . {folder}", repository)
        # Else make would think that the locks are newer than what was installed by them.
        for lock in (folder / "constraints").iterdir():
            shutil.copystat(ROOT / "constraints" / lock.name, lock)
        sh(f"umask {mask}; make dist VENV={VENV}", folder, TZ=zone, PYTHONPATH="")
        folders.append(folder)
    return folders


def test_two_builds_are_the_same_bytes(builds: list[Path]) -> None:
    one, other = builds
    assert {file.name for file in (one / "dist").iterdir()} == {WHEEL, SDIST}
    for name in (f"dist/{WHEEL}", f"dist/{SDIST}", "build/tap-jira.cdx.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_the_bill_of_materials_names_the_tap_and_every_locked_package(builds: list[Path]) -> None:
    text = (builds[0] / "build" / "tap-jira.cdx.json").read_text()
    assert str(builds[0]) not in text
    assert str(ROOT) not in text
    bill = json.loads(text)
    assert bill["bomFormat"] == "CycloneDX"
    found = {
        (each["name"].lower().replace("_", "-"), each["version"]) for each in bill["components"]
    }
    assert {("tap-jira", "9.8.7"), ("singer-sdk", "0.54.9")} <= found
    assert not {"pip", "setuptools"} & {name for name, _ in found}
    lock = (ROOT / "constraints" / "tap.txt").read_text()
    for name, version in found - {("tap-jira", "9.8.7")}:
        assert f"{name}=={version}" in lock.lower()


def test_the_sdist_makes_the_same_wheel(builds: list[Path], tmp_path: Path) -> None:
    with tarfile.open(builds[0] / "dist" / SDIST) as sdist:
        names = sdist.getnames()
        sdist.extractall(tmp_path)  # noqa: S202 - made above
    assert "tap_jira-9.8.7/CHANGELOG.md" in names
    tops = {name.split("/")[1] for name in names}
    assert tops >= {"tap_jira", "pyproject.toml", "PKG-INFO", "LICENSE", "README.md"}
    assert not tops & {"tests", "sandbox", ".git", ".github"}
    epoch = sh("git log -1 --format=%ct", builds[0]).strip()
    build(tmp_path / "tap_jira-9.8.7", SOURCE_DATE_EPOCH=epoch)
    made = tmp_path / "tap_jira-9.8.7" / "dist" / WHEEL
    assert made.read_bytes() == (builds[0] / "dist" / WHEEL).read_bytes()


def build(folder: Path, **environment: str) -> str:
    """The name of the wheel that is made in a folder."""
    python = TOOLS / "build" / "bin" / "python"
    made = sh(f"{python} -m hatchling build -t wheel", folder, PYTHONPATH="", **environment)
    return Path(made.split()[-1]).name


@pytest.mark.parametrize(
    ("prepared", "version"),
    [
        ("true", "9.8.7"),
        ("git commit -q --allow-empty -m Second", "9.8.8.dev1"),
        ("git tag -d v9.8.7", "0.0.1.dev1"),
        ("rm -rf .git", "0.0.0"),
    ],
    ids=["tag", "after a tag", "clone without tags", "no repository"],
)
def test_the_version_is_the_tag_s(
    prepared: str, version: str, repository: Path, tmp_path: Path
) -> None:
    sh(f"git clone -q . {tmp_path}/tap", repository)
    sh(prepared, tmp_path / "tap")
    assert build(tmp_path / "tap") == f"tap_jira-{version}-py3-none-any.whl"


def interpreters(version: str) -> Iterator[str]:
    """Pythons of this version that may be on the machine."""
    yield from map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = shutil.which(f"python{version}")
    if found:
        yield found
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        yield sys.executable


def interpreter(version: str) -> str:
    """A Python of this version that runs, or the test is skipped."""
    asked = "import sys, venv; print('{}.{}'.format(*sys.version_info))"
    for python in interpreters(version):
        done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return python
    return pytest.skip(f"Python {version} is not on this machine")


@pytest.mark.parametrize("version", ["3.10", "3.13", "3.14"])
def test_the_wheel_alone_works(version: str, builds: list[Path], tmp_path: Path) -> None:
    """With the locked packages, which must be all that it asks for, and nothing beside it."""
    python = interpreter(version)
    wheel = builds[0] / "dist" / WHEEL
    lock = ROOT / "constraints" / "tap.txt"
    sh(f"{python} -m venv {tmp_path}/venv", tmp_path, PYTHONPATH="")
    pip = f"{tmp_path}/venv/bin/python -m pip --disable-pip-version-check"
    sh(f"{pip} install -q --require-hashes -r {lock}", tmp_path, PYTHONPATH="")
    sh(f"{pip} install -q --no-index {wheel} && {pip} check", tmp_path, PYTHONPATH="")
    said = sh(f"{sys.executable} -m tests.smoke {tmp_path}/venv/bin/tap-jira", ROOT)
    assert said.startswith("tap-jira v9.8.7, ")
    assert said.splitlines()[-1] == "all as it should be"


def audited(folder: Path) -> subprocess.CompletedProcess[str]:
    """What zizmor finds in the workflows of a folder, without asking anybody."""
    command = [RELEASE / "zizmor", "--offline", "--persona", "pedantic", "--strict-collection"]
    return subprocess.run(
        [*map(str, command), "--no-progress", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_workflows_are_well_formed() -> None:
    assert {each.name for each in WORKFLOWS} >= {"tests.yml", "release.yml"}
    sh(f"{RELEASE}/actionlint {' '.join(map(str, WORKFLOWS))}", ROOT)


def test_workflows_give_nothing_away() -> None:
    done = audited(ROOT / ".github")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7"),
        ("persist-credentials: false", "clean: true"),
        ("permissions: {}", "permissions: write-all"),
        ('"${GITHUB_REF_NAME#v}"', '"${{ github.event.head_commit.message }}"'),
    ],
)
def test_a_careless_workflow_is_noticed(right: str, wrong: str, tmp_path: Path) -> None:
    copied = shutil.copytree(ROOT / ".github", tmp_path / ".github")
    release = copied / "workflows" / "release.yml"
    text = release.read_text()
    assert right in text
    release.write_text(text.replace(right, wrong))
    assert audited(tmp_path).returncode != 0


def test_workflows_call_what_the_makefile_has() -> None:
    """And what is published is what was attested is what `make dist` made."""
    text = "\n".join(each.read_text() for each in WORKFLOWS)
    targets = {line.partition(":")[0] for line in (ROOT / "Makefile").read_text().splitlines()}
    called = {word for line in text.splitlines() for word in _made(line)}
    assert {"test", "dist", "test-release"} <= called <= targets


def _made(line: str) -> Iterator[str]:
    """The targets of `run: make …`."""
    before, _, after = line.partition("run: make ")
    if not before.strip(" -"):
        yield from after.split()
