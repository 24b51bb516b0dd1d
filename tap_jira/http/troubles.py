"""What a failure of the network means for the user."""

from __future__ import annotations

import socket
import typing as t

import requests
from urllib3.exceptions import HTTPError, NameResolutionError

from tap_jira.errors import ConnectionFailedError, UnavailableError
from tap_jira.http.deadlines import OverdueError

if t.TYPE_CHECKING:
    from tap_jira.errors import TapJiraError


class TransientError(Exception):
    """The exchange failed on its way; trying again may help."""

    def __init__(self, error: TapJiraError) -> None:
        """Keep what to tell the user if trying again does not help."""
        super().__init__(str(error))
        self.error = error


def explain(error: Exception, url: str, request_timeout: float, *, in_doubt: bool) -> Exception:
    """What a failure of the network means for the user.

    ``in_doubt`` is whether somebody waits, and nothing has answered yet.
    """
    host = url.split("/", 3)[2]
    if isinstance(error, requests.exceptions.SSLError):
        return ConnectionFailedError(
            f"The certificate of {host} is not trusted or TLS failed"
            f"{_certificate_reason(error)}. For a private certificate authority set ca_bundle "
            "to its PEM file; for mutual TLS set client_certificate."
        )
    if proxied := _proxy_trouble(error, host):
        return proxied
    if isinstance(error, requests.exceptions.ConnectionError) and (
        resolution := _resolution_error(error)
    ):
        unknown = ConnectionFailedError(
            f"The host {host} is not known: check base_url (and the network's DNS)."
        )
        passing = isinstance(resolution.__cause__, socket.gaierror) and (
            resolution.__cause__.errno == socket.EAI_AGAIN
        )
        return TransientError(unknown) if passing else unknown
    if isinstance(error, (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL)):
        return ConnectionFailedError(f"{host} cannot be asked: {type(error).__name__}.")
    if isinstance(error, requests.exceptions.ReadTimeout):
        if in_doubt:
            late = f"{host} takes connections, but gives no answer. Is Jira up, and is base_url"
            return TransientError(ConnectionFailedError(f"{late} right?"))
        late = f"gave no answer within {request_timeout:g} s"
        if isinstance(error, OverdueError):
            late = f"was not done with its answer after {error.seconds:g} s"
        msg = f"{url} {late}, several times: raise request_timeout, or lower page_size."
        return TransientError(UnavailableError(msg))
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, HTTPError)):
        return TransientError(
            UnavailableError(f"The answer to {url} broke off in the middle, several times.")
        )
    return TransientError(
        ConnectionFailedError(
            f"{host} cannot be reached: the connection failed or was reset, several times. Is "
            "Jira up, and is base_url right?"
        )
    )


def _certificate_reason(error: Exception) -> str:
    """OpenSSL's reason, such as ``self-signed certificate in certificate chain``."""
    text = str(error)
    if "certificate verify failed: " in text:
        return f" ({text.split('certificate verify failed: ', 1)[1].split(' (_ssl', 1)[0]})"
    return ""


def _proxy_trouble(error: Exception, host: str) -> Exception | None:
    """What a proxy's failure means for the user; ``None`` if there was no proxy to fail."""
    if isinstance(error, requests.exceptions.ProxyError):
        if " 407 " in str(error):
            return ConnectionFailedError(
                f"The proxy on the way to {host} wants other credentials (407): put them into "
                "the proxy address in HTTPS_PROXY."
            )
        return TransientError(
            ConnectionFailedError(
                f"The proxy on the way to {host} cannot be used: check HTTPS_PROXY, HTTP_PROXY "
                "and NO_PROXY, and the proxy's credentials."
            )
        )
    if isinstance(error, requests.exceptions.ConnectionError) and "SOCKSHTTP" in str(error):
        if "authentication" in str(error):
            return ConnectionFailedError(
                f"The SOCKS proxy on the way to {host} wants other credentials: put them into the "
                "proxy address in HTTPS_PROXY."
            )
        return TransientError(
            ConnectionFailedError(
                f"{host} cannot be reached through the SOCKS proxy: check HTTPS_PROXY, HTTP_PROXY "
                "and NO_PROXY, the proxy's credentials, and that Jira is up."
            )
        )
    return None


def _resolution_error(error: Exception) -> NameResolutionError | None:
    """The failure to find the host's address that is behind an error of requests."""
    cause: BaseException | None = error
    while cause is not None:
        for each in (cause, getattr(cause, "reason", None)):
            if isinstance(each, NameResolutionError):
                return each
        inner = cause.args[0] if cause.args else None
        if inner is not cause and isinstance(inner, Exception) and getattr(inner, "reason", None):
            cause = inner
        else:
            cause = cause.__cause__
    return None
