"""The definition for the Meltano Hub follows the Hub's rules and says what the tap is."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from tap_jira.errors import ConfigurationError
from tap_jira.settings import parse
from tap_jira.settings_schema import CONFIG_SCHEMA
from tests import generated
from tests.hub_definition import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
#: What a user may write for a setting that is required.
VALUES = {
    "base_url": "https://acme.atlassian.net",
    "username": "me",
    "oauth_token_file": "t.json",
    "cloud_id": "1234",
}
#: What an answer of Jira's shows to be needed, not the configuration.
KNOWN_LATER = {"cloud_id", "oauth_token_file"}


@pytest.fixture
def definition() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docs" / "meltano-hub.yml").read_text()))


def test_it_follows_the_rules(definition: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(RULES)
    jsonschema.Draft202012Validator(RULES).validate(definition)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda it: it.pop("variant"),
        lambda it: it.update(logo="jira.png"),
        lambda it: it["capabilities"].append("properties"),
        lambda it: it["settings"][0].update(kind="text"),
        lambda it: it["settings"][0].update(default="https://acme.atlassian.net"),
        lambda it: it["settings"][0].pop("description"),
        lambda it: it["settings"][0].update(options=[{"label": "A", "value": "a"}]),
        lambda it: it["settings"][3].update(value="secret"),
        lambda it: it.update(quality="platinum"),
        lambda it: it["supported_python_versions"].append(3.1),
    ],
)
def test_the_rules_notice(
    spoil: Callable[[dict[str, Any]], object], definition: dict[str, Any]
) -> None:
    spoiled = copy.deepcopy(definition)
    spoil(spoiled)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(RULES).validate(spoiled)


def test_it_says_what_the_tap_says(definition: dict[str, Any]) -> None:
    about = generated.about("tap-jira")
    described = about["settings"]["properties"]
    settings = {each["name"]: each for each in definition["settings"]}
    assert list(settings) == list(described)
    assert definition["capabilities"] == sorted(about["capabilities"])
    assert definition["supported_python_versions"] == about["supported_python_versions"]
    for name, schema in described.items():
        assert settings[name].get("value") == schema.get("default"), name
        assert bool(settings[name].get("sensitive")) is bool(schema.get("secret")), name
        values = [each["value"] for each in settings[name].get("options", [])]
        assert values == schema.get("enum", []), name


def test_each_group_of_settings_is_a_way_to_log_in(definition: dict[str, Any]) -> None:
    """It suffices, and so does nothing less; together the groups are all ways that there are."""
    methods: set[str] = set()
    for group in definition["settings_group_validation"]:
        given = {name: VALUES.get(name, "x") for name in group}
        if "auth_method" in given:
            given["auth_method"] = "cookie" if "username" in given else "anonymous"
        method = parse(given).auth_method
        methods.add(method)
        for name in given.keys() - KNOWN_LATER:
            fewer = {other: value for other, value in given.items() if other != name}
            assert method == "anonymous" or logs_in(fewer) != method, (group, name)
    assert methods == set(CONFIG_SCHEMA["properties"]["auth_method"]["enum"])


def logs_in(given: dict[str, Any]) -> str | None:
    """The way to log in that a configuration asks for, if it is accepted."""
    try:
        return parse(given).auth_method
    except (ConfigurationError, KeyError):
        return None
