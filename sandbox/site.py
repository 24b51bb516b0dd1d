"""A site of either product: its data, its clock, and what is remembered between requests."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.auth import Auth
from sandbox.children import BORN
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.generate import populate
from sandbox.limits import Limiter
from sandbox.messages import ApiError
from sandbox.mutate import Mutations
from sandbox.options import Options
from sandbox.render import Renderer
from sandbox.shelf import Shelf
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.messages import Request
    from sandbox.model import Project

    Change = Callable[[Mutations, random.Random], Any]

Kept = TypeVar("Kept")
_XML = (
    '<?xml version="1.0" encoding="UTF-8"?><status><status-code>404</status-code>'
    "<message>null for uri: {uri}</message></status>"
)
_SITE_URL = {"cloud": "https://sandbox.example.net", "dc": "https://jira.example.com"}


@dataclass(frozen=True)
class Entry:
    """One line of the request log."""

    at: int
    method: str
    path: str
    endpoint: str
    query: dict[str, list[str]]
    body: Any
    status: int
    headers: dict[str, str]


class Site:
    """What there is, apart from how it is served (:class:`sandbox.jira.Jira`)."""

    def __init__(self, options: Options | None = None) -> None:
        """Generate the site."""
        self.options = options or Options()
        self.clock = Clock(self.options.start, runs=self.options.clock_runs)
        self.world = World(self.options, self.clock, BORN)
        populate(self.world, self.options, self.clock)
        self.mutate = Mutations(self.world)
        self.auth = Auth(self.options, self.clock, self.world)
        self.limiter = Limiter(self.clock, self.options.rate_limit, cloud=self.options.cloud)
        self.faults = Faults()
        #: What there is beside issues, users and fields.
        self.shelf = Shelf()
        self.rng = random.Random(self.options.seed)
        self.base_url = _SITE_URL[self.options.personality] + self.options.context_path
        self.counts: Counter[str] = Counter()
        self.requests: list[Entry] = []
        self.pages = 0
        #: Tracebacks of the sandbox's own mistakes while serving.
        #: The most requests that were waiting for their answers at once.
        self.most_at_once = 0
        self.crashes: list[str] = []
        self._renderers: dict[tuple[str, str], Renderer] = {}
        self._kept: dict[type, Any] = {}
        self._hooks: list[tuple[int, Change, random.Random]] = []
        self._served = 0

    def on_request(self, every: int, change: Change, *, seed: int = 0) -> None:
        """Change the site before every n-th API request."""
        self._hooks.append((every, change, random.Random(seed)))

    def clear_hooks(self) -> None:
        """Stop the live change."""
        self._hooks.clear()

    def reset_counts(self) -> None:
        """Forget the requests counted so far."""
        self.counts.clear()
        self.requests.clear()
        self.limiter.violations.clear()

    def renderer(self, zone: str, version: str) -> Renderer:
        """The printer for a zone and an API version."""
        key = (zone, version)
        if key not in self._renderers:
            self._renderers[key] = Renderer(self.world, self.base_url, zone, version)
        return self._renderers[key]

    def set_base_url(self, url: str) -> None:
        """The URL links in bodies start with."""
        self.base_url = url
        self._renderers.clear()

    def kept(self, kind: type[Kept]) -> Kept:
        """What the handlers of a resource remember from one request to the next."""
        made: Kept = self._kept.setdefault(kind, kind())
        return made

    def grants(self, permission: str, project: Project) -> bool:
        """Whether the user has a permission in a project."""
        withheld = self.options.withheld.get(permission, ())
        return "*" not in withheld and project.key not in withheld

    def unknown(self, request: Request) -> ApiError:
        """The product's way of not knowing a path."""
        uri = self.base_url + request.path
        if self.options.cloud:
            shape = {
                "timestamp": self.clock.now().isoformat(),
                "status": 404,
                "error": "Not Found",
                "message": f"No static resource {request.path.lstrip('/')}.",
                "path": request.path,
            }
            return ApiError(404, payload=shape)
        if "json" in request.headers.get("accept", ""):
            return ApiError(404, payload={"message": f"null for uri: {uri}", "status-code": 404})
        error = ApiError(404, html=_XML.format(uri=uri))
        error.response.content_type = "application/xml;charset=UTF-8"
        return error
