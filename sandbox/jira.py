"""The stand-in Jira: one object, one ``handle``, usable with or without a web server."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import sandbox.api  # noqa: F401 - importing it registers the operations
from sandbox import faults, router, spoil
from sandbox.areas import AREAS, agile
from sandbox.auth import NO_ENTRY, basic
from sandbox.carried.change import Carry
from sandbox.carried.tables import TABLES
from sandbox.carried.tables import rows as carried_rows
from sandbox.context import Context
from sandbox.control import control
from sandbox.messages import ApiError, Request, Response, ok
from sandbox.shelf import Shelf
from sandbox.site import Entry, Site
from sandbox.truth import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.auth import Identity
    from sandbox.options import Options


class Jira(Site):
    """A site that answers requests."""

    def __init__(self, options: Options | None = None) -> None:
        """Generate the site."""
        super().__init__(options)
        self.carry = Carry(self)
        self.shelf = Shelf(
            [functools.partial(area.rows, self) for area in AREAS],
            {
                "board_issues": functools.partial(agile.board_issues, self),
                **{name: functools.partial(self._carried, name) for name in TABLES},
            },
        )

    def _carried(self, stream: str) -> list[dict[str, Any]]:
        """The rows of all issues that can be seen."""
        return carried_rows(self, visible(self), stream)

    def change_areas(self) -> None:
        """What happens beside issues from one run to the next; once."""
        for area in AREAS:
            area.change(self)
        self.carry.change(visible(self))

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
        api = router.api_of(path, self.options.personality)
        if api is None or self._lacks(api[0]):
            raise self.unknown(request)
        newest = "3" if self.options.cloud else "2"
        request.api_version = api[1] if api[1] in {"2", "3"} else newest
        found = router.find(api[0], api[2], self.options.personality, self.options.version_numbers)
        if not found:
            raise self.unknown(request)
        chosen = next((pair for pair in found if pair[0].method == request.method), None)
        if chosen is None:
            raise ApiError(405, ["Method Not Allowed"])
        operation, holes = chosen
        request.endpoint = f"{request.method} {operation.name}"
        return self._operate(request, operation, holes, headers)

    def _lacks(self, api: str) -> bool:
        """Whether the app with the API is not installed; on Cloud, Software is not licensed."""
        if api in {"agile", "software"}:
            return not (self.options.software or self.options.cloud)
        return api == "servicedesk" and not self.options.service_management

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
                return spoil.instead(self, fault, request)
            if fault.kind == "more_rows":
                request.flags.add("more_rows")
        answer = handler()
        for fault in due:
            answer = spoil.spoil(self, fault, request, answer)
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
        scopes = identity.scopes if self.options.cloud else None
        if scopes is not None and operation.scope not in scopes:
            message = "Unauthorized; scope does not match"
            raise ApiError(401, payload={"code": 401, "message": message})
        ctx = Context(self, request, identity)
        if operation.permission and not ctx.has(operation.permission):
            raise ApiError(403, ["You do not have permission to access this resource."])
        return operation.handler(ctx, **holes)

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
