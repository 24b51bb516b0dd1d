"""``tap-jira --migrate FILE``: another tap's configuration and STATE as those of this one.

It knows MeltanoLabs' and singer-io's taps for Jira by the names of their settings. A bookmark is
taken over where it means the same here: all that changed before it was read. It is left out, with
the reason, where rows may be missing before it: then this tap reads that stream from `start_date`.
See `docs/migrating/`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import math
import re
import typing as t
from urllib.parse import urlsplit

from tap_jira.errors import ConfigurationError, StateError
from tap_jira.issues.coverage import Coverage
from tap_jira.records.timestamps import floor_minute, from_ms, parse_instant, to_ms, to_text
from tap_jira.settings import Settings, parse
from tap_jira.settings_schema import CONFIG_SCHEMA

if t.TYPE_CHECKING:
    from collections.abc import Mapping

Config = dict[str, t.Any]

OF_THE_SDK = (
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "flattening_separator",
    "batch_config",
)
"""Settings that any tap on singer-sdk has, and that mean the same."""
ANY_ISSUE = "id != null"
"""The JQL filter of MeltanoLabs' tap that is none."""
MARGIN = dt.timedelta(seconds=Settings.lookback_seconds)
"""How far before another tap's bookmark this one begins. They read up to the last change that the
search index showed, which may show one that was made shortly before it later."""
BY_OFFSETS = (
    "Until 2025 the search of Jira Cloud was paged by offset, so that an issue which was changed "
    "meanwhile moved the next one out of sight. If that tap has run since then, remove the "
    "bookmark of issues from the state, or issues may be missing for good."
)
"""What no bookmark tells of itself."""
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)$")


@dataclasses.dataclass
class Migration:
    """What becomes of a configuration and a STATE, and what to say of it."""

    config: Config
    bookmarks: dict[str, dict[str, t.Any]] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)
    """What was not taken over, or differs, and what to do about it."""

    def as_json(self) -> dict[str, t.Any]:
        """Both, for standard output."""
        return {"config": self.config, "state": {"bookmarks": self.bookmarks}}

    def goes_on(self, stream: str, value: str) -> None:
        """Take over how far a stream is, given as text.

        Raises:
            StateError: it is no date.
        """
        instant = parse_instant(value)
        if instant is None or to_ms(instant) < 0:
            msg = f"The STATE's bookmark of {stream} is no date: {value!r}. Correct or remove it."
            raise StateError(msg)
        since = to_text(floor_minute(from_ms(to_ms(instant - MARGIN))))
        self.bookmarks[stream] = {"replication_key": "updated", "replication_key_value": since}
        # Else it would be taken for true of whatever is set before the first run.
        with contextlib.suppress(ConfigurationError):
            self.bookmarks[stream]["scope"] = self._scope
        self.notes.append(f"{stream} goes on from {since}.")

    @property
    def _scope(self) -> dict[str, t.Any]:
        """What the other tap has read with: a bookmark is true for that only.

        Raises:
            ConfigurationError: these settings cannot be followed, and will have to change.
        """
        had: Config = {
            name: self.config[name] for name in ("jql", "start_date") if name in self.config
        }
        made = parse({"base_url": "https://jira", **had})
        return dataclasses.replace(Coverage.of_all(made), jql=made.jql).as_state()

    def reads_again(self, stream: str, reason: str) -> None:
        """Leave out a bookmark."""
        since = self.config.get("start_date") or "the beginning"
        self.notes.append(f"{stream} is read from {since}: {reason}.")


def migrate(config: Mapping[str, t.Any], state: Mapping[str, t.Any] | None) -> Migration:
    """The configuration and STATE of this tap that do what those of another one did.

    Raises:
        ConfigurationError: it is not known whose configuration it is.
        StateError: the STATE is damaged.
    """
    if config.get("domain") and "projects" not in config:
        return _from_meltanolabs(config, _bookmarks(state))
    if config.get("base_url") or config.get("oauth_client_id"):
        return _from_singer_io(config, _bookmarks(state))
    msg = (
        "The file that --migrate names is the configuration neither of MeltanoLabs' tap-jira "
        "(which has a domain) nor of singer-io's (a base_url, or an oauth_client_id). For others "
        "see docs/migrating/."
    )
    raise ConfigurationError(msg)


