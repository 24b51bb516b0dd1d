"""The plugin definition for the Meltano Hub: `docs/meltano-hub.yml`, and the rules that it follows.

The Hub's repository keeps one such file for each variant of a plugin. Who submits it names the
variant after the owner of the repository, and adds `repo` and `pip_url`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEADER = """\
# The definition for the Meltano Hub: written by `make catalog`, from `tap-jira --about`.
# To submit it: name the variant after the repository's owner, and add repo and pip_url.
"""
_WAYS = (
    "Each set of required settings is a way to log in: an API token (with `cloud_id` if it has "
    "scopes), a personal access token or a password of Data Center, OAuth 2.0, the client "
    "credentials of a service account, or none. All other settings have defaults that suit most."
)
_FIRST = "An account that may browse the projects that you want, and nothing else."
_THEN = (
    "`meltano config test tap-jira` tries the configuration. `meltano invoke tap-jira --check` "
    "says what these credentials can read on this Jira, and what they lack for the rest."
)
_KINDS = [
    *("oauth", "hidden", "password", "date_iso8601", "file", "email", "integer", "options"),
    *("object", "array", "boolean", "string", "decimal"),
]
_CAPABILITIES = [
    *("catalog", "discover", "state", "about", "stream-maps", "schema-flattening"),
    *("activate-version", "batch", "test", "log-based", "structured-logging"),
]
_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT, "uniqueItems": True, "minItems": 1}
_SETTING = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "label", "kind", "description"],
    "properties": {
        "name": {"type": "string", "pattern": r"^[a-z_]+(\.[a-z_]+)*$"},
        "label": _TEXT,
        "kind": {"enum": _KINDS},
        "description": {"type": "string", "pattern": r"[.)]$"},
        "sensitive": {"const": True},
        "value": {},
        "options": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["label", "value"],
                "properties": {"label": _TEXT, "value": _TEXT},
            },
        },
    },
    # Options if that is its kind, and only then; a secret has no default.
    "if": {"properties": {"kind": {"const": "options"}}},
    "then": {"required": ["options"]},
    "else": {"not": {"required": ["options"]}},
    "not": {"required": ["sensitive", "value"]},
}
#: What the Hub asks of a definition of an extractor, as a JSON schema.
RULES: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("name", "variant", "namespace", "label", "description", "executable", "capabilities"),
        *("settings", "settings_group_validation", "supported_python_versions", "keywords"),
        *("maintenance_status", "quality", "domain_url", "logo_url"),
    ],
    "properties": {
        "name": {"type": "string", "pattern": "^tap-[a-z-]+$"},
        "variant": _TEXT,
        "namespace": {"type": "string", "pattern": "^tap_[a-z_]+$"},
        "label": _TEXT,
        "description": _TEXT,
        "executable": _TEXT,
        "pip_url": _TEXT,
        "repo": {"type": "string", "format": "uri"},
        "domain_url": {"type": "string", "format": "uri"},
        "logo_url": {"type": "string", "pattern": r"^/assets/logos/extractors/[a-z-]+\.png$"},
        "maintenance_status": {"enum": ["active", "beta", "development", "inactive", "unknown"]},
        "quality": {"enum": ["gold", "silver", "bronze", "unknown"]},
        "keywords": {**_TEXTS, "contains": {"const": "meltano_sdk"}},
        # `properties` is the older form of `catalog`; a definition has one of the two.
        "capabilities": {
            **_TEXTS,
            "items": {"enum": _CAPABILITIES},
            "contains": {"const": "catalog"},
        },
        "supported_python_versions": {
            **_TEXTS,
            "items": {"type": "string", "pattern": r"^3\.\d+$"},
        },
        "select": {**_TEXTS, "items": {"type": "string", "pattern": r"^!?[a-z_*]+\.[a-z_*]+$"}},
        "settings": {"type": "array", "items": _SETTING, "minItems": 1},
        "settings_group_validation": {"type": "array", "items": _TEXTS, "uniqueItems": True},
        "prereq": _TEXT,
        "settings_preamble": _TEXT,
        "usage": _TEXT,
        "next_steps": {"type": "string"},
    },
}


def written(
    about: Mapping[str, Any], settings: Iterable[dict[str, Any]], extractor: Mapping[str, Any]
) -> str:
    """The file: of what the tap says of itself, its settings, and our own Meltano project."""
    described = about["settings"]["properties"]
    definition = {
        "name": about["name"],
        "variant": "original",
        "namespace": extractor["namespace"],
        "label": extractor["label"],
        "description": extractor["description"],
        "domain_url": "https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/",
        "logo_url": "/assets/logos/extractors/jira.png",
        "executable": extractor["executable"],
        "keywords": ["meltano_sdk"],
        "maintenance_status": "active",
        "quality": "unknown",  # the Hub's to say
        "capabilities": sorted(about["capabilities"]),
        "supported_python_versions": about["supported_python_versions"],
        "select": extractor["select"],
        "prereq": _FIRST,
        "settings_preamble": _WAYS,
        "settings_group_validation": extractor["settings_group_validation"],
        "settings": [_with_default(each, described.get(each["name"], {})) for each in settings],
        "next_steps": _THEN,
    }
    text: str = yaml.safe_dump(definition, sort_keys=False, allow_unicode=True, width=92)
    return HEADER + text


def _with_default(setting: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The setting with its default as a value, which Meltano hands to the tap."""
    default = schema.get("default")
    if default is None:
        return setting
    # Said by the value now.
    return {**setting, "description": schema["description"], "value": default}
