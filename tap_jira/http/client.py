"""Jira over HTTP: one way to ask, retry, throttle and explain. Knows nothing of Singer.

Endpoints are named as Atlassian's reference names them: ``search/jql`` or
``issue/{issue}/comment`` below the platform API's version, ``/rest/…`` for any other API.
"""

from __future__ import annotations

import collections
import dataclasses
import logging
import random
import threading
import typing as t
from urllib.parse import quote

import backoff
import msgspec

from tap_jira.errors import ConnectionFailedError, TapJiraError, UnavailableError
from tap_jira.http import ratelimits, shapes
from tap_jira.http.answers import Action, Answer, judge
from tap_jira.http.troubles import TransientError
from tap_jira.records.decode import InvalidJsonError, decode

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from tap_jira.http.auth import JiraAuth
    from tap_jira.http.throttle import Admission, Throttle
    from tap_jira.http.transport import Params, Transport

logger = logging.getLogger("tap-jira.client")

MAX_TRIES = 7
"""Tries of a request for which Jira gave no hint when to come back: about a minute in all."""
IMPATIENT_TRIES = 2
CLOUD_API = "3"
"""The newest version of the platform API; Data Center has 2 only."""
RENEWALS = 2
"""Times that one request may have the credential renewed."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0

HEADERS = {
    "Accept": "application/json",
    # Atlassian localises error messages and names; the second header makes it heed the first.
    "Accept-Language": "en",
    "X-Force-Accept-Language": "true",
}
JSON_HEADERS = {**HEADERS, "Content-Type": "application/json"}


@dataclasses.dataclass(frozen=True)
class Request:
    """One request: ``path`` is a template whose ``{names}`` are filled from ``parts``."""

    method: str
    path: str
    parts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    params: Params = None
    json: t.Any = None
    read: Callable[[bytes], t.Any] = decode
    """Decodes the answer's body."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Those that this resource wants besides."""
    per_second: float | None = None
    """Requests a second that Jira's documentation allows the endpoint, if that is few."""

    @property
    def endpoint(self) -> str:
        """What Jira's rate limits and the tap's statistics count by."""
        return f"{self.method} {self.path}"

    @property
    def resolved_path(self) -> str:
        """The path with its names filled in."""
        return self.path.format(**{name: quote(part, safe="") for name, part in self.parts.items()})


@dataclasses.dataclass(frozen=True)
class Result:
    """A decoded answer and the response it came with."""

    payload: t.Any
    response: requests.Response


