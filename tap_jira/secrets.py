"""Keeping credentials out of whatever the tap writes."""

from __future__ import annotations

import logging
import re
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS_PASSWORD = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
SHORTEST = 4
"""Secrets shorter than this would blank out ordinary words."""


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets, and without passwords in addresses."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, "***")
    return _ADDRESS_PASSWORD.sub(r"\1:***@", text)


class SecretFilter(logging.Filter):
    """Scrubs log records, at every level and from every library.

    The SDK's metrics pass as they are: they carry counts and stream names only.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        """Know what must not be written."""
        super().__init__()
        self._secrets = sorted(set(secrets), key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record if it holds a secret."""
        message = record.getMessage()
        clean = scrub(message, self._secrets)
        if clean != message:
            record.msg, record.args = clean, ()
        return True


def guard_logs(secrets: Iterable[str]) -> None:
    """Put the filter on every handler of the process."""
    shield = SecretFilter(secrets)
    names = [None, *logging.root.manager.loggerDict]
    for name in names:
        for handler in logging.getLogger(name).handlers:
            handler.addFilter(shield)
