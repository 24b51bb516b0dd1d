"""What an answer of Jira's means, and what the tap does about it.

:data:`RULES` is the whole table, first match wins: the condition, the action and the sentence
for the user. ``docs/operations.md`` shows the same table.

Two traps of Jira's make this more than a look at the status code. Cloud answers many resources
with 200 *as anonymous* when the credentials are wrong, and says so in ``X-Seraph-LoginReason``
only. Data Center names whom it took the caller for in ``X-AUSERNAME``, and a single sign-on or a
proxy in front of it answers 200 with a login page in HTML.
"""

from __future__ import annotations

import dataclasses
import enum
import re
import typing as t
from functools import cached_property

import msgspec

from tap_jira import errors
from tap_jira.http import ratelimits

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_jira.errors import TapJiraError

MESSAGE_LENGTH = 300


class Action(enum.Enum):
    """What the tap does with an answer."""

    ACCEPT = "accept"
    RETRY = "retry"
    """Try again after a pause."""
    RENEW = "renew"
    """Renew the credential once and try again; without a renewable credential: fail."""
    FAIL = "fail"


@dataclasses.dataclass(frozen=True)
class Answer:
    """One HTTP answer, with just enough of its request to explain it."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    authenticated: bool = True
    """Whether the request carried credentials."""
    is_cloud: bool = False
    """Whether it is known to come from Cloud."""

    @property
    def is_html(self) -> bool:
        """Whether the body is a page for people."""
        kind = self.headers.get("Content-Type", "").lower()
        return "html" in kind or self.body[:200].lstrip().lower().startswith(
            (b"<!doctype", b"<html")
        )

    @property
    def where(self) -> str:
        """The request, without its query."""
        return f"{self.method} {self.url.split('?', 1)[0]}"

    @cached_property
    def messages(self) -> tuple[str, ...]:
        """The messages in any of the shapes that Jira, its gateway and its services use."""
        try:
            payload = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ()
        if not isinstance(payload, dict):
            return ()
        found: list[object] = []
        for name in ("errorMessages", "warningMessages", "errors"):
            value = payload.get(name)
            if isinstance(value, dict):
                found += value.values()
            else:
                found += value if isinstance(value, list) else [value]
        found += [
            payload.get(name)
            for name in (
                "errorMessage",
                "i18nErrorMessage",
                "message",
                "error_description",
                "error",
            )
        ]
        return tuple(dict.fromkeys(text for text in found if isinstance(text, str) and text))

    @property
    def is_rate_limit(self) -> bool:
        """Whether it was refused for a limit; a 503 may be, or a pause of the server's own.

        Other failures may have such words from elsewhere: an app's, say, that met a limit itself.
        """
        words = " ".join(self.messages).lower()
        return (
            self.status == 429  # noqa: PLR2004
            or bool(self.header("RateLimit-Reason"))
            or (self.status == 503 and ("rate limit" in words or "too many requests" in words))  # noqa: PLR2004
        )

    @property
    def said(self) -> str:
        """Jira's own words, ready to be put after a sentence; empty if there are none."""
        if self.messages:
            text = " ".join(self.messages)
        elif self.is_html and (
            title := re.search(rb"<title[^>]*>([^<]*)", self.body, re.IGNORECASE)
        ):
            text = title[1].decode("utf-8", "replace").strip()
        else:
            return ""
        text = " ".join(text.split())
        if len(text) > MESSAGE_LENGTH:
            text = f"{text[:MESSAGE_LENGTH]}…"
        return f' Jira says: "{text}"'

    def header(self, name: str) -> str:
        """A header in lower case, empty if absent."""
        return self.headers.get(name, "").lower()


class Rule(t.NamedTuple):
    """One line of the table."""

    condition: str
    matches: Callable[[Answer], bool]
    action: Action
    error: Callable[[Answer], TapJiraError]


def _text(kind: type[TapJiraError], sentence: str) -> Callable[[Answer], TapJiraError]:
    """An error of this kind whose sentence may name ``{where}``, ``{status}`` and ``{said}``."""
    return lambda answer: kind(
        sentence.format(where=answer.where, status=answer.status, said=answer.said)
    )


