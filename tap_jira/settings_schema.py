"""Every setting of the tap, once: its name, its kind, its help text and its default.

:data:`CONFIG_SCHEMA` is what singer-sdk shows (``--about``) and validates against;
:mod:`.settings` turns what is valid into a typed, normalised object.
"""

from __future__ import annotations

import typing as t

from singer_sdk import typing as th

GATEWAY = "https://api.atlassian.com"
TOKEN_URL = "https://auth.atlassian.com/oauth/token"  # noqa: S105 - an address, not a secret
LONGEST_INTERVAL = 100 * 365 * 24
"""Hours; no calendar has the day that comes after many more."""
AUTH_METHODS = ("basic", "pat", "anonymous", "oauth", "client_credentials", "cookie")


def _text(name: str, description: str, **options: t.Any) -> th.Property[t.Any]:
    return th.Property(name, th.StringType, description=description, **options)


def _secret(name: str, description: str) -> th.Property[t.Any]:
    return _text(name, description, secret=True)


def _count(
    name: str, description: str, *, default: int | None = None, **bounds: int
) -> th.Property[t.Any]:
    return th.Property(name, th.IntegerType(**bounds), default=default, description=description)


_PROPERTIES = th.PropertiesList(
    _text(
        "base_url",
        "Where Jira is: `https://acme.atlassian.net`, or a self-managed address with its context "
        "path, `https://jira.acme.com/jira`. A bare host means https. Plain http is accepted for "
        "loopback hosts only.",
        title="Jira address",
        required=True,
    ),
    _text(
        "auth_method",
        "How to log in. Left out, it follows from the credentials that are given: `pat` from a "
        "personal access token, `oauth` or `client_credentials` from a client id, `basic` from a "
        "user name, `anonymous` from none.",
        allowed_values=list(AUTH_METHODS),
    ),
    _text("username", "The e-mail address (Cloud) or user name (self-managed) for `basic`."),
    _secret("api_token", "Atlassian API token, used with `username` on Cloud."),
    _secret("password", "Password, used with `username` on self-managed Jira."),
    _secret("personal_access_token", "Personal access token of a self-managed Jira (`pat`)."),
    _text("client_id", "OAuth 2.0 client id (`oauth`, `client_credentials`)."),
    _secret("client_secret", "OAuth 2.0 client secret (`oauth`, `client_credentials`)."),
    _secret(
        "refresh_token",
        "OAuth 2.0 refresh token (`oauth`). Atlassian replaces it at every use: the successor is "
        "kept in `oauth_token_file`.",
    ),
    _secret(
        "access_token",
        "OAuth 2.0 access token (`oauth`). With a refresh token beside it, it is used until it "
        "expires.",
    ),
    _text(
        "oauth_token_url",
        f"Where OAuth tokens are issued. Default: `{TOKEN_URL}` for Cloud, "
        "`<base_url>/rest/oauth2/latest/token` for self-managed.",
    ),
    _text(
        "oauth_token_file",
        "File that keeps the current refresh token between runs; created with mode 0600 and "
        "replaced atomically. Needed with `refresh_token`, since each use invalidates the old one.",
    ),
    _text(
        "oauth_redirect_uri",
        "The redirect address registered with the OAuth client: self-managed Jira wants it with "
        "`refresh_token` as well. Atlassian's does not.",
    ),
    _text(
        "cloud_id",
        "The site's cloud id. Given, requests go through the API gateway, as scoped API tokens and "
        "service accounts need it; with OAuth it is found automatically.",
    ),
    _text("api_gateway_url", "Address of Atlassian's API gateway.", default=GATEWAY),
    _text(
        "site",
        "A name for this Jira, as a column `site` of every stream and a part of every key: for "
        "several Jiras in the same tables. Decide before the first run.",
    ),
    _text(
        "start_date",
        "Earliest change to replicate, a date or a date-time (UTC unless it has an offset). "
        "Without it everything is read.",
    ),
    _text(
        "end_date",
        "Changes from this date or date-time on are left out. The bookmark never passes it.",
    ),
    th.Property(
        "project_keys",
        th.ArrayType(th.StringType),
        description="Only issues of these projects and what belongs to them. Default: all that "
        "the user may see.",
    ),
    _text(
        "on_unknown_project",
        "What a project key that Jira does not know (unknown, archived, invisible) does: `fail`, "
        "or `warn` and go on with the others.",
        default="fail",
        allowed_values=["fail", "warn"],
    ),
    _text("jql", "An extra JQL filter for issues and what belongs to them. No ORDER BY."),
    th.Property(
        "slice",
        th.CustomType({"type": "object"}),
        description="The part of the site that this process reads, of several that read it all, as "
        "`tap-jira --slices N` prints it.",
    ),
    _count(
        "slices_at_once",
        "How many slices run at once: each takes that share of `max_concurrency` and of Jira's "
        "rate limits. Default: all of them.",
        minimum=1,
    ),
    _text(
        "custom_field_names",
        "How the columns of custom fields are named: `id` (`customfield_10016`) or `name` "
        "(`story_points_10016`: readable, and still unique and stable).",
        default="id",
        allowed_values=["id", "name"],
    ),
    _text(
        "custom_fields",
        "Where the values of custom fields go: `columns` is one for each, `object` is the column "
        "`custom_fields` for all of them, by field id, for sites with more than tables can have.",
        default="columns",
        allowed_values=["columns", "object"],
    ),
    _text(
        "custom_field_values",
        "What the value of a custom field is that holds one thing: `object` as Jira sends it, or "
        "`plain`, the text that people see of it: an option's value (`parent / child` if "
        "cascading), a user's display name, a project's key, the name of a group, a version or a "
        "team; lists of these are arrays of text. Decide before the first run.",
        default="object",
        allowed_values=["object", "plain"],
    ),
    _text(
        "scoped_custom_fields",
        "The same for the fields that each team-managed project of Cloud brings along: `object` is "
        "the column `scoped_fields` for all of them, `columns` is one for each.",
        default="object",
        allowed_values=["object", "columns"],
    ),
    _text(
        "rich_text",
        "What descriptions, environments, comments and text areas are sent as: `document`, Jira's "
        "own form (an object on Cloud, wiki markup on self-managed Jira), `markup`, which is wiki "
        "markup on both (Cloud converts it), or `markdown` (converted from Cloud's documents; the "
        "markup of self-managed Jira stays markup). Decide before the first run.",
        default="document",
        allowed_values=["document", "markup", "markdown"],
    ),
    _text(
        "on_stream_error",
        "What a stream that cannot be read does: `fail` ends with exit code 1 once the others are "
        "done, `warn` says so in the log and the summary only.",
        default="fail",
        allowed_values=["fail", "warn"],
    ),
    th.Property(
        "full_table_interval_hours",
        th.CustomType(
            {
                "type": ["number", "object"],
                "minimum": 0,
                "maximum": LONGEST_INTERVAL,
                "additionalProperties": {
                    "type": "number",
                    "minimum": 0,
                    "maximum": LONGEST_INTERVAL,
                },
            }
        ),
        default=24,
        description="Hours that must have passed before a stream which costs a request per "
        "project, board or the like is read again; 0 reads all in every run. An object sets it "
        'per stream, of any that is read whole: `{"components": 0, "labels": 168}`; the others '
        "keep the default.",
    ),
    _count(
        "page_size",
        "Issues to ask for in one request. Default: 100, the most that Cloud gives. Jira's own "
        "limits still apply.",
        minimum=1,
        maximum=5000,
    ),
    _count(
        "max_concurrency",
        "Most requests under way at once. Atlassian advises no more than 10.",
        default=8,
        minimum=1,
        maximum=50,
    ),
    _count(
        "lookback_seconds",
        "How far before its own start a run's bookmark stays back, for Jira's search index to "
        "catch up. What was already sent is not sent again.",
        default=600,
        minimum=0,
        maximum=604800,
    ),
    _count(
        "request_timeout",
        "Seconds to wait for an answer, or for more of it, before a request is tried again. One "
        "that keeps coming may take five times as long in all.",
        default=120,
        minimum=1,
        maximum=86400,
    ),
    _count(
        "max_retry_wait_seconds",
        "Longest time, in seconds, that one request may spend waiting for Jira's rate limits. The "
        "default outlasts an hourly quota.",
        default=3900,
        minimum=0,
    ),
    _count(
        "max_response_mb",
        "Largest answer accepted, in megabytes after decompression.",
        default=512,
        minimum=1,
        maximum=4096,
    ),
    _text("user_agent", "User-Agent header. Default: `tap-jira/<version>`."),
    _text(
        "ca_bundle",
        "PEM file of certificate authorities to trust instead of the public ones. Wins over "
        "`REQUESTS_CA_BUNDLE`.",
    ),
    _text("client_certificate", "PEM file with a client certificate and its key (mutual TLS)."),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType,
        default=False,
        description="Send ACTIVATE_VERSION after a stream without bookmark was read completely, "
        "so that the target can remove rows that Jira no longer has.",
    ),
)

CONFIG_SCHEMA: dict[str, t.Any] = {
    **_PROPERTIES.to_dict(),
    "dependentRequired": {
        "api_token": ["username"],
        "password": ["username"],
        "client_secret": ["client_id"],
        "refresh_token": ["client_id", "client_secret"],
    },
}
