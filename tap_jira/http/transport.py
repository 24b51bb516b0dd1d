"""One HTTP exchange: TLS, proxies, time-outs, size limit. No retry, no meaning.

Requests of every thread share one connection pool. Certificates are always verified, against
``ca_bundle`` if it is set (it wins over ``REQUESTS_CA_BUNDLE``), and redirects are never followed,
so that credentials stay with the configured host.
"""

from __future__ import annotations

import time
import typing as t
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from importlib import metadata
from urllib.parse import unquote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from tap_jira import secrets
from tap_jira.errors import (
    AuthenticationError,
    StreamError,
    TapJiraError,
    UnavailableError,
)
from tap_jira.http.answers import Action, Answer, judge
from tap_jira.http.deadlines import Deadline, DeadlineAdapter
from tap_jira.http.patience import Patience
from tap_jira.http.troubles import TransientError, explain
from tap_jira.records.decode import InvalidJsonError, decode

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from requests.auth import AuthBase

    from tap_jira.settings import Settings

CHUNK = 1 << 16
EXCHANGE_TRIES = 5
EXCHANGE_PAUSE = 0.5
"""Seconds before the second try of a token exchange or a log-in; doubled for each further one."""

Params = t.Union["Mapping[str, t.Any]", "list[tuple[str, t.Any]]", None]


class ResponseTooLargeError(UnavailableError):
    """The answer exceeds ``max_response_mb``; whoever can asks for less."""


