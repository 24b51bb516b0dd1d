"""Which handler answers which endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sandbox.messages import Response

Handler = Callable[..., "Response"]
Product = Literal["cloud", "dc", "both"]
_HOLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """One operation of the API below ``/rest/api/{version}``."""

    method: str
    template: str
    handler: Handler
    product: Product
    anonymous: bool
    scope: str
    pattern: re.Pattern[str]

    def serves(self, personality: str) -> bool:
        """Whether the product has it."""
        return self.product in {"both", personality}


ROUTES: list[Route] = []
_EXACT: dict[str, list[Route]] = {}
_OPEN: list[Route] = []


def route(
    method: str,
    template: str,
    product: Product = "both",
    *,
    anonymous: bool = False,
    scope: str = "read:jira-work",
) -> Callable[[Handler], Handler]:
    """Register the decorated handler."""

    def register(handler: Handler) -> Handler:
        pattern = re.compile(_HOLE.sub(r"(?P<\1>[^/]+)", template))
        made = Route(method, template, handler, product, anonymous, scope, pattern)
        ROUTES.append(made)
        if "{" in template:
            _OPEN.append(made)
        else:
            _EXACT.setdefault(template, []).append(made)
        return handler

    return register


def find(path: str, personality: str) -> list[tuple[Route, dict[str, Any]]]:
    """The operations of a path, with what its holes were filled with."""
    found: list[tuple[Route, dict[str, Any]]] = [
        (made, {}) for made in _EXACT.get(path, ()) if made.serves(personality)
    ]
    if found:
        return found
    for made in _OPEN:
        match = made.pattern.fullmatch(path)
        if match and made.serves(personality):
            found.append((made, match.groupdict()))
    return found
