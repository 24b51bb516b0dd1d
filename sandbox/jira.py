"""The stand-in Jira: one object, one ``handle``, usable with or without a web server."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import sandbox.api  # noqa: F401 - importing it registers the operations
from sandbox import faults, router
from sandbox.api.search import Pager, Results
from sandbox.auth import NO_ENTRY, Auth, basic
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.control import control
from sandbox.generate import populate
from sandbox.limits import Limiter
from sandbox.messages import ApiError, Request, Response, ok
from sandbox.mutate import Mutations
from sandbox.options import Options
from sandbox.render import Renderer
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.auth import Identity

    Change = Callable[[Mutations, random.Random], Any]

_XML = (
    '<?xml version="1.0" encoding="UTF-8"?><status><status-code>404</status-code>'
    "<message>null for uri: {uri}</message></status>"
)
#: Where the version stands in ``/rest/api/3/…`` split at its slashes.
_VERSION_AT = 3
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


class Jira:
    """A site of either product."""

    def __init__(self, options: Options | None = None) -> None:
        """Generate the site."""
        self.options = options or Options()
        self.clock = Clock(self.options.start, runs=self.options.clock_runs)
        self.world = World(self.options, self.clock)
        populate(self.world, self.options, self.clock)
        self.mutate = Mutations(self.world)
        self.auth = Auth(self.options, self.clock, self.world)
        self.limiter = Limiter(self.clock, self.options.rate_limit, cloud=self.options.cloud)
        self.faults = faults.Faults()
        self.pager = Pager()
        self.results = Results()
        self.rng = random.Random(self.options.seed)
        self.base_url = _SITE_URL[self.options.personality] + self.options.context_path
        self.counts: Counter[str] = Counter()
        self.requests: list[Entry] = []
        self.pages = 0
        #: Tracebacks of the sandbox's own mistakes while serving.
        self.crashes: list[str] = []
        self._renderers: dict[tuple[str, str], Renderer] = {}
        self._hooks: list[tuple[int, Change, random.Random]] = []
        self._served = 0

    # --- for tests ----------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        params: dict[str, Any] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], Any]:
        """One request without a web server; ``headers`` None uses the default credentials."""
        split = urlsplit(path)
        query = parse_qs(split.query)
        for name, value in (params or {}).items():
            query[name] = [str(v) for v in (value if isinstance(value, list) else [value])]
        sent = self.default_headers() if headers is None else dict(headers)
        sent.setdefault("accept", "application/json")
        data = b""
        if body is not None:
            data = json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        lowered = {name.lower(): value for name, value in sent.items()}
        answer = self.handle(
            Request(method, self.options.context_path + split.path, query, lowered, data)
        )
        try:
            shown = answer.json()
        except ValueError:
            shown = answer.body.decode(errors="replace")
        return answer.status, answer.headers, shown

    def default_headers(self) -> dict[str, str]:
        """The credentials that work from the start."""
        mine = self.auth.credentials
        if self.options.cloud:
            return {"authorization": basic(mine.email, mine.api_token)}
        return {"authorization": f"Bearer {mine.personal_access_token}"}

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

    # --- serving ------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        with self.world.lock:
            headers: dict[str, str] = {}
            try:
                answer = self._answer(request, headers)
            except ApiError as error:
                answer = error.response
            answer.headers = {**headers, **answer.headers}
            answer.headers.setdefault("Date", self.clock.http_date())
            answer.headers.setdefault("Cache-Control", "no-cache, no-store, no-transform")
            self._log(request, answer)
            return answer

    def _log(self, request: Request, answer: Response) -> None:
        if not request.endpoint:
            request.endpoint = f"{request.method} {request.path}"
        if request.path.startswith("/__sandbox__"):
            return
        self.counts[request.endpoint] += 1
        body: Any = None
        if request.body:
            try:
                body = json.loads(request.body)
            except ValueError:
                body = request.body[:200]
        self.requests.append(
            Entry(
                self.clock.now_ms(),
                request.method,
                request.path,
                request.endpoint,
                request.params,
                body,
                answer.status,
                request.headers,
            )
        )

    def _answer(self, request: Request, headers: dict[str, str]) -> Response:
        if request.path.startswith("/__sandbox__/"):
            return control(self, request)
        path = self._local(request)
        special = self._special(request, path)
        if special is not None:
            return special
        parts = path.split("/")
        known_version = ("2", "3", "latest") if self.options.cloud else ("2", "latest")
        if (
            parts[1:3] != ["rest", "api"]
            or len(parts) <= _VERSION_AT + 1
            or parts[_VERSION_AT] not in known_version
        ):
            raise self.unknown(request)
        newest = "3" if self.options.cloud else "2"
        request.api_version = newest if parts[_VERSION_AT] == "latest" else parts[_VERSION_AT]
        rest = "/" + "/".join(parts[_VERSION_AT + 1 :])
        found = router.find(rest, self.options.personality)
        if not found:
            raise self.unknown(request)
        chosen = next((pair for pair in found if pair[0].method == request.method), None)
        if chosen is None:
            raise ApiError(405, ["Method Not Allowed"])
        operation, holes = chosen
        request.endpoint = f"{request.method} {operation.template}"
        return self._operate(request, operation, holes, headers)

    def _local(self, request: Request) -> str:
        """The path below the context or the gateway prefix."""
        path = request.path
        gateway = f"/ex/jira/{self.options.cloud_id}"
        if self.options.cloud and path.startswith("/ex/jira/"):
            if not path.startswith(gateway + "/"):
                raise ApiError(404, payload={"errorMessage": "No message available"})
            request.gateway = True
            return path[len(gateway) :]
        context = self.options.context_path
        if context and not path.startswith(context + "/"):
            raise self.unknown(request)
        return path[len(context) :]

    def _special(self, request: Request, path: str) -> Response | None:
        method = request.method
        if self.options.cloud:
            if path == "/_edge/tenant_info":
                return ok({"cloudId": self.options.cloud_id})
            if path == "/oauth/token/accessible-resources":
                return self.auth.resources(request, self.base_url)
        token_path = "/oauth/token" if self.options.cloud else "/rest/oauth2/latest/token"
        if path == token_path and method == "POST":
            request.endpoint = f"POST {token_path}"
            return self._hit(request, lambda: self.auth.token(request))
        if not self.options.cloud and path in {"/rest/auth/1/session", "/rest/auth/latest/session"}:
            request.endpoint = f"{method} /auth/session"
            if method == "POST":
                return self._hit(request, lambda: self.auth.log_in(request))
            identity = self.auth.identify(request)
            if identity.user is None:
                raise ApiError(401, [NO_ENTRY])
            return ok({"self": f"{self.base_url}{path}", "name": identity.user.name})
        return None

    def _operate(
        self,
        request: Request,
        operation: router.Route,
        holes: dict[str, Any],
        headers: dict[str, str],
    ) -> Response:
        self._live_change()
        if request.method == "GET" and request.body and self.options.cloud:
            raise ApiError(403, html="<html><body><h1>403 Forbidden</h1></body></html>")
        return self._hit(request, lambda: self._run(request, operation, holes, headers))

    def _hit(self, request: Request, handler: Callable[[], Response]) -> Response:
        """Run a handler with the faults due."""
        due = self.faults.due(request)
        for fault in due:
            if fault.kind in faults.INSTEAD:
                return faults.instead(self, fault, request)
            if fault.kind == "more_rows":
                request.flags.add("more_rows")
        answer = handler()
        for fault in due:
            answer = faults.spoil(self, fault, request, answer)
        return answer

    def _run(
        self,
        request: Request,
        operation: router.Route,
        holes: dict[str, Any],
        headers: dict[str, str],
    ) -> Response:
        refusal, limits = self.limiter.check(request.endpoint)
        headers |= limits
        if refusal is not None:
            return refusal
        if not self.options.cloud:
            headers["X-AUSERNAME"] = "anonymous"
        identity = self.auth.identify(request)
        headers |= self._login_headers(identity)
        if identity.user is None and not operation.anonymous:
            raise ApiError(401, [NO_ENTRY])
        if identity.scopes is not None and operation.scope not in identity.scopes:
            message = "Unauthorized; scope does not match"
            raise ApiError(401, payload={"code": 401, "message": message})
        return operation.handler(Context(self, request, identity), **holes)

    def _login_headers(self, identity: Identity) -> dict[str, str]:
        headers = {"X-Seraph-LoginReason": identity.login_reason} if identity.login_reason else {}
        if not self.options.cloud:
            headers["X-AUSERNAME"] = identity.user.name if identity.user else "anonymous"
        return headers

    def _live_change(self) -> None:
        self._served += 1
        for every, change, rng in self._hooks:
            if self._served % every == 0:
                change(self.mutate, rng)

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
