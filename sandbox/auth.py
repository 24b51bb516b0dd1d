"""Who is asking: every way in of both products, and their traps."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.messages import ApiError, Response, ok

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.messages import Request
    from sandbox.model import User
    from sandbox.options import Options
    from sandbox.world import World

HOUR_MS = 3_600_000
SCOPES = frozenset({"read:jira-work", "read:jira-user"})
NO_ENTRY = "You are not authenticated. Authentication required to perform this operation."
_DENIED = {"code": 401, "message": "Unauthorized"}
_BASIC_PAGE = (
    "<html><head><title>Unauthorized (401)</title></head><body><h1>Basic Authentication Failure"
    " - Reason : AUTHENTICATED_FAILED</h1></body></html>"
)


@dataclass(frozen=True)
class Credentials:
    """The credentials that work when a sandbox starts."""

    email: str = "reader@example.com"
    api_token: str = "sandbox-api-token"
    scoped_token: str = "sandbox-scoped-token"
    username: str = "reader"
    password: str = "sandbox-pässword:1"
    personal_access_token: str = "sandbox-pat"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"
    refresh_token: str = "sandbox-refresh-0"
    redirect_uri: str = "https://localhost/callback"


@dataclass(frozen=True)
class Identity:
    """The caller of one request; no user means anonymous."""

    user: User | None = None
    scopes: frozenset[str] | None = None
    login_reason: str = ""


@dataclass
class _Grant:
    expires: int | None = None
    scopes: frozenset[str] | None = None


@dataclass
class Auth:
    """Checks credentials and hands out tokens; tests revoke them while a client runs."""

    options: Options
    clock: Clock
    world: World
    credentials: Credentials = field(default_factory=Credentials)

    def __post_init__(self) -> None:
        """Set up the default credentials."""
        mine = self.credentials
        self.api_tokens = {(mine.email, mine.api_token): _Grant()}
        self.scoped_tokens = {(mine.email, mine.scoped_token): _Grant(None, SCOPES)}
        self.passwords = {mine.username: mine.password}
        self.personal_tokens: dict[str, _Grant] = {mine.personal_access_token: _Grant()}
        self.access_tokens: dict[str, _Grant] = {}
        self.refresh_tokens = {mine.refresh_token}
        self.sessions: set[str] = set()
        self.scopes = SCOPES
        self.failures = 0
        #: While set, every login with a password is answered with the CAPTCHA challenge.
        self.captcha = False
        #: Access tokens handed out; tests compare it with what they expected.
        self.issued = 0

    # --- taking away --------------------------------------------------------------------------

    def expire_access_tokens(self) -> None:
        """Kill every OAuth access token; refresh tokens live on."""
        self.access_tokens.clear()

    def end_sessions(self) -> None:
        """Forget every cookie session: their holders become anonymous."""
        self.sessions.clear()

    def revoke_everything(self) -> None:
        """Kill all credentials of the caller."""
        for kept in (self.api_tokens, self.scoped_tokens, self.passwords, self.personal_tokens):
            kept.clear()
        self.refresh_tokens.clear()
        self.expire_access_tokens()
        self.end_sessions()

    # --- checking -----------------------------------------------------------------------------

    def identify(self, request: Request) -> Identity:
        """The caller, or the answer that turns them away."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        scheme = scheme.lower()
        if self.options.cloud:
            return self._cloud(request, scheme, value.strip())
        return self._dc(request, scheme, value.strip())

    def _reader(self, scopes: frozenset[str] | None = None) -> Identity:
        return Identity(self.world.users[0], scopes, "OK")

    def _alive(self, grant: _Grant | None) -> bool:
        if grant is None:
            return False
        return grant.expires is None or grant.expires > self.clock.now_ms()

    def _cloud(self, request: Request, scheme: str, value: str) -> Identity:
        if scheme == "bearer":
            grant = self.access_tokens.get(value)
            if not request.gateway or grant is None or not self._alive(grant):
                raise ApiError(401, payload=_DENIED)
            return self._reader(grant.scopes)
        if scheme != "basic":
            if request.gateway:
                raise ApiError(401, payload=_DENIED)
            return Identity()
        pair = _pair(value)
        if self._alive(self.api_tokens.get(pair)):
            return self._reader()
        if self._alive(self.scoped_tokens.get(pair)):
            if request.gateway:
                return self._reader(self.scopes)
            raise ApiError(401, ["Client must be authenticated to access this resource."])
        if request.gateway:
            raise ApiError(401, payload=_DENIED)
        # The trap: whoever fails here goes on as a stranger.
        return Identity(None, None, "AUTHENTICATED_FAILED")

    def _dc(self, request: Request, scheme: str, value: str) -> Identity:
        if scheme == "bearer":
            if self._alive(self.personal_tokens.get(value) or self.access_tokens.get(value)):
                return self._reader()
            message = "Client must be authenticated to access this resource."
            raise ApiError(401, payload={"message": message, "status-code": 401})
        if scheme == "basic":
            if not self.options.basic_allowed:
                message = "Basic Authentication has been disabled on this instance."
                raise ApiError(403, payload={"message": message})
            name, word = _pair(value)
            if self._password(name, word):
                return self._reader()
            reason = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
            raise ApiError(401, html=_BASIC_PAGE, headers=reason)
        for part in request.headers.get("cookie", "").split(";"):
            name, _, session = part.strip().partition("=")
            if name == "JSESSIONID" and session.strip('"') in self.sessions:
                return self._reader()
        return Identity()

    def _password(self, name: str, word: str) -> bool:
        limit = self.options.captcha_after
        if self.captcha or (limit is not None and self.failures >= limit):
            raise ApiError(
                403,
                html="<html><body>Forbidden (403)</body></html>",
                headers={
                    "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
                    "X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; "
                    f"login-url={self.options.context_path}/login.jsp",
                },
            )
        good = self.passwords.get(name) == word
        self.failures = 0 if good else self.failures + 1
        return good

    # --- handing out --------------------------------------------------------------------------

    def log_in(self, request: Request) -> Response:
        """``POST /rest/auth/1/session``."""
        data = request.json()
        if not self.options.basic_allowed:
            raise ApiError(403, ["Login with a password is disabled."])
        if not self._password(str(data.get("username")), str(data.get("password"))):
            raise ApiError(401, ["Login failed"])
        session = secrets.token_hex(16).upper()
        self.sessions.add(session)
        answer = ok(
            {
                "session": {"name": "JSESSIONID", "value": session},
                "loginInfo": {"failedLoginCount": self.failures, "loginCount": 42},
            }
        )
        path = self.options.context_path or "/"
        answer.headers["Set-Cookie"] = f"JSESSIONID={session}; Path={path}; HttpOnly"
        return answer

    def token(self, request: Request) -> Response:
        """The OAuth token endpoint of either product."""
        data = self._form(request)
        mine = self.credentials
        known = data.get("client_id") == mine.client_id
        if not known or data.get("client_secret") != mine.client_secret:
            return _refuse("invalid_client", 401)
        kind = data.get("grant_type")
        answer: dict[str, Any] = {"token_type": "Bearer", "expires_in": HOUR_MS // 1000}
        answer["scope"] = " ".join(sorted(self.scopes)) if self.options.cloud else "READ"
        if kind == "refresh_token":
            if not self.options.cloud and not data.get("redirect_uri"):
                return _refuse("invalid_request", 400)
            if data.get("refresh_token") not in self.refresh_tokens:
                return _refuse("invalid_grant", 403 if self.options.cloud else 400)
            # Rotation: the one just used is dead.
            self.refresh_tokens.discard(str(data["refresh_token"]))
            answer["refresh_token"] = f"sandbox-refresh-{secrets.token_hex(8)}"
            self.refresh_tokens.add(answer["refresh_token"])
        elif kind != "client_credentials":
            return _refuse("unsupported_grant_type", 400)
        self.issued += 1
        answer["access_token"] = f"sandbox-access-{secrets.token_hex(8)}"
        expires = self.clock.now_ms() + HOUR_MS
        self.access_tokens[answer["access_token"]] = _Grant(expires, self.scopes)
        return ok(answer)

    def _form(self, request: Request) -> dict[str, Any]:
        if "json" in request.headers.get("content-type", ""):
            return request.json()
        from urllib.parse import parse_qs  # noqa: PLC0415 - only forms need it

        parsed = parse_qs(request.body.decode())
        data: dict[str, Any] = {name: values[0] for name, values in parsed.items()}
        data |= {name: values[0] for name, values in request.params.items()}
        if "client_id" not in data:
            scheme, _, value = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() == "basic":
                data["client_id"], data["client_secret"] = _pair(value)
        return data

    def resources(self, request: Request, url: str) -> Response:
        """``/oauth/token/accessible-resources``."""
        token = request.headers.get("authorization", "").partition(" ")[2]
        grant = self.access_tokens.get(token)
        if grant is None or not self._alive(grant):
            raise ApiError(401, payload=_DENIED)
        site = {"id": self.options.cloud_id, "url": url, "name": "sandbox"}
        other = {"id": "00000000-other", "url": "https://other.example.com", "name": "other"}
        rest = {"scopes": sorted(grant.scopes or ()), "avatarUrl": ""}
        return ok([{**other, **rest}, {**site, **rest}])


def _pair(value: str) -> tuple[str, str]:
    try:
        name, _, word = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, word


def basic(name: str, word: str) -> str:
    """An ``Authorization`` header value."""
    return "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode()


def _refuse(error: str, status: int) -> Response:
    return ok({"error": error, "error_description": f"{error.replace('_', ' ')}."}, status)
