"""What the repository keeps a copy of, made from the tap itself.

`make catalog` writes it; `test_packaging.py` fails when a copy no longer equals its source.

| copy                               | source                                            |
|------------------------------------|---------------------------------------------------|
| `README.md`, the table of settings | `tap-jira --about --format=markdown`              |
| `README.md`, the table of streams  | the stream classes                                |
| `README.md`, areas and patterns    | the declared streams                              |
| `docs/streams/`                    | the declared streams and the catalogs             |
| `docs/data-model.md`, the streams  | the stream classes and the catalogs               |
| `docs/operations.md`, the faults   | the tables and messages of the tap                |
| `docs/scaling.md`, the requests    | what slices ask for, as a test holds it to        |
| `docs/errors.md`, the lists        | the tap's source                                  |
| `docs/settings.md`                 | `tap-jira --about --format=markdown`              |
| `docs/choosing-streams.md`         | the declared streams                              |
| `docs/report.md`, the queries      | the queries of the demo's page                    |
| `meltano.yml`, the settings        | `--about --format=json` of tap and target         |
| `docs/meltano-hub.yml`             | `--about --format=json` and `meltano.yml`         |
| `catalog/`                         | `tap-jira --discover` against stand-ins for Jira  |
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from demo.page.queries import QUERIES
from demo.pipeline import CORE_STREAMS
from sandbox.options import Options
from sandbox.server import Sandbox
from tap_jira.streams import AREAS, STREAMS
from tests import area_pages, errors_page, faults_told, hub_definition
from tests.support import scaling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.options import Personality

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
#: What target-postgres does not mark as secret itself.
_ALSO_SECRET = {"password", "sqlalchemy_url", "ssl_client_private_key"}
_PRODUCTS: tuple[Personality, Personality] = ("cloud", "dc")
_SPELLINGS = {"api": "API", "ca": "CA", "jql": "JQL", "oauth": "OAuth", "url": "URL", "id": "ID"}


def readme(path: Path) -> str:
    """The README with the tables of streams and settings as the tap has them."""
    text = _replaced(path.read_text(encoding="utf-8"), *_marks("streams"), streams_table())
    text = _replaced(text, *_marks("areas"), area_pages.areas_table())
    text = _replaced(text, *_marks("select"), select_patterns())
    return _replaced(text, *_marks("settings"), settings_table())


def data_model(path: Path) -> str:
    """The data model with the streams as the tap has them."""
    return _replaced(path.read_text(encoding="utf-8"), *_marks("streams"), stream_pages())


def operations(path: Path) -> str:
    """The operator's page with the faults as the tap answers them."""
    text = _replaced(path.read_text(encoding="utf-8"), *_marks("answers"), faults_told.answers())
    return _replaced(text, *_marks("network"), faults_told.network())


def scaling_page(path: Path) -> str:
    """The page about slices, with what a first load of five million issues asks for."""
    return _replaced(path.read_text(encoding="utf-8"), *_marks("five million"), scaling.table())


def errors(path: Path) -> str:
    """The page of errors with the messages as they stand in the source."""
    return _replaced(path.read_text(encoding="utf-8"), *_marks("messages"), errors_page.lists())


def settings(path: Path) -> str:
    """The page of settings."""
    return _replaced(path.read_text(encoding="utf-8"), *_marks("settings"), settings_table())


def choosing(path: Path) -> str:
    """The page about choosing streams with what each costs."""
    return _replaced(path.read_text(encoding="utf-8"), *_marks("costs"), area_pages.costs())


def report(path: Path) -> str:
    """The page of the demo's page, with what it asks."""
    sections = [
        f"## {query.title}\n\n{query.says}\n\n```sql{query.sql.rstrip()};\n```"
        for query in QUERIES.values()
    ]
    text = "\n" + "\n\n".join(sections) + "\n"
    return _replaced(path.read_text(encoding="utf-8"), *_marks("queries"), text)


def meltano(path: Path) -> str:
    """The Meltano project with the settings as tap and target have them."""
    text = path.read_text(encoding="utf-8")
    for command in ("tap-jira", "target-postgres"):
        begin = f"# settings of {command}"
        text = _replaced(text, begin, "# end of settings", meltano_settings(command))
    return _replaced(text, "# selection", "# end of selection", meltano_selection())


def hub(_: Path) -> str:
    """The definition for the Meltano Hub."""
    (extractor,) = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["extractors"]
    return hub_definition.written(about("tap-jira"), _settings("tap-jira"), extractor)


def core(_: Path) -> str:
    """The catalog of the core streams on Cloud."""
    return json.dumps(core_catalog("cloud"), indent=1) + "\n"


def core_data_center(_: Path) -> str:
    """The catalog of the core streams on Data Center."""
    return json.dumps(core_catalog("dc"), indent=1) + "\n"


def full(_: Path) -> str:
    """The catalog of all streams on Cloud."""
    return json.dumps(full_catalog("cloud"), indent=1) + "\n"


def full_data_center(_: Path) -> str:
    """The catalog of all streams on Data Center."""
    return json.dumps(full_catalog("dc"), indent=1) + "\n"


def area_page(path: Path) -> str:
    """The page of an area in `docs/streams/`."""
    area = next(each for each in AREAS if area_pages.slug(each) == path.stem)
    return area_pages.page(area, {product: discovered(product) for product in _PRODUCTS})


@functools.cache
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
    text: str = yaml.safe_dump(_settings(command), sort_keys=False, allow_unicode=True, width=92)
    return re.sub(r"^", "    ", text.rstrip(), flags=re.MULTILINE)


