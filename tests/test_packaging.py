"""The package, its locks, and the copies that the repository keeps of what the tap says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from demo.pipeline import LOADING, SCHEMA
from tap_jira.settings import parse
from tests import generated

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "constraints").glob("*.txt"))


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text()))


@pytest.fixture(scope="module")
def extractor() -> dict[str, Any]:
    definition = yaml.safe_load((ROOT / "meltano.yml").read_text())
    (extractor,) = definition["plugins"]["extractors"]
    return dict(extractor)


@pytest.fixture(scope="module")
def about() -> dict[str, Any]:
    return generated.about("tap-jira")


@pytest.mark.parametrize("path", generated.FILES, ids=str)
def test_generated_parts_are_up_to_date(path: str) -> None:
    file = ROOT / path
    assert file.read_text() == generated.FILES[path](file), "run `make catalog`"


def test_meltano_has_every_setting(about: dict[str, Any], extractor: dict[str, Any]) -> None:
    settings = {setting["name"]: setting for setting in extractor["settings"]}
    properties = about["settings"]["properties"]
    assert list(settings) == list(properties)
    secret = {name for name, schema in properties.items() if schema.get("secret")}
    assert {name for name, setting in settings.items() if setting.get("sensitive")} == secret
    assert {"api_token", "password", "personal_access_token", "client_secret"} <= secret


def test_meltano_has_every_capability(about: dict[str, Any], extractor: dict[str, Any]) -> None:
    assert sorted(extractor["capabilities"]) == sorted(about["capabilities"])


def test_meltano_selects_what_the_tap_does(extractor: dict[str, Any]) -> None:
    off = {p.removeprefix("!").partition(".")[0] for p in extractor["select"] if p[0] == "!"}
    for product in ("cloud", "dc"):
        for name, stream in generated.discovered(product).items():
            (table,) = [m["metadata"] for m in stream["metadata"] if not m["breadcrumb"]]
            assert table.get("selected-by-default", True) is (name not in off), name


def test_meltano_groups_name_settings_that_exist(extractor: dict[str, Any]) -> None:
    names = {setting["name"] for setting in extractor["settings"]}
    groups = extractor["settings_group_validation"]
    assert {name for group in groups for name in group} <= names


def test_the_target_is_set_up_to_load_quickly_wherever_it_is_set_up() -> None:
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    (postgres,) = [loader for loader in loaders if loader["name"] == "target-postgres"]
    assert postgres["config"] == {"default_target_schema": SCHEMA, **LOADING}
    known = generated.about("target-postgres")["settings"]["properties"]
    readme = (ROOT / "README.md").read_text()
    (block,) = re.findall(
        r"^```json\n(\{\"sqlalchemy_url.*?)^```", readme, re.DOTALL | re.MULTILINE
    )
    shown = json.loads(block)
    assert LOADING.items() <= shown.items()
    assert shown.keys() <= known.keys()


def test_the_sample_configuration_is_valid() -> None:
    config = json.loads((ROOT / "sample_config.json").read_text())
    assert parse(config).auth_method == "basic"


def test_the_wheel_holds_the_tap_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"tap_jira"}
    assert "tap_jira/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    (metadata,) = (name for name in names if name.endswith("METADATA"))
    text = zipfile.ZipFile(wheel).read(metadata).decode()
    assert "License-Expression: Apache-2.0" in text
    assert "Requires-Python: <3.15,>=3.10" in text


def test_the_changelog_can_be_read_by_programs() -> None:
    """What is to come, then versions with their dates, from the newest to the oldest."""
    text = (ROOT / "CHANGELOG.md").read_text()
    first, *versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert first == "[Unreleased]"
    matched = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d", each) for each in versions]
    assert all(matched), versions
    numbers = [Version(each[1]) for each in matched if each]
    assert numbers == sorted(set(numbers), reverse=True)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "index-url" not in text
    # One hash at least for every requirement.
    for requirement in text.replace("\\\n", "").splitlines():
        assert "--hash=sha256:" in requirement


@pytest.mark.parametrize(
    ("lock", "group"),
    [
        ("tap", None),
        ("demo", "demo"),
        ("dev", "dev"),
        ("build", "build"),
        ("meltano", "meltano"),
        ("airflow", "airflow"),
        ("dagster", "dagster"),
        ("audit", "audit"),
        ("sandbox", "sandbox"),
        ("release", "release"),
        ("docs", "docs"),
        ("lock", "lock"),
        ("peer-singer", "peer-singer"),
        ("peer-airbyte", "peer-airbyte"),
    ],
)
def test_a_lock_meets_what_is_asked_for(
    lock: str, group: str | None, pyproject: dict[str, Any]
) -> None:
    tap = pyproject["project"]["dependencies"] if lock in {"tap", "demo", "dev"} else []
    wanted = [*tap, *_group(pyproject, group)]
    locked = _versions((ROOT / "constraints" / f"{lock}.txt").read_text())
    for text in wanted:
        requirement = Requirement(text)
        versions = locked[canonicalize_name(requirement.name)]
        assert versions, f"{text} is not locked: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in versions)


def test_the_locks_agree_with_each_other() -> None:
    dev = _versions((ROOT / "constraints" / "dev.txt").read_text())
    for smaller in ("tap", "demo", "sandbox"):
        locked = _versions((ROOT / "constraints" / f"{smaller}.txt").read_text())
        assert {name: dev[name] for name in locked} == locked


def _group(pyproject: dict[str, Any], name: str | None) -> list[str]:
    """The requirements of a dependency group and of those that it includes."""
    if name is None:
        return []
    requirements: list[str] = []
    for entry in pyproject["dependency-groups"][name]:
        if isinstance(entry, dict):
            requirements += _group(pyproject, entry["include-group"])
        else:
            requirements.append(entry)
    return requirements


def _versions(lock: str) -> dict[str, set[str]]:
    """The versions that a lock has of each package (it may differ by Python or platform)."""
    versions: dict[str, set[str]] = {}
    for line in lock.splitlines():
        if found := re.match(r"([\w.-]+)(?:\[[^]]+\])?==(\S+)", line):
            versions.setdefault(found[1], set()).add(found[2])
    return versions
