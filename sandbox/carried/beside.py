"""What an issue's answer holds beside its fields when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.carried import properties, transitions
from sandbox.messages import encode

if TYPE_CHECKING:
    from collections.abc import Collection

    from sandbox.model import Issue
    from sandbox.render import Renderer
    from sandbox.site import Site


def beside(
    site: Site,
    render: Renderer,
    issue: Issue,
    rendered: msgspec.Raw,
    *,
    expand: Collection[str],
    names: Collection[str],
    able: bool,
) -> msgspec.Raw:
    """The issue with ``transitions`` and ``properties``, as far as they are asked for.

    Who is not ``able`` to do anything with issues is shown no transition.
    """
    members: dict[str, Any] = {}
    if "transitions" in expand:
        members["transitions"] = transitions.rows(site, render, issue) if able else []
    if names:
        members["properties"] = properties.asked(site, issue, names)
    if not members:
        return rendered
    return msgspec.Raw(bytes(rendered)[:-1] + b"," + encode(members)[1:])