def _settings(command: str) -> list[dict[str, Any]]:
    properties = about(command)["settings"]["properties"]
    return [_setting(*named) for named in _by_name(properties)]


@functools.cache
def discovered(product: Personality) -> dict[str, dict[str, Any]]:
    """Every stream of a product by name, without the custom fields of any one site."""
    options = Options(personality=product, issues=1)
    with tempfile.TemporaryDirectory() as folder, Sandbox(options) as jira:
        config = Path(folder) / "config.json"
        config.write_text(json.dumps(jira.settings()), encoding="utf-8")
        catalog = json.loads(_run("tap-jira", "--config", str(config), "--discover"))
    return {
        stream["tap_stream_id"]: _without_custom_fields(stream) for stream in catalog["streams"]
    }


def core_catalog(product: Personality) -> dict[str, Any]:
    """The core streams, all selected."""
    return {"streams": [discovered(product)[name] for name in CORE_STREAMS]}


def full_catalog(product: Personality) -> dict[str, Any]:
    """Every stream, those selected that are by default."""
    rest = [stream for name, stream in discovered(product).items() if name not in CORE_STREAMS]
    return {"streams": [*core_catalog(product)["streams"], *rest]}


def select_patterns() -> str:
    """What to put under `select:` in a Meltano project, for each area."""
    areas = {"core": list(CORE_STREAMS), **{each: area_pages.names(each) for each in AREAS}}
    rows = [(area, ", ".join(f"`{name}.*`" for name in names)) for area, names in areas.items()]
    return faults_told.table(("Area", "Under `select:`"), rows)


def meltano_selection() -> str:
    """Everything but what is selected on demand only."""
    off = [each.name for area in AREAS.values() for each in area if not each.selected]
    patterns = ["*.*", *(f"!{name}.*" for name in off)]
    return "\n".join(f"    - '{pattern}'" for pattern in patterns)


def streams_table() -> str:
    """The streams, a line each."""
    rows = [
        (f"`{name}`", _key(name), _replication_key(name), _sentence(name), _needs(name))
        for name in CORE_STREAMS
    ]
    return faults_told.table(
        ("Stream", "Key", "Incremental by", "What it is, and where it is read", "Needs"), rows
    )


def stream_pages() -> str:
    """The streams, with their columns."""
    return "\n\n".join(_stream_page(name) for name in CORE_STREAMS)


def _stream_page(name: str) -> str:
    replication_key = _replication_key(name)
    facts = [
        f"Key: {_key(name)}. "
        + (f"Replication key: {replication_key}." if replication_key else "Read whole each time."),
        f"Needs {_needs(name)}.",
    ]
    text = inspect.getdoc(_class(name)) or ""
    return "\n\n".join([f"### {name}", _markdown(text), "\n".join(facts), _columns_table(name)])


def _columns_table(name: str) -> str:
    cloud, server = (_stream(name, product)["schema"]["properties"] for product in _PRODUCTS)
    names = [*cloud, *(column for column in server if column not in cloud)]
    rows = [(f"`{each}`", _types(cloud.get(each), server.get(each))) for each in names]
    return faults_told.table(("Column", "Type"), rows)


def _types(cloud: dict[str, Any] | None, server: dict[str, Any] | None) -> str:
    if cloud is None or server is None:
        only = "Cloud" if cloud else "Data Center"
        return f"{area_pages.kind(cloud or server or {})} (only on {only})"
    one, other = area_pages.kind(cloud), area_pages.kind(server)
    return one if one == other else f"{one} on Cloud, {other} on Data Center"


def _class(name: str) -> type[Any]:
    return next(stream for stream in STREAMS if vars(stream)["name"] == name)


def _stream(name: str, product: Personality) -> dict[str, Any]:
    streams = core_catalog(product)["streams"]
    found: dict[str, Any] = next(each for each in streams if each["tap_stream_id"] == name)
    return found


def _key(name: str) -> str:
    cloud, server = (_code(_stream(name, each)["key_properties"]) for each in _PRODUCTS)
    return cloud if cloud == server else f"{cloud} on Cloud, {server} on Data Center"


def _replication_key(name: str) -> str:
    key = _stream(name, "cloud").get("replication_key")
    return f"`{key}`" if key else ""


def _needs(name: str) -> str:
    stream = _class(name)
    return f"{stream.permission}; scope `{stream.scope}`"


def _sentence(name: str) -> str:
    """The first sentence of the class's documentation."""
    return _markdown((inspect.getdoc(_class(name)) or "").split("\n\n")[0])


def _markdown(text: str) -> str:
    """A docstring as Markdown."""
    return re.sub(r":(?:mod|class|meth):`[.~]*([^`]*)`", r"`\1`", text).replace("``", "`")


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


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


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name} -->", f"<!-- end of {name} -->"


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
FILES = {
    "README.md": readme,
    "docs/data-model.md": data_model,
    "docs/operations.md": operations,
    "docs/scaling.md": scaling_page,
    "docs/errors.md": errors,
    "docs/settings.md": settings,
    "docs/choosing-streams.md": choosing,
    "docs/report.md": report,
    "meltano.yml": meltano,
    "docs/meltano-hub.yml": hub,
    "catalog/core.json": core,
    "catalog/core-data-center.json": core_data_center,
    "catalog/full.json": full,
    "catalog/full-data-center.json": full_data_center,
    **{f"docs/streams/{area_pages.slug(area)}.md": area_page for area in AREAS},
}

if __name__ == "__main__":
    for name, made in FILES.items():
        file = ROOT / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made(file), encoding="utf-8")