class _RetryError(Exception):
    """Try again after ``wait`` seconds, or give up with ``error``."""

    def __init__(
        self, error: TapJiraError, wait: float, *, hinted: bool, named: bool = False
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait
        self.hinted = hinted
        """Whether the throttle waits."""
        self.named = named
        """Whether Jira said for how long."""


class JiraClient:
    """Asks one Jira; safe to use from many threads."""

    def __init__(
        self,
        base_url: str,
        transport: Transport,
        auth: JiraAuth,
        throttle: Throttle,
        *,
        max_retry_wait: float,
    ) -> None:
        """Take the address that paths are relative to, and what requests go through."""
        self.base_url = base_url
        self.api_version = "2"
        self.other_versions: Mapping[str, str] = {}
        """By endpoint, for those that are asked in another version of the API."""
        self.auth = auth
        self.throttle = throttle
        self.counts: collections.Counter[str] = collections.Counter()
        """Requests sent, retries included, by endpoint."""
        self._transport = transport
        self._max_retry_wait = max_retry_wait
        self._counting = threading.Lock()

    def get(self, path: str, params: Params = None, **parts: str) -> t.Any:
        """The decoded answer to a GET."""
        return self.ask(Request("GET", path, parts, params)).payload

    def post(self, path: str, json: t.Any, params: Params = None, **parts: str) -> t.Any:
        """The decoded answer to a POST (Jira's bulk reads are POSTs)."""
        return self.ask(Request("POST", path, parts, params, json)).payload

    def url(self, request: Request) -> str:
        """The request's address, without its query."""
        path = request.resolved_path
        if path.startswith("/"):
            return f"{self.base_url}{path}"
        version = self.other_versions.get(request.endpoint, self.api_version)
        return f"{self.base_url}/rest/api/{version}/{path}"

    def ask(
        self, request: Request, auth: JiraAuth | None = None, *, patient: bool = True
    ) -> Result:
        """Send a request until it is answered.

        ``patient`` is false where the caller has a better idea than trying many times, such as
        asking for less.

        Raises:
            TapJiraError: what the answer means, or why there is none (see :mod:`.answers`).
        """
        failures = unhinted = unnamed = 0
        waited = 0.0
        renewals = 0
        patience = self._transport.patience
        end = patience.begin()

        def give_up(failure: Exception) -> bool:
            nonlocal failures, unhinted, unnamed, waited
            failure = t.cast("_RetryError", failure)
            failures += 1
            if failure.hinted:
                waited += failure.wait
                unnamed += not failure.named
                # What speaks of a limit and names no time may be no limit.
                return waited > self._max_retry_wait or (not patient and unnamed >= MAX_TRIES)
            unhinted += 1
            # Asking for less helps a server in trouble, not a connection that cannot be had.
            hurried = not patient and isinstance(failure.error, UnavailableError)
            if unhinted >= (IMPATIENT_TRIES if hurried else MAX_TRIES):
                return True
            pause = patience.pause(end, failure.wait)
            if pause is None:
                return True
            failure.wait = pause
            patience.trying_again(failure.error)
            return False

        @backoff.on_exception(
            backoff.runtime,
            _RetryError,
            value=lambda failure: 0.0 if failure.hinted else failure.wait,
            giveup=give_up,
            jitter=None,
            logger=None,
            on_backoff=lambda details: logger.debug("Retrying: %s", details.get("exception")),
        )
        def persist() -> Result:
            nonlocal renewals
            credential = auth or self.auth
            while True:
                used = credential.current()
                outcome = self._once(request, credential, failures)
                if isinstance(outcome, Result):
                    return outcome
                if renewals == RENEWALS or not credential.renew(used):
                    raise outcome
                renewals += 1

        try:
            return persist()
        except _RetryError as failure:
            raise failure.error from failure

    def _once(self, request: Request, auth: JiraAuth, attempt: int) -> Result | TapJiraError:
        """One try: its result, or the error that a renewed credential might avoid."""
        endpoint = request.endpoint
        is_post = request.method == "POST"
        with self.throttle.slot(endpoint, request.per_second) as admission:
            with self._counting:
                self.counts[endpoint] += 1
            try:
                response = self._transport.send(
                    request.method,
                    self.url(request),
                    params=request.params,
                    # The edge refuses a GET with a body or a content type.
                    data=msgspec.json.encode(request.json) if is_post else None,
                    headers={**(JSON_HEADERS if is_post else HEADERS), **request.headers},
                    auth=auth,
                )
            except TransientError as failure:
                raise _RetryError(failure.error, _pause(attempt), hinted=False) from failure
            answer = Answer(
                request.method,
                self.url(request),
                response.status_code,
                response.headers,
                response.content,
                authenticated=auth.authenticated,
                is_cloud=self.api_version == CLOUD_API,
            )
            rule = judge(answer)
            if rule.action is Action.RETRY:
                raise self._hold(rule.error(answer), answer, admission, attempt)
            self._transport.patience.answered()
            admission.succeeded(response.headers)
        if rule.action is Action.FAIL:
            raise rule.error(answer)
        if rule.action is Action.RENEW:
            return rule.error(answer)
        try:
            payload = request.read(response.content)
            shapes.check(endpoint, payload)
            return Result(payload, response)
        except InvalidJsonError as error:
            text = (
                f"{answer.where} answered with something that is not Jira's JSON ({error}), "
                "several times: a proxy on the way may cut or change answers."
            )
            raise _RetryError(UnavailableError(text), _pause(attempt), hinted=False) from error

    def _hold(
        self, error: TapJiraError, answer: Answer, admission: Admission, attempt: int
    ) -> _RetryError:
        """Let the throttle wait where Jira said so; pause by ourselves otherwise."""
        # Data Center has the header on every answer where limits are on: 0 is no wait at all.
        told = answer.headers.get("Retry-After", "").strip() not in {"", "0"}
        if not told and not answer.is_rate_limit:
            return _RetryError(error, _pause(attempt), hinted=False)
        self._transport.patience.answered()
        asked = ratelimits.hint(answer.headers)
        if asked is not None and asked > self._max_retry_wait:
            # Nobody waits for that: who goes on without this answer finds nothing closed.
            raise self._too_long(asked)
        wait = admission.refused(answer.headers, attempt, limit=answer.is_rate_limit)
        if wait > self._max_retry_wait:
            raise self._too_long(wait)
        return _RetryError(error, wait, hinted=True, named=asked is not None)

    def _too_long(self, wait: float) -> ConnectionFailedError:
        return ConnectionFailedError(
            f"Jira asks to wait {wait:.0f} s before the next request, longer than "
            f"max_retry_wait_seconds ({self._max_retry_wait:.0f}) allows: run again later, or "
            "raise it."
        )


def _pause(attempt: int) -> float:
    """Exponential pause with jitter, as Atlassian advises."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt) * random.uniform(0.7, 1.3)  # noqa: S311
