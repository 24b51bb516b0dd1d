"""What the repository keeps a copy of, made from the tap itself.

`make catalog` writes it; `test_packaging.py` fails when a copy no longer equals its source.

| copy                               | source                                         |
|------------------------------------|------------------------------------------------|
| `README.md`, the table of settings | `tap-jira --about --format=markdown`           |
| `meltano.yml`, the settings        | `--about --format=json` of tap and target      |
| `catalog/core.json`                | `tap-jira --discover` against a stand-in Jira  |
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from demo.pipeline import CORE_STREAMS
from sandbox.options import Options
from sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
#: What target-postgres does not mark as secret itself.
_ALSO_SECRET = {"password", "sqlalchemy_url", "ssl_client_private_key"}
_SPELLINGS = {"api": "API", "ca": "CA", "jql": "JQL", "oauth": "OAuth", "url": "URL", "id": "ID"}


def readme(path: Path) -> str:
    """The README with the table of settings as the tap has them."""
    return _replaced(
        path.read_text(encoding="utf-8"),
        "<!-- settings -->",
        "<!-- end of settings -->",
        settings_table(),
    )


def meltano(path: Path) -> str:
    """The Meltano project with the settings as tap and target have them."""
    text = path.read_text(encoding="utf-8")
    for command in ("tap-jira", "target-postgres"):
        begin = f"# settings of {command}"
        text = _replaced(text, begin, "# end of settings", meltano_settings(command))
    return text


def core(_: Path) -> str:
    """The catalog of the core streams."""
    return json.dumps(core_catalog(), indent=1) + "\n"


def about(command: str) -> dict[str, Any]:
    """What a tap or target says about itself."""
    output = _run(command, "--about", "--format=json")
    described: dict[str, Any] = json.loads(output)
    return described


def settings_table() -> str:
    """The table of settings from the tap's own description."""
    section = _run("tap-jira", "--about", "--format=markdown").split("## Settings")[1]
    return "\n".join(line for line in section.splitlines() if line.startswith("|"))


def meltano_settings(command: str) -> str:
    """The settings of a plugin, as they stand in `meltano.yml`."""
    properties = about(command)["settings"]["properties"]
    settings = [_setting(*named) for named in _by_name(properties)]
    text: str = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=92)
    return re.sub(r"^", "    ", text.rstrip(), flags=re.MULTILINE)


def core_catalog() -> dict[str, Any]:
    """The core streams, all selected, without the custom fields of any one site."""
    with tempfile.TemporaryDirectory() as folder, Sandbox(Options(issues=1)) as jira:
        config = Path(folder) / "config.json"
        config.write_text(json.dumps(jira.settings()), encoding="utf-8")
        catalog = json.loads(_run("tap-jira", "--config", str(config), "--discover"))
    streams = {stream["tap_stream_id"]: stream for stream in catalog["streams"]}
    return {"streams": [_without_custom_fields(streams[name]) for name in CORE_STREAMS]}


def _without_custom_fields(stream: dict[str, Any]) -> dict[str, Any]:
    properties = stream["schema"]["properties"]
    for name in [name for name in properties if name.startswith("customfield_")]:
        del properties[name]
    stream["metadata"] = [
        entry
        for entry in stream["metadata"]
        if not any(part.startswith("customfield_") for part in entry["breadcrumb"])
    ]
    return stream


def _by_name(properties: dict[str, Any], prefix: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Settings by their Meltano name; an object that holds a secret is listed key by key."""
    named: list[tuple[str, dict[str, Any]]] = []
    for name, schema in properties.items():
        inner = schema.get("properties", {})
        if any(_is_secret(key, value) for key, value in inner.items()):
            named += _by_name(inner, f"{prefix}{name}.")
        else:
            named.append((prefix + name, schema))
    return named


def _is_secret(name: str, schema: dict[str, Any]) -> bool:
    return bool(schema.get("secret")) or name in _ALSO_SECRET


def _setting(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    label = schema.get("title") or " ".join(
        _SPELLINGS.get(word, word) for word in re.split(r"[_.+]", name)
    )
    kind = _kind(name, schema)
    setting: dict[str, Any] = {"name": name, "label": label[0].upper() + label[1:], "kind": kind}
    if _is_secret(name, schema):
        setting["sensitive"] = True
    if kind == "options":
        setting["options"] = [{"label": value, "value": value} for value in schema["enum"]]
    description = schema["description"]
    default = schema.get("default")
    if default is not None and "Default" not in description:
        description = f"{description} Default: {json.dumps(default)}."
    setting["description"] = description
    return setting


def _kind(name: str, schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "options"
    if name.endswith("_date"):
        return "date_iso8601"
    if name.endswith("_file") or name in {"ca_bundle", "client_certificate"}:
        return "file"
    kind: str = next(kind for kind in schema["type"] if kind != "null")
    # Meltano cannot hand a setting of its kind "decimal" to a plugin: it ends with a TypeError.
    return "integer" if kind == "number" else kind


def _replaced(text: str, begin: str, end: str, content: str) -> str:
    """The text with everything between the lines that hold these marks replaced."""
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if begin in line)
    last = next(number for number, line in enumerate(lines) if end in line and number > first)
    return "\n".join([*lines[: first + 1], content, *lines[last:], ""])


def _run(command: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(BIN / command), *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


#: Every file with generated parts, and what makes it what it should be.
FILES = {"README.md": readme, "meltano.yml": meltano, "catalog/core.json": core}

if __name__ == "__main__":
    for name, made in FILES.items():
        file = ROOT / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(made(file), encoding="utf-8")