# --- MeltanoLabs ----------------------------------------------------------------------------------


def _from_meltanolabs(
    config: Mapping[str, t.Any], bookmarks: Mapping[str, Mapping[str, t.Any]]
) -> Migration:
    """``{"domain": "acme.atlassian.net", "email": …, "api_token": …, "start_date": …}``."""
    auth, options = _object(config, "auth"), _object(_object(config, "stream_options"), "issues")
    jql, sizes = options.get("jql"), _object(config, "page_size")
    found = Migration(
        _given(
            base_url=f"https://{str(config['domain']).removeprefix('https://').rstrip('/')}",
            username=config.get("email") or auth.get("username"),
            api_token=config.get("api_token") or auth.get("password"),
            access_token=auth.get("access_token"),
            cloud_id=config.get("cloud_id"),
            start_date=config.get("start_date"),
            end_date=config.get("end_date"),
            jql=None if jql == ANY_ISSUE else jql,
            page_size=_whole("page_size", sizes.get("issues")),
            **{name: config.get(name) for name in OF_THE_SDK},
        )
    )
    if options.get("fields") not in (None, "*all"):
        found.notes.append(
            "stream_options.issues.fields is the catalog's business here: what is not selected is "
            "not asked for."
        )
    if config.get("include_audit_logs"):
        found.notes.append("include_audit_logs is a stream here: select audit_records.")
    known = ("domain", "email", "api_token", "auth", "page_size", "stream_options")
    _tell_of_the_rest(found, config, (*known, "include_audit_logs"))
    if "issues" in bookmarks:
        issues = bookmarks["issues"]
        if reason := _lost_by_meltanolabs(found.config, issues):
            found.reads_again("issues", reason)
        else:
            found.goes_on("issues", str(issues["replication_key_value"]))
            found.notes.append(BY_OFFSETS)
    children = {
        "issue_comments": "comments",
        "issue_changelog": "changelogs",
        "issue_worklogs": "worklogs",
    }
    for theirs, ours in children.items():
        if theirs in bookmarks:
            found.reads_again(
                ours,
                f"{theirs} has no bookmark of its own, and if it was selected later than issues, "
                "it has only what changed since",
            )
    return found


def _lost_by_meltanolabs(config: Mapping[str, t.Any], issues: Mapping[str, t.Any]) -> str | None:
    """Why issues may be missing before a bookmark, if they may."""
    bookmark = issues.get("replication_key_value")
    if bookmark is None:
        return "that tap has not finished reading it"
    if (key := issues.get("replication_key", "updated")) != "updated":
        return f"its bookmark is not of updated, but of {key}"
    if config.get("end_date"):
        return "with an end_date that tap's bookmark passes it, and what it left out is behind that"
    start = config.get("start_date")
    if start and _offset(str(bookmark)) < _offset(str(start)):
        return (
            "that tap wrote start_date into JQL without its offset, and Jira, which reads it in "
            "the time zone of the user, took it for a later time: issues of the first hours are "
            "missing"
        )
    return None


def _offset(text: str) -> int:
    """Minutes of a time's offset from UTC; 0 if it has none."""
    found = _OFFSET.search(text) if "T" in text or " " in text else None
    if not found:
        return 0
    minutes = int(found[2]) * 60 + int(found[3])
    return -minutes if found[1] == "-" else minutes


# --- singer-io ------------------------------------------------------------------------------------