class Transport:
    """Sends requests of all threads through one :class:`requests.Session`."""

    def __init__(self, settings: Settings, patience: Patience | None = None) -> None:
        """Open the connection pool; without ``patience``, wait as a run does."""
        self._settings = settings
        self.patience = patience or Patience()
        self._limit = settings.max_response_mb * 1024 * 1024
        self.session = requests.Session()
        # requests reads all environment variables for each request: here it is once per host.
        self.session.trust_env = False
        self._surroundings = lru_cache(self._looked_up)
        self._headers = {
            **self.session.headers,
            "User-Agent": settings.user_agent or _user_agent(),
        }
        # A session that several threads share must not collect cookies.
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = DeadlineAdapter(pool_maxsize=settings.max_concurrency + 2)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)
        for proxy in requests.utils.get_environ_proxies(settings.base_url).values():
            _keep_secret(proxy)

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Params = None,
        data: bytes | str | Mapping[str, t.Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: AuthBase,
    ) -> requests.Response:
        """One request, one reply, whatever its status.

        Raises:
            TransientError: the network failed in a way that may pass.
            ConnectionFailedError: it failed in a way that will not.
        """
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        request_timeout = self._settings.request_timeout
        try:
            with (
                self.patience.listening(parts.netloc),
                Deadline(self.patience.whole(request_timeout)),
            ):
                # The session would merge into it, each time, what is the same for all of them.
                request = requests.Request(
                    method,
                    url,
                    params=params,
                    data=data,
                    headers={**self._headers, **(headers or {})},
                    auth=auth,
                ).prepare()
                with self.session.send(
                    request,
                    timeout=self.patience.timeouts(request_timeout),
                    allow_redirects=False,
                    **self._surroundings(host),
                ) as response:
                    # requests has no other way to bound a body and still keep it.
                    response._content = self._read(response)  # noqa: SLF001
                    return response
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._explain(error, url) from error

    def _looked_up(self, host: str) -> dict[str, t.Any]:
        """``proxies``, ``verify``, ``cert`` and ``stream`` for a host, from settings and variables.

        ``ca_bundle`` wins over REQUESTS_CA_BUNDLE here; given to the session it would not.
        """
        found = requests.Session().merge_environment_settings(
            host,
            proxies={},
            stream=True,
            verify=self._settings.ca_bundle,
            cert=self._settings.client_certificate,
        )
        return {**found}

    def _read(self, response: requests.Response) -> bytes:
        """The body, up to the limit."""
        chunks: list[bytes] = []
        size = 0
        # Where its length is known the body comes in one piece, and is not copied again. For one
        # that is compressed it is another length.
        compressed = "Content-Encoding" in response.headers
        length = 0 if compressed else response.raw.length_remaining or 0
        for chunk in response.iter_content(max(CHUNK, min(length, self._limit + 1))):
            size += len(chunk)
            if size > self._limit:
                msg = (
                    f"{response.request.method} {str(response.url).split('?', 1)[0]} answered more "
                    f"than {self._settings.max_response_mb} MB: lower page_size, or raise "
                    "max_response_mb."
                )
                raise ResponseTooLargeError(msg)
            chunks.append(chunk)
        return b"".join(chunks)

    def _explain(self, error: Exception, url: str) -> Exception:
        """What a failure of the network means for the user."""
        in_doubt = self.patience.is_in_doubt
        return explain(error, url, self._settings.request_timeout, in_doubt=in_doubt)

    def exchange(self, url: str, payload: Mapping[str, str | None]) -> object:
        """Post an OAuth grant: the decoded answer, also of a refusal; ``None`` if it is no JSON.

        Atlassian's endpoint takes JSON, Data Center's the form encoding of the standard.
        """
        fields = {name: value for name, value in payload.items() if value is not None}
        as_form = "/rest/oauth2/" in url
        reply = self.persist(
            "POST",
            url,
            data=fields if as_form else _json(fields),
            content_type=None if as_form else "application/json",
        )
        answer = _answer(reply, authenticated=False)
        rule = judge(answer)
        error = None if rule.action is Action.ACCEPT else rule.error(answer)
        if error and error.fatal:
            raise error
        try:
            return t.cast("object", decode(answer.body))
        except InvalidJsonError:
            return None

    def log_in(
        self, url: str, payload: Mapping[str, str | None]
    ) -> tuple[object, requests.Response]:
        """Post a log-in: its decoded answer, and the response itself for its cookies.

        Raises:
            AuthenticationError: the log-in was refused.
        """
        reply = self.persist(
            "POST", url, data=_json(dict(payload)), content_type="application/json"
        )
        answer = _answer(reply, authenticated=False)
        rule = judge(answer)
        if rule.action is not Action.ACCEPT:
            error = rule.error(answer)
            if isinstance(error, StreamError):
                msg = (
                    f"The log-in at {url} was refused ({answer.status}): check username and "
                    f"password. Jira 11 switches password log-in off by default.{answer.said}"
                )
                error = AuthenticationError(msg)
            raise error
        return decode(answer.body), reply

    def persist(
        self,
        method: str,
        url: str,
        *,
        data: bytes | Mapping[str, t.Any] | None = None,
        content_type: str | None = None,
        auth: AuthBase | None = None,
    ) -> requests.Response:
        """A request before there is a client, or on behalf of a credential, until it is answered.

        Whatever may pass is tried again: network trouble, 429, 5xx, and a success without JSON.

        Raises:
            TapJiraError: it did not pass.
        """
        headers = {"Accept": "application/json"}
        if content_type:
            headers["Content-Type"] = content_type
        end = self.patience.begin()
        for attempt in range(EXCHANGE_TRIES):
            reply = error = None
            try:
                reply = self.send(
                    method, url, data=data, headers=headers, auth=auth or _Unauthenticated()
                )
                error = _passing(_answer(reply, authenticated=auth is not None))
            except TransientError as failure:
                error = failure.error
            if reply is not None and error is None:
                self.patience.answered()
                return reply
            pause = min(EXCHANGE_PAUSE * 2**attempt, self._settings.max_retry_wait_seconds)
            left = self.patience.pause(end, pause)
            if left is None:
                break
            if attempt + 1 < EXCHANGE_TRIES:
                self.patience.trying_again(error)
                time.sleep(left)
        raise t.cast("TapJiraError", error)


def _answer(reply: requests.Response, *, authenticated: bool) -> Answer:
    return Answer(
        str(reply.request.method),
        str(reply.url),
        reply.status_code,
        reply.headers,
        reply.content,
        authenticated=authenticated,
    )


def _passing(answer: Answer) -> TapJiraError | None:
    """What to tell the user of an answer that may be another one soon."""
    rule = judge(answer)
    if rule.action is Action.RETRY:
        return rule.error(answer)
    if rule.action is Action.ACCEPT:
        try:
            decode(answer.body)
        except InvalidJsonError as error:
            return UnavailableError(
                f"{answer.where} answered with something that is not JSON ({error}), several times."
            )
    return None


class _Unauthenticated(requests.auth.AuthBase):
    """Keeps requests from looking for credentials in ``.netrc``."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _json(payload: Mapping[str, t.Any]) -> bytes:
    import msgspec  # noqa: PLC0415

    return msgspec.json.encode(payload)


def _user_agent() -> str:
    try:
        return f"tap-jira/{metadata.version('tap-jira')}"
    except metadata.PackageNotFoundError:
        return "tap-jira"


def _keep_secret(proxy: str) -> None:
    """Keep a proxy's credentials out of the log."""
    parts = urlsplit(proxy)
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    secrets.learn(password, f"{name}:{password}", proxy.rpartition("@")[0].rpartition("//")[2])
