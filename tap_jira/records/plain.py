"""Custom fields whose values are one thing, as the text that people see of it.

A select list's value is ``{"self": …, "value": "High", "id": "10021"}`` and becomes ``High``; a
list of such becomes a list of texts, a cascading one ``Hardware / Printer``. Values of several
things (sprints, service levels, approvals) have no such text.
"""

from __future__ import annotations

import typing as t

from tap_jira.records import schema

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_jira.records.schema import Schema

SAYS: Mapping[str, tuple[str, ...]] = {
    "option": ("value", "name"),
    "option2": ("value", "name"),
    "option-with-child": ("value", "name"),
    "user": ("displayName", "name", "accountId", "key"),
    "group": ("name",),
    "project": ("key", "name"),
    "version": ("name",),
    "component": ("name",),
    "issuetype": ("name",),
    "priority": ("name",),
    "resolution": ("name",),
    "securitylevel": ("name",),
    "status": ("name",),
    "issuelink": ("key",),
    "team": ("name", "title"),
    "sd-customerorganization": ("name",),
    "sd-request-lang": ("displayName", "languageCode"),
}
"""By a field's type: the members of its values that say what they are, the best one first; the last
resort is the id."""
BETWEEN = " / "
"""Stands between an option and its child."""


def plain_form(field: Mapping[str, t.Any]) -> tuple[Schema, Callable[[t.Any], t.Any]] | None:
    """The type of the field's column and what makes its values; ``None``: there is no such text."""
    described = field.get("schema") or {}
    kind, items = str(described.get("type")), str(described.get("items"))
    if kind in SAYS:
        return schema.TEXT, _saying(SAYS[kind])
    if kind == "array" and items in SAYS:
        say = _saying(SAYS[items])
        return (
            schema.array_of(schema.TEXT),
            lambda values: (
                [each if each is None else say(each) for each in values]
                if isinstance(values, list)
                else say(values)
            ),
        )
    return None


def _saying(members: tuple[str, ...]) -> Callable[[t.Any], t.Any]:
    def say(value: t.Any) -> t.Any:
        if not isinstance(value, dict):
            return value
        for member in (*members, "id"):
            said = value.get(member)
            if said is not None and not isinstance(said, (dict, list)):
                child = value.get("child")
                return f"{said}{BETWEEN}{say(child)}" if isinstance(child, dict) else said
        return value

    return say