def _bad_request(sentence: str) -> Callable[[Answer], TapJiraError]:
    return lambda answer: errors.BadRequestError(
        sentence.format(where=answer.where, status=answer.status, said=answer.said),
        answer.status,
        answer.messages,
    )


def _status(*codes: int) -> Callable[[Answer], bool]:
    return lambda answer: answer.status in codes


_ISSUE_SEARCH = re.compile(r"/rest/api/(?:\d+|latest)/search(?:/jql|/approximate-count)?$")
_BEYOND_WINDOW = re.compile(r"search limit exceeded|search platform limit", re.IGNORECASE)


def _searches_issues(answer: Answer) -> bool:
    """Whether it answers a search for issues; there are others, such as ``project/search``."""
    return bool(_ISSUE_SEARCH.search(answer.where))


def _beyond_window(answer: Answer) -> bool:
    """Whether OpenSearch would not page so far (Jira 10.4+).

    It says *Search limit exceeded: … requests 10100 results which exceeded the search platform
    limit of 10,000* (Atlassian's knowledge base on the search result window). Other failures of a
    server may have such words in a stack trace, and pass.
    """
    return (
        answer.status == 500  # noqa: PLR2004
        and _searches_issues(answer)
        and any(_BEYOND_WINDOW.search(message) for message in answer.messages)
    )


def _blocks_everyone(answer: Answer) -> bool:
    """Whether Data Center is set to block every request; Cloud has no such mode.

    Data Center has headers of its own (*Adjusting your code for rate limiting*). Without them it
    can only be told by there being nothing to wait for.
    """
    if answer.status != 429 or answer.header("X-RateLimit-Limit") != "0":  # noqa: PLR2004
        return False
    if answer.header("X-RateLimit-Interval-Seconds") or answer.header("X-RateLimit-FillRate"):
        return True
    return not answer.is_cloud and not ratelimits.hint(answer.headers)


