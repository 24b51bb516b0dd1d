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
    """One operation of one of the APIs (:data:`APIS`)."""

    api: str
    method: str
    template: str
    handler: Handler
    product: Product
    anonymous: bool
    scope: str
    #: The global permission without which the answer is 403.
    permission: str | None
    #: The first version of Data Center that has it.
    since: tuple[int, ...]
    pattern: re.Pattern[str]

    @property
    def name(self) -> str:
        """``/agile/board``; operations of the platform API go without its name."""
        return self.template if self.api == "platform" else f"/{self.api}{self.template}"

    def serves(self, personality: str, version: tuple[int, ...]) -> bool:
        """Whether the product has it."""
        return self.product in {"both", personality} and (
            personality == "cloud" or version >= self.since
        )


#: The APIs by where they begin, with the versions that each product has.
APIS: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "/rest/api/": ("platform", {"cloud": ("2", "3", "latest"), "dc": ("2", "latest")}),
    "/rest/agile/": ("agile", {"cloud": ("1.0", "latest"), "dc": ("1.0", "latest")}),
    "/rest/software/": ("software", {"cloud": ("1.0", "latest")}),
    "/rest/auditing/": ("auditing", {"dc": ("1.0", "latest")}),
    "/rest/servicedeskapi/": ("servicedesk", {"cloud": ("",), "dc": ("",)}),
}
ROUTES: list[Route] = []
_EXACT: dict[tuple[str, str], list[Route]] = {}
_OPEN: list[Route] = []


def route(  # noqa: PLR0913 - by name, and few at a time
    method: str,
    template: str,
    product: Product = "both",
    *,
    api: str = "platform",
    anonymous: bool = False,
    scope: str = "read:jira-work",
    permission: str | None = None,
    since: tuple[int, ...] = (),
) -> Callable[[Handler], Handler]:
    """Register the decorated handler."""

    def register(handler: Handler) -> Handler:
        pattern = re.compile(_HOLE.sub(r"(?P<\1>[^/]+)", template))
        made = Route(
            api, method, template, handler, product, anonymous, scope, permission, since, pattern
        )
        ROUTES.append(made)
        if "{" in template:
            _OPEN.append(made)
        else:
            _EXACT.setdefault((api, template), []).append(made)
        return handler

    return register


def api_of(path: str, personality: str) -> tuple[str, str, str] | None:
    """The API, its version and the rest of a path; ``None`` where the product has no such API."""
    for begin, (api, versions) in APIS.items():
        if path.startswith(begin):
            version, rest = "", path[len(begin) - 1 :]
            if versions.get(personality) != ("",):
                version, _, rest = path[len(begin) :].partition("/")
                rest = f"/{rest}"
            return (api, version, rest) if version in versions.get(personality, ()) else None
    return None


def find(
    api: str, path: str, personality: str, version: tuple[int, ...]
) -> list[tuple[Route, dict[str, Any]]]:
    """The operations of a path, with what its holes were filled with."""
    found: list[tuple[Route, dict[str, Any]]] = [
        (made, {}) for made in _EXACT.get((api, path), ()) if made.serves(personality, version)
    ]
    if found:
        return found
    for made in _OPEN:
        match = made.pattern.fullmatch(path) if made.api == api else None
        if match and made.serves(personality, version):
            found.append((made, match.groupdict()))
    return found
