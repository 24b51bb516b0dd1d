"""Keeping credentials out of whatever the tap writes.

One filter is on every handler of the process's log. It knows the secrets of the configuration
and learns those that a run is given on its way: access tokens, successors of refresh tokens,
session cookies.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import typing as t
from urllib.parse import quote, quote_plus

if t.TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS_CREDENTIALS = re.compile(r"(?<=://)[^/\s@\"']+(?=@)")
SHORTEST = 4
"""Secrets shorter than this would blank out ordinary words."""
HIDDEN = "***"


def forms(secret: str) -> set[str]:
    """The secret as it is, and as it stands in addresses, in JSON and in headers."""
    raw = secret.encode("utf-8", "surrogatepass")
    return {
        secret,
        quote(raw),
        quote(raw, safe=""),
        quote_plus(raw),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }


def texts(value: object) -> list[str]:
    """The texts in a setting's value, also if it has a wrong type."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, (list, tuple)):
        return [text for inner in value for text in texts(inner)]
    return [] if value is None else [str(value)]


class SecretFilter(logging.Filter):
    """Scrubs log records, at every level and from every library."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._forms: tuple[str, ...] = ()

    def learn(self, secrets: Iterable[str]) -> None:
        """Keep these out as well."""
        known = {*self._forms}
        for secret in secrets:
            if len(secret) >= SHORTEST:
                known |= forms(secret)
        # The longest first, or the rest of a secret that holds another one would stay.
        self._forms = tuple(sorted(known, key=len, reverse=True))

    def scrub(self, text: str) -> str:
        """The text without any of the secrets, and without credentials in addresses."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        return _ADDRESS_CREDENTIALS.sub(HIDDEN, text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record if it holds a secret, in its message or in an exception's."""
        message = record.getMessage()
        clean = self.scrub(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info:
            record.exc_text = self.scrub(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


_shield = SecretFilter()


def learn(*secrets: str) -> None:
    """Keep secrets that were given to the tap on its way out of the log as well."""
    _shield.learn(secrets)


def guard_logs(secrets: Iterable[str]) -> None:
    """Put the filter on every handler of the process."""
    _shield.learn(secrets)
    for name in (None, *logging.root.manager.loggerDict):
        for handler in logging.getLogger(name).handlers:
            if _shield not in handler.filters:
                handler.addFilter(_shield)
