"""The custom fields: one of every kind both products and common apps know."""
# ruff: noqa: E501 - the table reads best with one field a line

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox import text
from sandbox.fields import ABSENT, Field
from sandbox.model import Instant, Option
from sandbox.sla import promise, promises

if TYPE_CHECKING:
    from sandbox.fields import Pick
    from sandbox.model import Issue
    from sandbox.world import World

BASE = "com.atlassian.jira.plugin.system.customfieldtypes:"
GH = "com.pyxis.greenhopper.jira:"
SD = "com.atlassian.servicedesk:"
CONNECT = "com.atlassian.plugins.atlassian-connect-plugin:"
FORMS = "com.atlassian.jira.plugins.proforma-managed-fields:forms-"
PLUGINS = "com.atlassian.jira.plugins."
FIRST_ID = 10_010
HUGE = "123456789012345678901234567890"
Value = Callable[["World", "Issue", int], Any]


def _few(n: int, value: Pick) -> Pick:
    """A value on one of ``n`` issues, null on the others."""
    return lambda w, i, h: value(w, i, h // n) if h % n == 0 else None


def _words(_w: World, _i: Issue, h: int) -> str:
    return text.sentence(h)


def _rich(_w: World, _i: Issue, h: int) -> str:
    return text.body(h)


def _count(_w: World, _i: Issue, h: int) -> int:
    return h % 7


def _number(_w: World, _i: Issue, h: int) -> float:
    return (h % 40) / 2


def _huge(_w: World, _i: Issue, h: int) -> Any:
    # Raw, because no JSON number type of the encoder is wide enough.
    return msgspec.Raw((HUGE, "1e308", "-0.0", "9007199254740993")[h % 4].encode())


def _date(w: World, _i: Issue, h: int) -> str:
    return ("0021-03-04", "20210-01-01")[h % 2] if h % 31 in {0, 1} else w.day(h % 800 - 400)


def _moment(w: World, _i: Issue, h: int) -> Any:
    if h % 37 == 0:
        return "0021-03-04T00:00:00.000+0000"
    return Instant(w.start_ms - h % 60_000_000_000)


def _options(w: World, name: str, h: int) -> list[Option]:
    return [o for n, o in enumerate(w.selects[name]) if h >> 2 * n & 1] or w.selects[name][:1]


def _option(name: str) -> Value:
    return lambda w, _i, h: w.selects[name][h % 4]


def _option_list(name: str) -> Value:
    return lambda w, _i, h: _options(w, name, h)


def _cascade(w: World, _i: Issue, h: int) -> Option:
    parent = w.selects["Area"][h % 4]
    if h % 3 == 0:
        return parent
    return Option(parent.id, parent.value, Option(f"{parent.id}{h % 5}", f"Corner {h % 5}"))


def _user(w: World, _i: Issue, h: int) -> Any:
    return w.person(h)


def _users(w: World, _i: Issue, h: int) -> Any:
    return [w.person(h), w.person(h // 7 + 1)]


def _group(w: World, _i: Issue, h: int) -> Any:
    return w.groups[h % len(w.groups)]


def _version(_w: World, i: Issue, h: int) -> Any:
    return i.project.versions[h % len(i.project.versions)] if i.project.versions else None


def _version_list(w: World, i: Issue, h: int) -> Any:
    one = _version(w, i, h)
    return None if one is None else [one]


def _sprints(w: World, i: Issue, h: int) -> Any:
    if not i.project.versions:
        return None
    first = h % (w.first_sprints - 1)
    return w.sprints[first : first + 1 + h % 2]


def _team(_w: World, _i: Issue, h: int) -> Any:
    return {
        "id": f"0f1e2d3c-0000-4000-8000-00000000000{h % 5}",
        "name": f"Team {h % 5}",
        "title": f"Team {h % 5}",
        "avatarUrl": "",
        "isVisible": True,
        "isVerified": False,
        "isShared": True,
    }


def _epic_key(w: World, i: Issue, _h: int) -> Any:
    parent = w.issues.get(i.parent) if i.parent else None
    return parent.key if parent is not None and parent.kind.level == 1 else None


def _jpo_parent(w: World, i: Issue, h: int) -> Any:
    if not w.cloud:
        return _epic_key(w, i, h)
    reason = {"reason": "EPIC_LINK_SHOULD_BE_USED", "message": "Use the epic link."}
    return {"hasEpicLinkFieldDependency": False, "showField": False, "nonEditableReason": reason}


def _in_status(_w: World, _i: Issue, h: int) -> str:
    return f"10029_*:*_1_*:*_{h % 9_999_999}_*|*_10031_*:*_1_*:*_0"


def _request_type(_w: World, i: Issue, h: int) -> Any:
    kind = {
        "id": str(30 + h % 5),
        "name": f"Request {h % 5}",
        "description": "",
        "helpText": "",
        "serviceDeskId": "7",
        "groupIds": ["12"],
    }
    status = {
        "status": "Waiting for support",
        "statusCategory": "INDETERMINATE",
        "statusDate": {"iso8601": "2026-01-02T03:04:05+0000", "epochMillis": 1767323045000},
    }
    links = {"web": f"https://portal.example.com/{i.id}", "self": ""}
    return {"_links": links, "requestType": kind, "currentStatus": status}


def _sla(w: World, i: Issue, h: int) -> Any:
    """What a request has promised; elsewhere what is left of the time when it was one."""
    if i.project.kind == "service_desk":
        return promise(w, i, 0) if promises(i) else None
    return promise(w, i, 0) if h % 6 == 0 else None


def _approvals(w: World, _i: Issue, h: int) -> Any:
    return [
        {
            "id": str(h % 900),
            "name": "Waiting for approval",
            "finalDecision": "approved",
            "canAnswerApproval": False,
            "approvers": [
                {"approver": {"displayName": w.person(h).display}, "approverDecision": "approved"}
            ],
            "createdDate": {"epochMillis": w.start_ms - h % 9_000_000_000},
            "_links": {"self": ""},
        }
    ]


def _assets(w: World, _i: Issue, h: int) -> Any:
    if w.cloud:
        return [{"workspaceId": "ws", "id": f"ws:{h % 300}", "objectId": str(h % 300)}]
    return [f"Server {h % 300} (IT-{h % 300})"]


def _const(value: Any) -> Value:
    return lambda *_: value


def custom_fields(*, cloud: bool, team_project: int | None) -> list[Field]:
    """Every custom field; ids differ between the products, as they do between sites."""
    # (name, custom type, type, items, value, where: b both, c Cloud only, d Data Center only,
    # t in the team-managed project only)
    team_type = "team" if cloud else "any"
    # fmt: off
    rows: list[tuple[str, str, str, str | None, Value, str]] = [
        ("Customer", BASE + "textfield", "string", None, _few(2, _words), "b"),
        ("Customer", BASE + "textfield", "string", None, _few(3, _words), "b"),
        ("Foo Bar", BASE + "textfield", "string", None, _few(4, _words), "b"),
        ("foo-bar", BASE + "textfield", "string", None, _few(4, _words), "b"),
        ("FOO_bar", BASE + "textfield", "string", None, _few(4, _words), "b"),
        ("Updated", BASE + "textfield", "string", None, _few(5, _words), "b"),
        ("id", BASE + "textfield", "string", None, _few(5, _words), "b"),
        ("An extraordinarily long field name, longer than sixty-three bytes — übergroß", BASE + "textfield", "string", None, _few(6, _words), "b"),
        ("顧客名", BASE + "textfield", "string", None, _few(6, _words), "b"),
        ("Read only", BASE + "readonlyfield", "string", None, _few(7, _words), "b"),
        ("Web page", BASE + "url", "string", None, _few(4, lambda _w, i, _h: f"https://example.com/{i.id}?a=1&b=ü"), "b"),
        ("Notes", BASE + "textarea", "string", None, _few(3, _rich), "b"),
        ("Story Points", BASE + "float", "number", None, _few(2, _number), "b"),
        ("Ledger number", BASE + "float", "number", None, _few(5, _huge), "b"),
        ("External issue ID", BASE + "importid", "number", None, _few(9, lambda _w, i, _h: i.id), "b"),
        ("Review date", BASE + "datepicker", "date", None, _few(3, _date), "b"),
        ("Go live", BASE + "datetime", "datetime", None, _few(4, _moment), "b"),
        ("Severity", BASE + "select", "option", None, _few(2, _option("Severity")), "b"),
        ("Impact", BASE + "radiobuttons", "option", None, _few(3, _option("Impact")), "b"),
        ("Platforms", BASE + "multiselect", "array", "option", _few(3, _option_list("Platforms")), "b"),
        ("Checks", BASE + "multicheckboxes", "array", "option", _few(5, _option_list("Checks")), "b"),
        ("Area", BASE + "cascadingselect", "option-with-child", None, _few(3, _cascade), "b"),
        ("Tags", BASE + "labels", "array", "string", _few(4, lambda _w, _i, h: list(text.LABELS[h % 5 : h % 5 + 3])), "b"),
        ("QA owner", BASE + "userpicker", "user", None, _few(3, _user), "b"),
        ("Reviewers", BASE + "multiuserpicker", "array", "user", _few(5, _users), "b"),
        ("People", BASE + "people", "array", "user", _few(9, _users), "c"),
        ("Owning group", BASE + "grouppicker", "group", None, _few(6, _group), "b"),
        ("Groups", BASE + "multigrouppicker", "array", "group", _few(8, lambda w, i, h: [_group(w, i, h)]), "b"),
        ("Other project", BASE + "project", "project", None, _few(8, lambda w, _i, h: w.projects[h % 2]), "b"),
        ("Target version", BASE + "version", "version", None, _few(6, _version), "b"),
        ("Builds", BASE + "multiversion", "array", "version", _few(6, _version_list), "b"),
        ("Team", BASE + "atlassian-team", "team", None, _few(3, _team), "c"),
        ("Category", BASE + "jwm-category", "option2", None, _few(9, _const({"id": "1", "value": "Blue", "colour": "blue"})), "c"),
        ("Goals", BASE + "goals", "array", "goals", _few(9, _const([{"id": "ari:cloud:townsquare::goal/1"}])), "c"),
        ("Sprint", GH + "gh-sprint", "array", "json" if cloud else "string", _few(2, _sprints), "b"),
        ("Epic Link", GH + "gh-epic-link", "any", None, _epic_key, "b"),
        ("Epic Name", GH + "gh-epic-label", "string", None, _few(9, _words), "b"),
        ("Epic Colour", GH + "gh-epic-color", "string", None, _few(9, _const("ghx-label-4")), "b"),
        ("Epic Status", GH + "gh-epic-status", "option", None, _few(9, _option("Epic Status")), "b"),
        ("Rank", GH + "gh-lexo-rank", "any", None, lambda _w, i, _h: f"0|i{i.id:06x}:", "b"),
        ("Old rank", GH + "gh-global-rank", "any", None, lambda _w, i, _h: i.id, "d"),
        ("Story point estimate", GH + "jsw-story-points", "number", None, _few(2, _number), "t"),
        ("Issue color", GH + "jsw-issue-color", "string", None, _few(9, _const("purple")), "c"),
        ("Parent Link", "com.atlassian.jpo:jpo-custom-field-parent", "any", None, _jpo_parent, "b"),
        ("Target start", "com.atlassian.jpo:jpo-custom-field-baseline-start", "date", None, _few(9, _date), "b"),
        ("Target end", "com.atlassian.jpo:jpo-custom-field-baseline-end", "date", None, _few(9, _date), "b"),
        ("Old team", "com.atlassian.teams:rm-teams-custom-field-team", "any", None, _few(9, lambda w, i, h: _team(w, i, h) if w.cloud else str(h % 5)), "b"),
        ("Development", PLUGINS + "jira-development-integration-plugin:devsummarycf", "any", None, lambda _w, _i, h: "{}" if h % 3 else "{pullrequest={dataType=pullrequest, state=OPEN}, json={}}", "b"),
        ("Design", PLUGINS + "jira-development-integration-plugin:designcf", "any", None, _few(9, _count), "c"),
        ("Vulnerability", PLUGINS + "jira-development-integration-plugin:vulnerabilitycf", "any", None, _few(9, _count), "c"),
        ("First response", "com.atlassian.jira.ext.charting:firstresponsedate", "datetime", None, _few(4, _moment), "b"),
        ("Time in status", "com.atlassian.jira.ext.charting:timeinstatus", "any", None, _few(2, _in_status), "b"),
        ("Request Type", SD + "vp-origin", "sd-customerrequesttype", None, _few(6, _request_type), "b"),
        ("Time to resolution", SD + "sd-sla-field", "sd-servicelevelagreement", None, _sla, "b"),
        ("Request participants", SD + "sd-request-participants", "array", "user", _few(9, _users), "b"),
        ("Organizations", SD + "sd-customer-organizations", "array", "sd-customerorganization", _few(9, _const([{"id": "3", "name": "Example Ltd", "_links": {"self": ""}}])), "b"),
        ("Approvals", "com.atlassian.servicedesk.approvals-plugin:sd-approvals", "sd-approvals", None, _few(9, _approvals), "b"),
        ("Satisfaction", SD + "sd-request-feedback", "sd-feedback", None, _few(9, lambda _w, _i, h: {"rating": 1 + h % 5}), "b"),
        ("Satisfaction date", SD + "sd-request-feedback-date", "datetime", None, _few(9, _moment), "b"),
        ("Request language", SD[:-1] + ".servicedesk-lingo-integration-plugin:sd-request-language", "sd-request-lang", None, _few(9, _const({"displayName": "English", "languageCode": "en"})), "b"),
        ("Sentiment", SD[:-1] + ".sentiment:sd-sentiment", "array", "sd-sentiment", _few(9, _const([{"id": "1", "name": "Positive"}])), "c"),
        ("Assets", PLUGINS + "cmdb:cmdb-object-cftype", "array" if cloud else "any", "cmdb-object-field" if cloud else None, _few(7, _assets), "b"),
        ("Affected services", PLUGINS + "service-entity:service-entity-field-cftype", "array", "service-entity-field", _few(9, _const([{"id": "ari:cloud:graph::service/1"}])), "b"),
        ("Total forms", FORMS + "total-field-cftype", "number", None, _count, "b"),
        ("Submitted forms", FORMS + "submitted-field-cftype", "number", None, _count, "b"),
        ("Open forms", FORMS + "open-field-cftype", "any", None, _count, "b"),
        ("Locked forms", FORMS + "locked-field-cftype", "number", None, _count, "b"),
        ("Work category", PLUGINS + "work-category-field:work-category-field-cftype", "string", None, _few(9, _words), "b"),
        ("Testing status", "com.atlassian.bonfire.plugin:bonfire-testing-status-cft", "string", None, _few(9, _const("Not started")), "b"),
        ("Atlas project key", CONNECT + "com.atlassian.atlas.jira__project-key", "string", None, _few(9, _const("ATL-1")), "c"),
        ("Atlas project status", CONNECT + "com.atlassian.atlas.jira__project-status", "option", None, _few(9, _option("Atlas")), "c"),
        ("Cost centre", CONNECT + "com.example.costs__centre", "option2", None, _few(9, _const("4711")), "c"),
        ("Forge score", "ari:cloud:ecosystem::extension/app/env/static/score", "object", None, _few(9, lambda _w, _i, h: {"score": h % 10, "deep": [[{}]]}), "c"),
        ("Account", "com.tempoplugin.tempo-accounts:accounts.customfield", "option2" if cloud else "any", None, _few(4, lambda _w, _i, h: {"id": h % 20, "value": f"Account {h % 20}"}), "b"),
        ("Scripted", "com.onresolve.jira.groovy.groovyrunner:scripted-field", "any", None, _few(5, lambda _w, _i, h: [h % 5, "x", {"y": None}][h % 3]), "b"),
        ("nFeed", "com.valiantys.jira.plugins.SQLFeed:nfeed-standard-customfield-type", "any", None, _few(9, _const("a,b")), "d"),
        ("Insight", "com.riadalabs.jira.plugins.insight:rlabs-customfield-default-object", "any", None, _few(9, lambda _w, _i, h: [f"Laptop (HW-{h % 50})"]), "d"),
        ("Unheard of", "com.example.mystery:thing", "mystery", None, _few(9, _const({"?": [1, None, "é"]})), "b"),
        ("Risk", BASE + "select", "option", None, _few(2, _option("Severity")), "t"),
        ("Demo", BASE + "datetime", "datetime", None, _few(2, _moment), "t"),
        ("Retrospective", BASE + "textarea", "string", None, _few(3, _rich), "t"),
        ("Squad", BASE + "people", "array", "user", _few(3, _users), "t"),
    ]
    # fmt: on
    made: list[Field] = []
    for number, (name, custom, kind, items, value, where) in enumerate(rows):
        if where == ("d" if cloud else "c") or (where == "t" and team_project is None):
            continue
        scope = team_project if where == "t" else None
        configuration = None
        if custom.endswith("atlassian-team"):
            kind = team_type  # noqa: PLW2901 - the same marker, typed differently per site
            configuration = {custom: True}
        made.append(
            Field(
                f"customfield_{FIRST_ID + number + (0 if cloud else 300)}",
                name,
                kind,
                _scoped(value, scope),
                items,
                custom,
                scope=scope,
                configuration=configuration,
            )
        )
    return made


#: Types of fields as they pile up on old sites: type and items; with options, and without.
_WITH_OPTIONS = (
    ("select", "option", None),
    ("multiselect", "array", "option"),
    ("radiobuttons", "option", None),
    ("multicheckboxes", "array", "option"),
)
_WITHOUT: tuple[tuple[str, str, str | None, Value], ...] = (
    ("textfield", "string", None, _words),
    ("float", "number", None, _number),
    ("datepicker", "date", None, _date),
    ("textarea", "string", None, _rich),
    ("userpicker", "user", None, _user),
    ("datetime", "datetime", None, _moment),
    ("multiuserpicker", "array", "user", _users),
    ("grouppicker", "group", None, _group),
)
FIRST_FURTHER_ID, FIRST_FURTHER_OPTION = 15_000, 30_000


def further_fields(count: int) -> tuple[list[Field], dict[str, list[Option]]]:
    """So many more, seldom filled, every third with options; and those options by its name."""
    made: list[Field] = []
    options: dict[str, list[Option]] = {}
    for n in range(count):
        name = f"Further {n} ☂"
        if n % 3:
            custom, kind, items, value = _WITHOUT[n % len(_WITHOUT)]
        else:
            custom, kind, items = _WITH_OPTIONS[n // 3 % len(_WITH_OPTIONS)]
            value = _option_list(name) if items else _option(name)
            first = FIRST_FURTHER_OPTION + 20 * n
            options[name] = [Option(str(first + k), f"Wahl {k}") for k in range(4 + n % 9)]
        ident = f"customfield_{FIRST_FURTHER_ID + n}"
        made.append(Field(ident, name, kind, _few(25, value), items, BASE + custom))
    return made, options


def _scoped(value: Pick, scope: int | None) -> Pick:
    if scope is None:
        return value
    return lambda w, i, h: value(w, i, h) if i.project.id == scope else ABSENT
