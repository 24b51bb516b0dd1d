"""What the current tables and the bridges must hold, from what Jira shows, without SQL.

Names come from the lists that Jira has of things, else from the issue that shows them. An issue
that is gone is not shown by others any more.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sandbox.truth import area_truth, truth
from tests.support.areas import CATEGORIES
from tests.support.expected import expected, instant, server_sprints, storable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from sandbox.jira import Jira

Row = dict[str, Any]
#: Types of fields that hold people.
PICKERS = ("userpicker", "multiuserpicker", "people", "sd-request-participants")
ISSUE_COLUMNS = {
    "original_estimate_seconds": "timeoriginalestimate",
    "remaining_estimate_seconds": "timeestimate",
    "time_spent_seconds": "timespent",
    "total_original_estimate_seconds": "aggregatetimeoriginalestimate",
    "total_remaining_estimate_seconds": "aggregatetimeestimate",
    "total_time_spent_seconds": "aggregatetimespent",
    "work_ratio": "workratio",
}
TIMES = {
    "created": "created",
    "updated": "updated",
    "resolved": "resolutiondate",
    "status_category_changed": "statuscategorychangedate",
}


def utc(value: str | int | None) -> dt.datetime | None:
    """An instant as the models have it: UTC, and nothing that says so."""
    return None if value is None else instant(value).replace(tzinfo=None)


def said(value: Any) -> str | None:
    """The text of a rich text: a line for each block that has any."""
    if not isinstance(value, dict):
        return None if value is None else str(value)
    blocks = ["".join(_texts(block)) for block in value["content"] if list(_texts(block))]
    return "\n".join(blocks) if blocks else None


def _texts(node: Any) -> Iterator[str]:
    """In the order in which PostgreSQL keeps members: the shorter names first."""
    if isinstance(node, list):
        for each in node:
            yield from _texts(each)
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for name in sorted(node, key=lambda each: (len(each), each)):
            yield from _texts(node[name])


class Shown:
    """Everything that a Jira shows, as the models should have it.

    Args:
        jira: the stand-in.
        gone: issues that were seen once and are not to be seen any more.
    """

    def __init__(self, jira: Jira, gone: set[str]) -> None:
        """Take it down as it is now."""
        self.cloud = jira.options.cloud
        self._gone = gone
        found = truth(jira)
        self._raw: dict[str, dict[str, Row]] = {
            name: {key: storable(row) for key, row in rows.items()} for name, rows in found.items()
        }
        self._kinds = {
            key: str((row.get("schema") or {}).get("custom", "")).split(":")[-1]
            for key, row in self._raw["fields"].items()
        }
        self._lists = {name: self._list(jira, name) for name in _LISTS}
        self._described = expected(jira)
        self._requests = {
            row["issueId"]: row
            for row in map(storable, area_truth(jira, "requests"))
            if row["issueId"] in self._raw["issues"]
        }
        self._keys = {row["key"]: key for key, row in self._raw["issues"].items()}
        self._keys |= {key: str(ident) for key, ident in jira.world.old_keys.items()}
        self._people = self._everyone()

    # --- current ------------------------------------------------------------------------------

    def issues(self) -> list[Row]:
        """``jira_issues``."""
        return [self._issue(row) for row in self._raw["issues"].values()]

    def _issue(self, raw: Row) -> Row:
        fields = raw["fields"]
        status, kind, project = fields["status"], fields["issuetype"], fields["project"]
        category = self._category(status)
        row: Row = {"id": raw["id"], "key": raw["key"], "summary": fields["summary"]}
        row |= {f"project_{name}": project[name] for name in ("id", "key", "name")}
        row |= {
            "issue_type_id": kind["id"],
            "issue_type_name": self._name("issue_types", kind),
            "hierarchy_level": self._level(fields),
            "is_subtask": kind["subtask"],
            "status_id": status["id"],
            "status_name": self._name("statuses", status),
            "status_category_key": category,
            "status_category_name": self._lists["status_categories"][category]["name"],
        }
        for name, column in (("priority", "priorities"), ("resolution", "resolutions")):
            row |= {f"{name}_id": _of(fields[name], "id"), f"{name}_name": None}
            if fields[name]:
                row[f"{name}_name"] = self._name(column, fields[name])
        for name in ("assignee", "reporter", "creator"):
            who = self._who(fields[name])
            row |= {f"{name}_id": who, f"{name}_name": self._called(who)}
        row["parent_id"], row["parent_key"] = self._parent(raw)
        row["epic_id"], row["epic_key"] = self._epic(raw)
        row |= self._sprint(raw)
        security = fields["security"]
        row |= {f"security_level_{name}": _of(security, name) for name in ("id", "name")}
        row |= {column: utc(fields.get(name)) for column, name in TIMES.items()}
        described = self._described["issues"][raw["id"]]
        row["due_date"] = described["duedate"]
        row["story_points"] = self._points(fields)
        row |= {column: fields.get(name) for column, name in ISSUE_COLUMNS.items()}
        return row | {name: said(fields[name]) for name in ("description", "environment")}

    def crowds(self) -> list[Row]:
        """Votes and watchers of issues, which change unseen."""
        return [
            {
                "id": key,
                "votes": fields["votes"]["votes"],
                "watchers": fields["watches"]["watchCount"],
            }
            for key, fields in self._issues()
        ]

    def comments(self) -> list[Row]:
        """``jira_comments``."""
        return [
            {
                "id": key,
                "issue_id": raw["issueId"],
                **self._by(raw),
                "body": said(raw["body"]),
                "created": utc(raw["created"]),
                "updated": utc(raw["updated"]),
                "is_public": raw.get("jsdPublic", True) and not raw.get("visibility"),
                "visibility_type": _of(raw.get("visibility"), "type"),
                "visibility_value": _of(raw.get("visibility"), "value"),
                "parent_id": _text(raw.get("parentId")),
            }
            for key, raw in self._raw["comments"].items()
        ]

    def worklogs(self) -> list[Row]:
        """``jira_worklogs``."""
        return [
            {
                "id": key,
                "issue_id": raw["issueId"],
                **self._by(raw),
                "comment": said(raw.get("comment")),
                **{name: utc(raw[name]) for name in ("created", "updated", "started")},
                "time_spent_seconds": raw["timeSpentSeconds"],
            }
            for key, raw in self._raw["worklogs"].items()
        ]

    def changelogs(self) -> list[Row]:
        """``jira_changelogs``."""
        return [
            {
                "id": key,
                "issue_id": raw["issueId"],
                "author_id": self._who(raw.get("author")),
                "created": utc(raw["created"]),
            }
            for key, raw in self._raw["changelogs"].items()
        ]

    def users(self) -> list[Row]:
        """``jira_users``, by the columns that are known of everyone."""
        listed = self._raw["users"].keys()
        return [
            {"id": key, "display_name": name, "is_listed": key in listed}
            for key, name in self._people.items()
        ]

    def projects(self) -> list[Row]:
        """``jira_projects``."""
        return [
            {
                **{name: raw.get(name) for name in ("id", "key", "name", "description")},
                "lead_id": self._who(raw.get("lead")),
                "is_archived": raw.get("archived", False),
                "is_deleted": raw.get("deleted", False),
            }
            for raw in self._raw["projects"].values()
        ]

    def fields(self) -> list[Row]:
        """``jira_fields``."""
        return [
            {
                "id": key,
                "name": raw["name"],
                "is_custom": raw["custom"],
                "type": _of(raw.get("schema"), "type"),
                "items_type": _of(raw.get("schema"), "items"),
                "custom_type": _of(raw.get("schema"), "custom"),
                "is_array": _of(raw.get("schema"), "type") == "array",
            }
            for key, raw in self._raw["fields"].items()
        ]

    def listed(self, stream: str, **columns: str) -> list[Row]:
        """A list of things, by these columns of its model: column → member."""
        return [
            {"id": key, **{column: _text(raw.get(name)) for column, name in columns.items()}}
            for key, raw in self._lists[stream].items()
        ]

    def sprints(self) -> list[Row]:
        """``jira_sprints``."""
        return [
            {
                "id": key,
                "name": raw["name"],
                "state": raw["state"].lower(),
                "goal": raw.get("goal"),
                **{
                    f"{name}_date": utc(raw.get(f"{name}Date"))
                    for name in ("start", "end", "complete")
                },
                "is_listed": key in self._lists["sprints"],
            }
            for key, raw in self._sprints().items()
        ]

    # --- bridges ------------------------------------------------------------------------------

    def issue_labels(self) -> list[Row]:
        """``jira_issue_labels``."""
        return [
            {"issue_id": key, "label": label}
            for key, fields in self._issues()
            for label in set(fields["labels"])
        ]

    def issue_members(self, field: str, name: str, stream: str) -> list[Row]:
        """Components or versions of issues: ``<name>_id`` and ``<name>_name``."""
        return [
            {
                "issue_id": key,
                f"{name}_id": each["id"],
                f"{name}_name": self._name(stream, each),
            }
            for key, fields in self._issues()
            for each in fields[field]
        ]

    def issue_sprints(self) -> list[Row]:
        """``jira_issue_sprints``."""
        sprints = self._sprints()
        return [
            {
                "issue_id": key,
                "sprint_id": each,
                "sprint_name": sprints[each]["name"],
                "sprint_state": sprints[each]["state"].lower(),
            }
            for key, fields in self._issues()
            for each in self._sprints_of(key)
            if fields
        ]

    def issue_attachments(self) -> list[Row]:
        """``jira_issue_attachments``."""
        return [
            {
                "id": file["id"],
                "issue_id": key,
                "file_name": file["filename"],
                "media_type": file["mimeType"],
                "size_bytes": file["size"],
                "author_id": self._who(file.get("author")),
                "author_name": _of(file.get("author"), "displayName"),
                "created": utc(file["created"]),
                "url": file["content"],
            }
            for key, fields in self._issues()
            for file in fields["attachment"]
        ]

    def issue_subtasks(self) -> list[Row]:
        """``jira_issue_subtasks``."""
        return [
            {"issue_id": key, "subtask_id": each["id"]}
            for key, fields in self._issues()
            for each in fields["subtasks"]
            if each["id"] not in self._gone
        ]

    def issue_links(self) -> list[Row]:
        """``jira_issue_links``."""
        found: dict[str, Row] = {}
        for key, fields in self._issues():
            for link in fields["issuelinks"]:
                source = link.get("inwardIssue", {}).get("id", key)
                target = link.get("outwardIssue", {}).get("id", key)
                kind = self._lists["issue_link_types"].get(link["type"]["id"], link["type"])
                row = {"link_id": link["id"], "issue_id": source, "related_issue_id": target}
                row |= {"type_id": link["type"]["id"], "type_name": kind["name"]}
                row |= {name: kind[name] for name in ("inward", "outward")}
                if not {source, target} & self._gone:
                    assert found.setdefault(link["id"], row) == row
        return list(found.values())

    def request_participants(self) -> list[Row]:
        """``jira_request_participants``."""
        given = {key: self._request_fields(fields) for key, fields in self._issues()}
        given |= {key: row["participants"] for key, row in self._requests.items()}
        found = {(key, self._who(each)) for key, every in given.items() for each in every}
        return [
            {"issue_id": key, "user_id": who, "user_name": self._called(who)} for key, who in found
        ]

    def sla_cycles(self) -> list[Row]:
        """``jira_sla_cycles``."""
        names = {
            self._raw["fields"][key]["name"]: key
            for key, kind in self._kinds.items()
            if kind == "sd-sla-field"
        }
        clocks: dict[tuple[str, str], Row] = {}
        for key, row in self._requests.items():
            clocks |= {(key, clock["name"]): clock for clock in row["sla"]}
        for key, fields in self._issues():
            clocks |= {
                (key, fields[field]["name"]): fields[field]
                for field in names.values()
                if fields.get(field)
            }
        return [
            {"issue_id": key, "field_id": names.get(name), "name": name, **cycle}
            for (key, name), clock in clocks.items()
            for cycle in _cycles(clock)
        ]

    # --- pieces -------------------------------------------------------------------------------

    def _issues(self) -> Iterator[tuple[str, Row]]:
        for key, raw in self._raw["issues"].items():
            yield key, raw["fields"]

    def _list(self, jira: Jira, stream: str) -> dict[str, Row]:
        key = "key" if stream == "status_categories" else "id"
        rows = (storable(each) for each in area_truth(jira, stream))
        return {str(row[key]): row for row in rows}

    def _name(self, stream: str, thing: Row) -> str:
        name: str = self._lists[stream].get(str(thing["id"]), thing)["name"]
        return name

    def _category(self, status: Row) -> str:
        listed = self._lists["statuses"].get(status["id"], {}).get("statusCategory")
        if isinstance(listed, str):
            return CATEGORIES[listed]
        key: str = (listed or status["statusCategory"])["key"]
        return key

    def _level(self, fields: Row) -> int | None:
        return fields["issuetype"].get("hierarchyLevel") if self.cloud else None

    def _who(self, person: Row | None) -> str | None:
        for name in ("accountId", "key", "name"):
            if person and person.get(name):
                return str(person[name])
        return None

    def _called(self, who: str | None) -> str | None:
        return None if who is None else self._people[who]

    def _by(self, raw: Row) -> Row:
        author = self._who(raw.get("author"))
        return {
            "author_id": author,
            "author_name": self._called(author),
            "update_author_id": self._who(raw.get("updateAuthor")),
        }

    def _of_kind(self, fields: Row, *kinds: str) -> Iterator[Any]:
        for key, kind in self._kinds.items():
            if kind in kinds and fields.get(key) is not None:
                yield fields[key]

    def _points(self, fields: Row) -> float | None:
        """Of the fields with Jira's own type for them, then of those with their name."""
        by_id = sorted(self._kinds, key=lambda each: (len(each), each))
        typed = [key for key in by_id if self._kinds[key] == "jsw-story-points"]
        named = [
            key
            for key in by_id
            if self._raw["fields"][key]["name"].lower() in {"story points", "story point estimate"}
            and self._raw["fields"][key]["schema"]["type"] == "number"
        ]
        values = (fields.get(key) for key in [*typed, *named])
        return next((value for value in values if value is not None), None)

    def _parent(self, raw: Row) -> tuple[str | None, str | None]:
        """The id and the key of what is above an issue, whatever says so."""
        fields = raw["fields"]
        parent = fields.get("parent")
        if parent is None and not self.cloud:
            for link in self._of_kind(fields, "gh-epic-link"):
                parent = {"id": self._keys.get(link), "key": link}
        if parent is None or parent["id"] in self._gone:
            return None, None
        return parent["id"], parent["key"]

    def _epic(self, raw: Row) -> tuple[str | None, str | None]:
        if self._is_epic(raw["fields"]):
            return None, None
        for _ in range(2):
            ident, key = self._parent(raw)
            if ident is None or (ident not in self._raw["issues"] and not self._tells(raw)):
                return None, None
            if ident not in self._raw["issues"]:
                return ident, key
            raw = self._raw["issues"][ident]
            if self._is_epic(raw["fields"]):
                return ident, key
        return None, None

    @staticmethod
    def _is_epic(fields: Row) -> bool:
        return str(fields["issuetype"]["name"]).startswith("Epic")

    def _tells(self, raw: Row) -> bool:
        """Whether what an issue shows of a parent that cannot be seen says that it is an epic."""
        parent = raw["fields"].get("parent")
        return bool(parent) and self._is_epic(parent["fields"])

    def _sprints(self) -> dict[str, Row]:
        found = {
            str(each["id"]): each for _, fields in self._issues() for each in self._parsed(fields)
        }
        return found | self._lists["sprints"]

    def _parsed(self, fields: Row) -> Iterable[Row]:
        for key, kind in self._kinds.items():
            if kind == "gh-sprint" and fields.get(key):
                if self.cloud:
                    yield from fields[key]
                else:
                    yield from server_sprints(fields[key])

    def _sprints_of(self, key: str) -> list[str]:
        return [str(each["id"]) for each in self._parsed(self._raw["issues"][key]["fields"])]

    def _sprint(self, raw: Row) -> Row:
        sprints = self._sprints()
        here = sorted(self._sprints_of(raw["id"]), key=lambda each: (len(each), each))
        for state in ("active", "future"):
            for each in reversed(here):
                if sprints[each]["state"].lower() == state:
                    name = sprints[each]["name"]
                    return {"sprint_id": each, "sprint_name": name, "sprint_state": state}
        return {"sprint_id": None, "sprint_name": None, "sprint_state": None}

    def _request_fields(self, fields: Row) -> list[Row]:
        return [each for every in self._of_kind(fields, PICKERS[-1]) for each in every]

    def _everyone(self) -> dict[str, str | None]:
        """The name of everyone who is listed, and of everyone who is mentioned anywhere."""
        names: dict[str, str | None] = {}
        for person in self._mentioned():
            who = self._who(person)
            if who:
                names[who] = person.get("displayName") or names.get(who)
        for raw in self._raw["changelogs"].values():
            for item in raw["items"]:
                if item["field"] in {"assignee", "reporter"}:
                    for end in ("from", "to"):
                        if item.get(end) and item[end] not in names:
                            names[item[end]] = item.get(f"{end}String")
        return names | {key: row["displayName"] for key, row in self._raw["users"].items()}

    def _mentioned(self) -> Iterator[Row]:
        for _, fields in self._issues():
            for name in ("assignee", "reporter", "creator"):
                yield fields[name] or {}
            for value in self._of_kind(fields, *PICKERS):
                yield from value if isinstance(value, list) else [value]
            yield from (file.get("author") or {} for file in fields["attachment"])
        for table in ("comments", "worklogs", "changelogs"):
            for raw in self._raw[table].values():
                yield raw.get("author") or {}
                yield raw.get("updateAuthor") or {}
        for row in (*self._raw["projects"].values(), *self._lists["components"].values()):
            yield row.get("lead") or {}
        for row in self._requests.values():
            yield from row["participants"]


