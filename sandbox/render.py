"""The JSON shapes of both products, as one caller sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.clock import Stamper
from sandbox.fields import ABSENT
from sandbox.generate import LINK_TYPES
from sandbox.messages import encode, raw
from sandbox.model import (
    Group,
    Instant,
    IssueType,
    Named,
    Option,
    Project,
    Sprint,
    Status,
    User,
    Version,
)
from sandbox.text import Rich, adf, wiki_of
from sandbox.world import Attached, CategoryOf, Crowd, Embedded, Linked

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from sandbox.fields import Field
    from sandbox.model import Comment, History, Issue, Worklog
    from sandbox.world import World

CATEGORIES = {
    "undefined": (1, "medium-gray", "No Category"),
    "new": (2, "blue-gray", "To Do"),
    "done": (3, "green", "Done"),
    "indeterminate": (4, "yellow", "In Progress"),
}
_KEPT = 20_000
_BRIEF = ("summary", "status", "priority", "issuetype")


class Renderer:
    """Prints the world for one time zone and one API version."""

    def __init__(self, world: World, base_url: str, zone: str, version: str) -> None:
        """Print links below ``base_url`` and instants in ``zone``."""
        self.world = world
        self.cloud = world.cloud
        self.stamp = Stamper(zone)
        self.rest = f"{base_url}/rest/api/{version}"
        self.base_url = base_url
        self.adf = world.cloud and version == "3"
        self._epoch = world.epoch
        self._shared: dict[Any, msgspec.Raw] = {}
        self._issues: dict[Any, msgspec.Raw] = {}
        self._kinds: dict[type, Callable[[Any], Any]] = {
            Instant: self.stamp,
            Rich: self.rich,
            list: lambda values: [self.json(value) for value in values],
            Embedded: lambda value: self.embedded(value.issue),
            Linked: self._linked,
            Attached: self._attachment,
            Crowd: self._crowd,
            Option: self._option,
            Sprint: self._sprint,
            CategoryOf: lambda value: self._category(value.status.category),
        }
        shared: dict[type, Callable[[Any], Any]] = {
            User: self.user_shape,
            Group: self._group,
            Status: self._status,
            IssueType: self._issue_type,
            Named: self._named,
            Version: self._version,
            Project: self._project,
        }
        for kind, shape in shared.items():
            self._kinds[kind] = self._sharing(shape)

    def _sharing(self, shape: Callable[[Any], Any]) -> Callable[[Any], msgspec.Raw]:
        def printed(value: Any) -> msgspec.Raw:
            if self._epoch != self.world.epoch:
                self._shared.clear()
                self._issues.clear()
                self._epoch = self.world.epoch
            known = self._shared.get(value)
            if known is None:
                known = self._shared[value] = raw(shape(value))
            return known

        return printed

    # --- values -------------------------------------------------------------------------------

    def json(self, value: Any) -> Any:
        """A model value as JSON-able data."""
        kind = self._kinds.get(type(value))
        return value if kind is None else kind(value)

    def rich(self, text: str) -> Any:
        """Rich text: ADF in version 3, on Cloud wiki text made of it in 2, wiki text elsewhere."""
        if not self.cloud:
            return str(text)
        return adf(text) if self.adf else wiki_of(text)

    def user(self, user: User | None) -> Any:
        """An embedded user, or null."""
        return None if user is None else self.json(user)

    def user_shape(self, user: User) -> dict[str, Any]:
        """A user as it is embedded and listed."""
        avatar = {"48x48": f"{self.base_url}/avatar/{user.key}.png"}
        if not self.cloud:
            return {
                "self": f"{self.rest}/user?username={user.name}",
                "name": user.name,
                "key": user.key,
                "emailAddress": user.email or "?",
                "avatarUrls": avatar,
                "displayName": user.display,
                "active": user.active,
                "timeZone": user.time_zone or self.world.options.server_time_zone,
            }
        shape: dict[str, Any] = {
            "self": f"{self.rest}/user?accountId={user.id}",
            "accountId": user.id,
        }
        if user.email:
            shape["emailAddress"] = user.email
        shape |= {"avatarUrls": avatar, "displayName": user.display, "active": user.active}
        if user.time_zone:
            shape["timeZone"] = user.time_zone
        return {**shape, "accountType": user.kind}

    def _group(self, group: Group) -> Any:
        shape = {"name": group.name, "self": f"{self.rest}/group?groupname={group.name}"}
        return {**shape, "groupId": group.id} if self.cloud else shape

    def _category(self, key: str) -> dict[str, Any]:
        number, colour, name = CATEGORIES[key]
        link = f"{self.rest}/statuscategory/{number}"
        return {"self": link, "id": number, "key": key, "colorName": colour, "name": name}

    def _status(self, status: Status) -> Any:
        return {
            "self": f"{self.rest}/status/{status.id}",
            "description": "",
            "iconUrl": f"{self.base_url}/images/icons/status.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": self._category(status.category),
        }

    def _issue_type(self, kind: IssueType) -> Any:
        shape: dict[str, Any] = {
            "self": f"{self.rest}/issuetype/{kind.id}",
            "id": kind.id,
            "description": "",
            "iconUrl": f"{self.base_url}/images/icons/{kind.id}.svg",
            "name": kind.name,
            "subtask": kind.level < 0,
            "avatarId": 10300,
        }
        return {**shape, "hierarchyLevel": kind.level} if self.cloud else shape

    def _named(self, thing: Named) -> Any:
        shape: dict[str, Any] = {"self": f"{self.rest}/{thing.sort}/{thing.id}", "id": thing.id}
        shape["name"] = thing.name
        if thing.sort == "securitylevel" and self.world.options.numeric_ids:
            return {"id": int(thing.id)}
        if thing.sort == "priority":
            shape["iconUrl"] = f"{self.base_url}/images/icons/{thing.id}.svg"
        else:
            shape["description"] = ""
        return shape

    def _version(self, version: Version) -> Any:
        shape: dict[str, Any] = {
            "self": f"{self.rest}/version/{version.id}",
            "id": version.id,
            "description": "",
            "name": version.name,
            "archived": False,
            "released": version.released,
        }
        return {**shape, "releaseDate": version.date} if version.date else shape

    def _project(self, project: Project) -> dict[str, Any]:
        shape: dict[str, Any] = {
            "self": f"{self.rest}/project/{project.id}",
            "id": str(project.id),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.kind,
            "avatarUrls": {"48x48": f"{self.base_url}/avatar/project/{project.id}"},
        }
        return {**shape, "simplified": project.team_managed} if self.cloud else shape

    def project(self, project: Project, expand: set[str], old_keys: list[str]) -> dict[str, Any]:
        """A project as the project lists give it."""
        shape = self._project(project)
        if self.cloud:
            style = "next-gen" if project.team_managed else "classic"
            shape |= {"style": style, "isPrivate": False, "properties": {}}
            shape["entityId"] = shape["uuid"] = f"aaaaaaaa-0000-4000-8000-0000000{project.id}"
            if project.archived:
                shape |= {"archived": True, "archivedDate": "2025-11-03T10:00:00.000+0000"}
            if project.deleted:
                shape |= {"deleted": True, "deletedDate": "2026-06-01T10:00:00.000+0000"}
                shape["retentionTillDate"] = "2026-07-31T10:00:00.000+0000"
        else:
            shape["archived"] = project.archived
        extras: dict[str, Callable[[], Any]] = {
            "description": lambda: f"All about {project.name}",
            "lead": lambda: self.user(project.lead),
            "url": lambda: f"https://example.com/{project.key.lower()}",
            "projectKeys": lambda: [project.key, *old_keys],
            "issueTypes": lambda: [self.json(kind) for kind in self.world.issue_types],
            "insight": lambda: self._insight(project),
        }
        return {**shape, **{name: extras[name]() for name in extras if name in expand}}

    def _insight(self, project: Project) -> dict[str, Any]:
        mine = [i.updated for i in self.world.issues.values() if i.project is project]
        latest = {"lastIssueUpdateTime": self.stamp(max(mine))} if mine else {}
        return {"totalIssueCount": len(mine), **latest}

    def _option(self, option: Option) -> Any:
        link = f"{self.rest}/customFieldOption/{option.id}"
        number = self.world.options.numeric_ids and option.id.isdigit()
        ident = int(option.id) if number else option.id
        shape: dict[str, Any] = {"self": link, "value": option.value, "id": ident}
        if not self.cloud:
            shape["disabled"] = False
        return {**shape, "child": self._option(option.child)} if option.child else shape

    def _sprint(self, sprint: Sprint) -> Any:
        utc = Stamper("UTC")
        if self.cloud:
            shape: dict[str, Any] = {"id": sprint.id, "name": sprint.name, "state": sprint.state}
            shape |= {"boardId": sprint.board, "goal": sprint.goal}
            ends = (("startDate", sprint.start), ("endDate", sprint.end))
            for name, ms in (*ends, ("completeDate", sprint.complete)):
                if ms is not None:
                    shape[name] = utc(ms).replace("+0000", "Z")
            return shape

        def when(ms: int | None) -> str:
            return "<null>" if ms is None else utc(ms).replace("+0000", "Z")

        return (
            f"com.atlassian.greenhopper.service.sprint.Sprint@1fdd49{sprint.id:02x}["
            f"id={sprint.id},rapidViewId={sprint.board},state={sprint.state.upper()},"
            f"name={sprint.name},startDate={when(sprint.start)},endDate={when(sprint.end)},"
            f"completeDate={when(sprint.complete)},activatedDate={when(sprint.start)},"
            f"sequence={sprint.id},goal={sprint.goal or '<null>'},autoStartStop=false]"
        )

    def _crowd(self, crowd: Crowd) -> Any:
        return {"self": f"{self.rest}/issue/{crowd.issue.key}/{crowd.what}", **crowd.shape}

    def _attachment(self, attached: Attached) -> Any:
        issue, number = attached.issue, attached.number
        ident = issue.id * 2 + number
        return {
            "self": f"{self.rest}/attachment/{ident}",
            "id": ident if self.world.options.numeric_ids else str(ident),
            "filename": f"скриншот {number}.png",
            "author": self.user(self.world.person(issue.seed)),
            "created": self.stamp(issue.created),
            "size": 1000 + issue.seed % 9_000_000,
            "mimeType": "image/png",
            "content": f"{self.rest}/attachment/content/{ident}",
            "thumbnail": f"{self.rest}/attachment/thumbnail/{ident}",
        }

    def embedded(self, issue: Issue) -> Any:
        """An issue inside another."""
        fields = {name: self.json(self.world.value(issue, name)) for name in _BRIEF}
        link = f"{self.rest}/issue/{issue.id}"
        return {"id": str(issue.id), "key": issue.key, "self": link, "fields": fields}

    def _linked(self, linked: Linked) -> Any:
        name, inward, outward = LINK_TYPES[linked.link.kind]
        kind = {
            "id": str(10_000 + linked.link.kind),
            "name": name,
            "inward": inward,
            "outward": outward,
            "self": f"{self.rest}/issueLinkType/{10_000 + linked.link.kind}",
        }
        ident = str(linked.link.id)
        link = {"id": ident, "self": f"{self.rest}/issueLink/{ident}", "type": kind}
        side = "outwardIssue" if linked.link.outward else "inwardIssue"
        return {**link, side: self.embedded(linked.issue)}

    # --- children -----------------------------------------------------------------------------

    def comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        """A comment; its issue shows only in the link."""
        link = f"{self.rest}/issue/{issue.id}/comment/{comment.id}"
        shape: dict[str, Any] = {"self": link, "id": str(comment.id)}
        if comment.author:
            shape["author"] = self.json(comment.author)
        shape["body"] = self.rich(comment.body)
        if comment.editor:
            shape["updateAuthor"] = self.json(comment.editor)
        shape["created"] = self.stamp(comment.created)
        shape["updated"] = self.stamp(comment.updated)
        self._restrict(shape, comment.visibility)
        if self.cloud:
            shape["jsdPublic"] = comment.public
        return shape

    def worklog(self, issue: Issue, log: Worklog, *, properties: bool = False) -> dict[str, Any]:
        """A worklog: knows the id of its issue, not the key; its properties if they are wanted."""
        shape: dict[str, Any] = {"self": f"{self.rest}/issue/{issue.id}/worklog/{log.id}"}
        if log.author:
            shape["author"] = self.json(log.author)
        if log.editor:
            shape["updateAuthor"] = self.json(log.editor)
        shape |= {
            "comment": self.rich(log.body),
            "created": self.stamp(log.created),
            "updated": self.stamp(log.updated),
            "started": self.stamp(log.started),
            "timeSpent": f"{log.seconds // 3600}h {log.seconds // 60 % 60}m",
            "timeSpentSeconds": log.seconds,
            "id": str(log.id),
            "issueId": str(issue.id),
        }
        self._restrict(shape, log.visibility)
        if properties:
            billed = {"key": "billing", "value": {"account": log.id % 5}}
            shape["properties"] = [billed] if log.id % 7 == 0 else []
        return shape

    def _restrict(self, shape: dict[str, Any], role: str | None) -> None:
        if role:
            shape["visibility"] = {"type": "role", "value": role}
            if self.cloud:
                shape["visibility"]["identifier"] = "10002"

    def history(self, change: History, *, bulk: bool = False) -> dict[str, Any]:
        """A change; the bulk form has epoch milliseconds and leaves nulls out."""
        shape: dict[str, Any] = {"id": str(change.id)}
        if change.author:
            shape["author"] = self.json(change.author)
        shape["created"] = change.created if bulk else self.stamp(change.created)
        shape["items"] = [self._item(item, bulk=bulk) for item in change.items]
        return shape

    def _item(self, item: Any, *, bulk: bool) -> dict[str, Any]:
        shape = {"field": item.field, "fieldtype": item.kind}
        if self.cloud and item.field_id:
            shape["fieldId"] = item.field_id
        sides = {"from": item.old, "fromString": item.old_text}
        sides |= {"to": item.new, "toString": item.new_text}
        return shape | {name: side for name, side in sides.items() if side is not None or not bulk}

    # --- issues -------------------------------------------------------------------------------

    def issue(
        self, issue: Issue, names: tuple[str, ...], *, changelog: bool = False, alone: bool = False
    ) -> msgspec.Raw:
        """An issue with the named fields; ``alone`` in an answer of its own."""
        key = (issue.id, issue.version, names, changelog, alone, self.world.epoch)
        known = self._issues.get(key)
        if known is None:
            known = raw(self._issue(issue, names, changelog=changelog, alone=alone))
            if len(self._issues) >= _KEPT:
                self._issues.clear()
            self._issues[key] = known
        return known

    def _issue(
        self,
        issue: Issue,
        names: tuple[str, ...],
        *,
        changelog: bool,
        alone: bool = False,
        full: bool = False,
    ) -> dict[str, Any]:
        shape: dict[str, Any] = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog",
            "id": str(issue.id),
            "self": f"{self.rest}/issue/{issue.id}",
            "key": issue.key,
        }
        fields: dict[str, Any] = {}
        for field in self.world.catalogue.select(names):
            if field.id == "comment":
                fields["comment"] = self.comments(issue, full=full)
            elif field.id == "worklog":
                fields["worklog"] = self.worklogs(issue, full=full)
            else:
                value = self._field(issue, field)
                if value is not ABSENT:
                    fields[field.id] = value
        if changelog:
            shape["changelog"] = self.changelog(issue, alone=alone)
        return {**shape, "fields": fields}

    def _field(self, issue: Issue, field: Field) -> Any:
        value = self.world.field_value(issue, field)
        if type(value) is str and field.rich:
            return self.rich(value)
        return self.json(value)

    def comments(self, issue: Issue, *, full: bool = False) -> dict[str, Any]:
        """The embedded comment list; Cloud cuts it."""
        rows, total = self.world.visible_comments(issue)
        options = self.world.options
        cap = options.caps.embedded_comments
        cut = rows if full or not self.cloud else rows[:cap]
        page: dict[str, Any] = {
            "comments": [self.comment(issue, row) for row in cut],
            "self": f"{self.rest}/issue/{issue.id}/comment",
            "maxResults": cap if len(cut) < len(rows) else len(rows),
            "total": total,
            "startAt": 0,
        }
        if not options.comment_totals:
            del page["total"]
        return page

    def worklogs(self, issue: Issue, *, full: bool = False) -> dict[str, Any]:
        """The embedded worklog list; both products cut it."""
        rows = self.world.worklogs(issue)
        cap = len(rows) if full else self.world.options.caps.embedded_worklogs
        shown = [self.worklog(issue, row) for row in rows[:cap]]
        return {"startAt": 0, "maxResults": cap, "total": len(rows), "worklogs": shown}

    def changelog(self, issue: Issue, *, alone: bool = False) -> dict[str, Any]:
        """The embedded changelog: newest first and cut on Cloud, all of it oldest first on DC."""
        rows = self.world.histories(issue)
        caps = self.world.options.caps
        if self.cloud:
            shown = rows[::-1][: caps.embedded_histories]
        else:
            shown = rows[
                : caps.embedded_histories_dc_alone if alone else caps.embedded_histories_dc
            ]
        return {
            "startAt": 0,
            "maxResults": len(shown),
            "total": len(rows),
            "histories": [self.history(row) for row in shown],
        }

    def issue_bytes(self, issue: Issue) -> bytes:
        """Everything about an issue, without any cap."""
        return encode(self._issue(issue, ("*all",), changelog=False, full=True))
