"""Where requests go: to the site itself, or through Atlassian's API gateway.

Scoped API tokens, service accounts and OAuth 2.0 access tokens are accepted only at
``https://api.atlassian.com/ex/jira/{cloudId}``; everything else at the site's own address.
"""

from __future__ import annotations

import logging
import typing as t
from urllib.parse import urlsplit

from tap_jira.errors import ConfigurationError, NotJiraError, StreamError
from tap_jira.records.decode import InvalidJsonError, decode

if t.TYPE_CHECKING:
    from tap_jira.http.auth import JiraAuth
    from tap_jira.http.transport import Transport
    from tap_jira.settings import Settings

logger = logging.getLogger("tap-jira.gateway")

OAUTH_METHODS = frozenset({"oauth", "client_credentials"})


def client_base_url(settings: Settings, transport: Transport, auth: JiraAuth) -> str:
    """The address that API paths are relative to."""
    cloud_id = settings.cloud_id
    if cloud_id is None and settings.auth_method in OAUTH_METHODS and _is_cloud(settings):
        cloud_id = _discover(settings, transport, auth)
        logger.info("The cloud id of %s is %s.", settings.base_url, cloud_id)
    if cloud_id is None:
        return settings.base_url
    return f"{settings.api_gateway_url}/ex/jira/{cloud_id}"


def _is_cloud(settings: Settings) -> bool:
    """Whether OAuth goes to Atlassian; self-managed Jira issues its own tokens."""
    host = urlsplit(settings.base_url).hostname or ""
    own = f"{settings.base_url}/rest/oauth2/"
    return host.endswith(".atlassian.net") or not (
        settings.oauth_token_url is None or settings.oauth_token_url.startswith(own)
    )


def _discover(settings: Settings, transport: Transport, auth: JiraAuth) -> str:
    """The cloud id, from the sites that the token reaches, or from the site itself.

    ``GET /oauth/token/accessible-resources`` lists ``{id, url, name, scopes}`` for a 3LO token;
    ``GET {site}/_edge/tenant_info`` answers ``{"cloudId": …}`` to anyone.
    """
    resources = _ask(
        f"{settings.api_gateway_url}/oauth/token/accessible-resources", transport, auth
    )
    for resource in resources if isinstance(resources, list) else ():
        if isinstance(resource, dict) and _same_site(resource.get("url"), settings.base_url):
            return str(resource.get("id"))
    tenant = _ask(f"{settings.base_url}/_edge/tenant_info", transport, None)
    if isinstance(tenant, dict) and tenant.get("cloudId"):
        return str(tenant["cloudId"])
    msg = (
        f"The token reaches no site {settings.base_url}: check base_url, or set cloud_id (it is at "
        f"{settings.base_url}/_edge/tenant_info)."
    )
    raise ConfigurationError(msg)


def _same_site(url: object, base_url: str) -> bool:
    return isinstance(url, str) and url.rstrip("/").lower() == base_url.lower()


def _ask(url: str, transport: Transport, auth: JiraAuth | None) -> object:
    """A decoded answer, or ``None`` where there is no usable one."""
    try:
        reply = transport.persist("GET", url, auth=auth)
        return t.cast("object", decode(reply.content)) if reply.ok else None
    except (InvalidJsonError, StreamError, NotJiraError) as error:
        logger.debug("No cloud id from %s: %s", url, error)
        return None