_LISTS = (
    "issue_types",
    "statuses",
    "status_categories",
    "priorities",
    "resolutions",
    "components",
    "versions",
    "sprints",
    "boards",
    "issue_link_types",
    "field_options",
    "service_desks",
    "organizations",
)


def _cycles(clock: Row) -> Iterator[Row]:
    every = [
        *clock["completedCycles"],
        *([clock["ongoingCycle"]] if "ongoingCycle" in clock else []),
    ]
    for number, cycle in enumerate(every, 1):
        yield {
            "cycle": number,
            "is_ongoing": number > len(clock["completedCycles"]),
            **{
                column: utc(_of(cycle.get(name), "epochMillis"))
                for column, name in (
                    ("started", "startTime"),
                    ("stopped", "stopTime"),
                    ("breaches", "breachTime"),
                )
            },
            "is_breached": cycle["breached"],
            **{
                f"{column}_seconds": cycle[name]["millis"] / 1000
                for column, name in (
                    ("goal", "goalDuration"),
                    ("elapsed", "elapsedTime"),
                    ("remaining", "remainingTime"),
                )
            },
        }


def _of(thing: Mapping[str, Any] | None, name: str) -> Any:
    return None if thing is None else thing.get(name)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def counted(rows: Iterable[Row], columns: Iterable[str]) -> dict[tuple[Any, ...], int]:
    """How often each row is there, by these columns."""
    found: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in rows:
        found[tuple(row[name] for name in columns)] += 1
    return dict(found)
