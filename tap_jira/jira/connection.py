"""One Jira, ready to be asked: what every stream is given."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import logging
import typing as t

from tap_jira.errors import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    IncompleteReadError,
    LockedOutError,
    NotFoundError,
    NotJiraError,
    PermissionDeniedError,
    StreamError,
)
from tap_jira.http.auth import authenticator
from tap_jira.http.client import JiraClient, Request
from tap_jira.http.gateway import client_base_url
from tap_jira.http.throttle import Throttle
from tap_jira.http.transport import Transport
from tap_jira.jira import jql, site
from tap_jira.jira.pagination import ATTEMPTS, OffsetPaginator, steady
from tap_jira.jira.permissions import ASKED
from tap_jira.records.timestamps import to_text

if t.TYPE_CHECKING:
    import concurrent.futures

    from tap_jira.http.patience import Patience
    from tap_jira.http.workers import Workers
    from tap_jira.jira.apps import App
    from tap_jira.jira.permissions import Permission
    from tap_jira.jira.site import Site
    from tap_jira.settings import Settings

logger = logging.getLogger("tap-jira.connection")

PROJECT_PAGE = 100
"""Most projects in one answer of ``project/search``."""
FIELD_PAGE = 50
"""Most fields in one answer that describes them."""
SUGGESTIONS = 3


@dataclasses.dataclass
class Connection:
    """A client, the site behind it, and what streams ask of it in common."""

    settings: Settings
    client: JiraClient
    site: Site
    workers: Workers
    fields_asked: concurrent.futures.Future[t.Any]
    left_out: list[str] = dataclasses.field(default_factory=list)
    """Configured projects that were not found, and are left out."""
    _apps: dict[App, bool] = dataclasses.field(default_factory=dict)
    _archived_are_told: bool = True
    """Whether Jira lists archived projects."""

    @classmethod
    def open(
        cls, settings: Settings, workers: Workers, patience: Patience | None = None
    ) -> Connection:
        """Connect, prove the credentials, and find out what Jira this is.

        Without ``patience`` a Jira that does not answer is waited for as a run does.

        Raises:
            TapJiraError: it cannot be used, and why.
        """
        transport = Transport(settings, patience)
        throttle = Throttle(settings.max_concurrency, share=settings.share)
        auth = authenticator(settings, transport)
        client = JiraClient(
            workers.run(lambda: client_base_url(settings, transport, auth)),
            transport,
            auth,
            throttle,
            max_retry_wait=settings.max_retry_wait_seconds,
        )
        info = workers.run(lambda: site.server_info(client, settings))
        # Asked for at once with the user: each takes the way there and back and little else.
        fields = workers.start(lambda: client.get("field"))
        found = workers.run(lambda: site.look(client, settings, info))
        if settings.start_date and settings.start_date > found.started_at:
            logger.warning(
                "start_date (%s) lies in the future: until then nothing is read that has a date.",
                to_text(settings.start_date),
            )
        return cls(settings, client, found, workers, fields)

    @functools.cached_property
    def fields(self) -> list[dict[str, t.Any]]:
        """Every field that this user may see: ``GET /rest/api/{2,3}/field``."""
        return t.cast("list[dict[str, t.Any]]", self.workers.result(self.fields_asked))

    def describe_fields(self) -> None:
        """Add to the fields what administrators wrote about them, if this user may read that.

        ``GET field/search`` on Cloud, ``GET customFields`` on Data Center (for administrators): a
        request for every 50 fields, and so nothing for each run.
        """
        path = "field/search" if self.site.is_cloud else "customFields"
        try:
            rows = self.workers.run(lambda: steady(lambda: self._read_pages(path, FIELD_PAGE)))
            told = {str(row["id"]): row.get("description") for row in rows}
        except (StreamError, AttributeError, KeyError, TypeError) as error:
            logger.info("Columns go without the descriptions of their fields: %s", error)
            return
        self.fields = [
            {**field, "description": told.get(str(field.get("id")))} for field in self.fields
        ]

    def confirm_fields(self) -> None:
        """Read the fields until two answers name the same ones.

        Raises:
            IncompleteReadError: no two do.
        """
        for _ in range(ATTEMPTS):
            before = {field["id"] for field in self.fields}
            self.fields = self.workers.run(lambda: self.client.get("field"))
            if {field["id"] for field in self.fields} == before:
                return
        msg = "Jira's list of fields was another one each time that it was read: run again."
        raise IncompleteReadError(msg)

    @functools.cached_property
    def permissions(self) -> frozenset[str] | None:
        """Which of :data:`.permissions.ASKED` the user has; ``None`` if Jira does not say."""
        params = {"permissions": ",".join(ASKED)}
        try:
            found = self.workers.run(lambda: self.client.get("mypermissions", params))
            told = found["permissions"].items()
            if not told:
                return None
            return frozenset(key for key, each in told if each.get("havePermission"))
        except (StreamError, AttributeError, KeyError, TypeError):
            return None

    def lacks(self, needed: Permission) -> bool:
        """Whether it is known that the user does not have it; asked for only if that can tell."""
        held = self.permissions if needed.keys else None
        return held is not None and not held.intersection(needed.keys)

    def has(self, app: App) -> bool:
        """Whether an app is there and licensed, as far as its own information tells."""
        if app not in self._apps:
            self._apps[app] = self.workers.run(lambda: self._look_for(app))
        return self._apps[app]

    def _look_for(self, app: App) -> bool:
        try:
            info = self.client.ask(Request("GET", app.info), patient=False).payload
        except (NotFoundError, NotJiraError):
            return False
        except LockedOutError:
            raise
        except (StreamError, AuthenticationError) as error:
            logger.debug("Whether there is %s is not known: %s", app.name, error)
            return True  # reading it tells
        return isinstance(info, dict) and info.get(app.licensed) is not False

    @functools.cached_property
    def scope(self) -> tuple[str, ...]:
        """The JQL conditions that the settings ask for, with project keys that exist.

        One key that Jira does not know would fail every search with it.

        Raises:
            ConfigurationError: a configured project does not exist.
        """
        keys = self.settings.project_keys
        if keys:
            known = [str(project["key"]) for project in self.projects]
            unknown = [key for key in keys if key not in known]
            if unknown:
                self._refuse(unknown, known)
            keys = tuple(key for key in keys if key in known)
        return jql.scope(keys, self.settings.jql)

    @functools.cached_property
    def ids_by_key(self) -> dict[str, str]:
        """The ids of the visible projects by their keys."""
        return {str(project["key"]): str(project["id"]) for project in self.projects}

    def _refuse(self, unknown: list[str], known: list[str]) -> None:
        """Say which projects are unknown and what may have been meant; fail or warn."""
        hints = []
        for key in unknown:
            near = difflib.get_close_matches(key.upper(), known, n=SUGGESTIONS, cutoff=0.5)
            hints.append(f"{key} (did you mean {' or '.join(near)}?)" if near else key)
        text = (
            f"project_keys names what this user cannot find in Jira: {', '.join(hints)}. The "
            "project may be unknown, archived, renamed, or invisible to these credentials."
        )
        if self.settings.on_unknown_project == "fail" or len(unknown) == len(
            self.settings.project_keys
        ):
            raise ConfigurationError(text)
        self.left_out += unknown
        logger.warning("%s It is left out.", text)

    @functools.cached_property
    def projects(self) -> list[dict[str, t.Any]]:
        """The live projects that this user may see."""
        return self.workers.run(self._read_projects)

    @functools.cached_property
    def projects_with_archived(self) -> list[dict[str, t.Any]]:
        """Those and the archived ones; Cloud lists them by an experimental parameter."""
        asked = (
            {"status": ("live", "archived")} if self.site.is_cloud else {"includeArchived": "true"}
        )
        try:
            found = self.workers.run(lambda: self._read_projects(asked))
            if not self.site.is_cloud:
                # Nothing counts them, and what hangs on one that is missing would be deleted.
                again = self.workers.run(lambda: self._read_projects(asked))
                found = list({row["id"]: row for row in [*found, *again]}.values())
            return found  # noqa: TRY300 - what follows is where it is refused
        except (BadRequestError, NotFoundError, PermissionDeniedError):
            found = self.projects
            self._archived_are_told = False
            return found

    @property
    def doubt_of_projects(self) -> str:
        """Why there may be more projects than were found; empty if there is no reason."""
        if self.left_out:
            return f"project_keys names {', '.join(self.left_out)}, which could not be found."
        return "" if self._archived_are_told else "Jira lists live projects only."

    def _read_projects(self, asked: dict[str, t.Any] | None = None) -> list[dict[str, t.Any]]:
        if not self.site.is_cloud:
            return t.cast("list[dict[str, t.Any]]", self.client.get("project", asked))
        return steady(lambda: self._read_pages("project/search", PROJECT_PAGE, asked))

    def _read_pages(
        self, path: str, size: int, asked: dict[str, t.Any] | None = None
    ) -> list[dict[str, t.Any]]:
        paginator = OffsetPaginator(size)
        found: dict[str, dict[str, t.Any]] = {}
        while not paginator.finished:
            params = {**(asked or {}), **paginator.params(paginator.current_value)}
            result = self.client.ask(Request("GET", path, params=params))
            # A page begins with the last row of the one before.
            found.update((each["id"], each) for each in result.payload["values"])
            paginator.advance(result.response)
        return [*found.values()]

    def project_ids(self) -> list[str]:
        """The ids of the visible projects."""
        return [str(project["id"]) for project in self.projects]