RULES: tuple[Rule, ...] = (
    Rule(
        "CAPTCHA after failed log-ins (`X-Authentication-Denied-Reason`)",
        lambda a: (
            "captcha" in a.header("X-Authentication-Denied-Reason")
            or a.header("X-Seraph-LoginReason") == "authentication_denied"
        ),
        Action.FAIL,
        _text(
            errors.LockedOutError,
            "Jira demands a CAPTCHA after too many failed log-ins and refuses this user. Log in "
            "once in a browser (or let an administrator reset the failed log-in count), then check "
            "the password; trying again before that makes it last longer.",
        ),
    ),
    Rule(
        "credentials ignored, answered as anonymous (`X-Seraph-LoginReason`)",
        lambda a: a.authenticated and a.header("X-Seraph-LoginReason") == "authenticated_failed",
        Action.RENEW,
        _text(
            errors.AuthenticationError,
            "Jira does not accept the credentials: check the user name and the token or password "
            "(an API token may have expired or been revoked; a scoped API token also needs "
            "cloud_id).",
        ),
    ),
    Rule(
        "answered as anonymous (`X-AUSERNAME: anonymous`)",
        lambda a: a.authenticated and a.header("X-AUSERNAME") == "anonymous",
        Action.RENEW,
        _text(
            errors.AuthenticationError,
            "Jira took the tap for an anonymous visitor: the credentials were ignored or have "
            "expired. Check the token or password.{said}",
        ),
    ),
    Rule(
        "401, a scope is missing",
        lambda a: a.status == 401 and b"scope does not match" in a.body,  # noqa: PLR2004
        Action.FAIL,
        _text(
            errors.MissingScopeError,
            "The token lacks a scope for {where}: add the scope (the README lists them by stream) "
            "or deselect the stream.",
        ),
    ),
    Rule(
        "401 without credentials",
        lambda a: a.status == 401 and not a.authenticated,  # noqa: PLR2004
        Action.FAIL,
        _text(
            errors.PermissionDeniedError,
            "{where} is not open to anonymous visitors: configure credentials or deselect the "
            "stream.",
        ),
    ),
    Rule(
        "401",
        _status(401),
        Action.RENEW,
        _text(
            errors.AuthenticationError,
            "Jira does not accept the credentials (401): check the user name and the token or "
            "password. A scoped API token or a service account needs cloud_id; Jira 11 and later "
            "switch Basic authentication off by default, there a personal_access_token is needed."
            "{said}",
        ),
    ),
    Rule(
        "407, the proxy wants credentials",
        _status(407),
        Action.FAIL,
        _text(
            errors.ConnectionFailedError,
            "The proxy wants credentials (407): put them into the proxy address in HTTPS_PROXY.",
        ),
    ),
    Rule(
        "a redirect",
        lambda a: 300 <= a.status < 400,  # noqa: PLR2004
        Action.FAIL,
        lambda a: errors.NotJiraError(
            f"{a.where} redirects to {a.headers.get('Location', 'nowhere').split('?', 1)[0]}: the "
            "tap does not follow, so that credentials stay with the configured host. Set base_url "
            "to Jira's own final address, with its context path; a log-in page there means that a "
            "single sign-on stands before the REST API."
        ),
    ),
    Rule(
        "429 with `X-RateLimit-Limit: 0` from Data Center, everyone is blocked",
        _blocks_everyone,
        Action.FAIL,
        _text(
            errors.ConnectionFailedError,
            "Jira's rate limiting is set to block every request of this user: an administrator has "
            "to allow it.",
        ),
    ),
    Rule(
        "429, rate limit",
        _status(429),
        Action.RETRY,
        _text(
            errors.UnavailableError,
            "Jira's rate limit held {where} up for longer than max_retry_wait_seconds allows."
            "{said}",
        ),
    ),
    Rule(
        "500 to a search for issues, *Search limit exceeded*: beyond the server's result window",
        _beyond_window,
        Action.FAIL,
        _bad_request("{where}: the search goes beyond Jira's result window.{said}"),
    ),
    Rule(
        "409 to `users/search`: it took more than ten seconds",
        lambda a: a.status == 409 and a.where.endswith("/users/search"),  # noqa: PLR2004
        Action.FAIL,
        _text(
            errors.TooMuchError,
            "{where} takes Jira more than ten seconds (409), however few users are asked for: try "
            "again when it is less busy.{said}",
        ),
    ),
    Rule(
        "413",
        _status(413),
        Action.FAIL,
        _text(
            errors.TooMuchError,
            "{where} is too much for Jira or a proxy before it (413): lower page_size.{said}",
        ),
    ),
    Rule(
        "500, 502, 503, 504, 408, 409, 425",
        _status(500, 502, 503, 504, 408, 409, 425),
        Action.RETRY,
        _text(
            errors.UnavailableError,
            "{where} kept failing with {status} after several tries: Jira or a proxy before it is "
            "in trouble, try again later.{said}",
        ),
    ),
    Rule(
        "200 with an HTML page",
        lambda a: a.status < 300 and a.is_html,  # noqa: PLR2004
        Action.FAIL,
        _text(
            errors.NotJiraError,
            "{where} answered with a web page instead of JSON: a log-in page or a proxy stands "
            "before Jira, or base_url lacks the context path.{said}",
        ),
    ),
    Rule("2xx", lambda a: 200 <= a.status < 300, Action.ACCEPT, _text(errors.StreamError, "")),  # noqa: PLR2004
    Rule(
        "403",
        _status(403),
        Action.FAIL,
        _text(
            errors.PermissionDeniedError,
            "These credentials may not read {where} (403): a permission, a product licence or an "
            "IP allow-list stands against it.{said}",
        ),
    ),
    Rule(
        "404",
        _status(404),
        Action.FAIL,
        _text(
            errors.NotFoundError,
            "{where} does not exist, is switched off, or is invisible to this user (404).{said}",
        ),
    ),
    Rule(
        "400 to a search for issues",
        lambda a: a.status == 400 and _searches_issues(a),  # noqa: PLR2004
        Action.FAIL,
        _bad_request(
            "Jira refuses the search ({status}): check the settings jql and project_keys.{said}"
        ),
    ),
    Rule("anything else", lambda _: True, Action.FAIL, _bad_request("{where}: {status}.{said}")),
)


def judge(answer: Answer) -> Rule:
    """The first rule that fits."""
    return next(rule for rule in RULES if rule.matches(answer))