def _from_singer_io(
    config: Mapping[str, t.Any], bookmarks: Mapping[str, Mapping[str, t.Any]]
) -> Migration:
    """``{"base_url": …, "username": …, "password": …}``, or the settings of an OAuth app."""
    base_url = config.get("base_url") or None
    is_cloud = base_url is None or _is_atlassians(str(base_url))
    secret = "api_token" if is_cloud else "password"
    found = Migration(
        _given(
            base_url=base_url,
            username=config.get("username"),
            **{secret: config.get("password")},
            cloud_id=config.get("cloud_id"),
            client_id=config.get("oauth_client_id"),
            client_secret=config.get("oauth_client_secret"),
            access_token=config.get("access_token"),
            refresh_token=config.get("refresh_token"),
            start_date=config.get("start_date"),
            user_agent=config.get("user_agent"),
            request_timeout=_whole("request_timeout", config.get("request_timeout")),
        )
    )
    if base_url is None:
        found.notes.append(
            "base_url is needed besides: the address of the site, not the gateway's."
        )
    if config.get("refresh_token"):
        found.notes.append(
            "oauth_token_file is needed besides: Atlassian replaces the refresh token at each use, "
            "and the tap keeps the current one there."
        )
    if config.get("groups"):
        found.notes.append("groups is not needed: users has all users that may be seen.")
    _tell_of_the_rest(
        found, config, ("password", "oauth_client_id", "oauth_client_secret", "groups")
    )
    issues = bookmarks.get("issues", {}).get("updated")
    if issues is not None:
        if is_cloud:
            found.goes_on("issues", str(issues))
            found.notes.append(BY_OFFSETS)
        else:
            found.reads_again(
                "issues",
                "that tap pages by offset, and an issue that is changed meanwhile moves the next "
                "one out of its sight",
            )
        for theirs, ours, most in (
            ("issue_comments", "comments", "20 comments"),
            ("changelogs", "changelogs", "40 histories"),
        ):
            reason = f"{theirs} has what comes inside issues, on Cloud no more than {most} of each"
            found.reads_again(ours, reason)
    worklogs = bookmarks.get("worklogs", {}).get("updated")
    if worklogs is not None:
        found.goes_on("worklogs", str(worklogs))
    return found


def _is_atlassians(address: str) -> bool:
    """Whether it is a site of Jira Cloud."""
    host = urlsplit(address if "://" in address else f"https://{address}").hostname or ""
    return host.endswith((".atlassian.net", ".jira-dev.com", ".jira.com"))


# --- both -----------------------------------------------------------------------------------------


def _bookmarks(state: Mapping[str, t.Any] | None) -> dict[str, dict[str, t.Any]]:
    """Those of a STATE, which Meltano wraps in an object of its own."""
    inner = (state or {}).get("singer_state", state or {})
    found = inner.get("bookmarks", {}) if isinstance(inner, dict) else None
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        msg = 'The STATE is damaged: expected {"bookmarks": {stream: {…}}}. Leave it out.'
        raise StateError(msg)
    return found


def _given(**settings: t.Any) -> Config:
    return {name: value for name, value in settings.items() if value is not None and value != ""}


def _whole(setting: str, value: object) -> int | None:
    """A number as this tap's setting takes it; it may be text, or larger than that.

    ``None`` of what the other tap takes for none as well, and goes by its default.
    """
    try:
        number = float(str(value))
    except ValueError:
        return None
    most = CONFIG_SCHEMA["properties"][setting]["maximum"]
    return math.ceil(min(number, most)) if number > 0 else None


def _object(config: Mapping[str, t.Any], name: str) -> Mapping[str, t.Any]:
    """A setting with settings in it; empty if there is none."""
    found = config.get(name)
    return found if isinstance(found, dict) else {}


def _tell_of_the_rest(
    found: Migration, config: Mapping[str, t.Any], known: tuple[str, ...]
) -> None:
    """Name the settings without a counterpart, and those that speak of the other tap's columns."""
    if config.get("stream_maps"):
        found.notes.append(
            "stream_maps is left out: streams and columns have other names here, see "
            "docs/migrating/."
        )
    rest = config.keys() - {*known, *OF_THE_SDK, *CONFIG_SCHEMA["properties"], "stream_maps"}
    if rest:
        found.notes.append(f"Without a counterpart: {', '.join(sorted(rest))}.")
