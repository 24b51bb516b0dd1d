"""Every answer has the shape the products document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from sandbox import Jira

Call = Callable[..., Any]
STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}$"
TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
FLAG: dict[str, Any] = {"type": "boolean"}
DIGITS: dict[str, Any] = {"type": "string", "pattern": r"^\d+$"}
WHEN: dict[str, Any] = {"type": "string", "pattern": STAMP}
PAGE = {"startAt": WHOLE, "maxResults": WHOLE, "total": WHOLE}


def obj(required: dict[str, Any], *, closed: bool = False, **optional: Any) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "object", "required": list(required)}
    shape["properties"] = {**required, **optional}
    return {**shape, "additionalProperties": False} if closed else shape


def arr(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


CLOUD_USER = obj(
    {"self": TEXT, "accountId": TEXT, "displayName": TEXT, "active": FLAG, "accountType": TEXT},
    emailAddress=TEXT,
    timeZone=TEXT,
)
DC_USER = obj({"self": TEXT, "name": TEXT, "key": TEXT, "displayName": TEXT, "active": FLAG})
ADF = obj({"type": {"const": "doc"}, "version": {"const": 1}, "content": arr({"type": "object"})})
USERS = {True: CLOUD_USER, False: DC_USER}
RICH = {True: ADF, False: TEXT}


def comment(*, cloud: bool) -> dict[str, Any]:
    required = {"self": TEXT, "id": DIGITS, "created": WHEN, "updated": WHEN, "body": RICH[cloud]}
    if cloud:
        required["jsdPublic"] = FLAG
    return obj(
        required,
        closed=True,
        author=USERS[cloud],
        updateAuthor=USERS[cloud],
        visibility=obj({"type": TEXT, "value": TEXT}),
    )


def worklog(*, cloud: bool) -> dict[str, Any]:
    return obj(
        {
            "self": TEXT,
            "id": DIGITS,
            "issueId": DIGITS,
            "comment": RICH[cloud],
            "created": WHEN,
            "updated": WHEN,
            "started": WHEN,
            "timeSpent": TEXT,
            "timeSpentSeconds": WHOLE,
        },
        closed=True,
        author=USERS[cloud],
        updateAuthor=USERS[cloud],
        visibility=obj({"type": TEXT, "value": TEXT}),
    )


def history(*, cloud: bool, bulk: bool = False) -> dict[str, Any]:
    side = TEXT if bulk else {"type": ["string", "null"]}
    sides = dict.fromkeys(("from", "fromString", "to", "toString"), side)
    item = obj({"field": TEXT, "fieldtype": {"enum": ["jira", "custom"]}}, closed=True, **sides)
    if cloud:
        item["properties"]["fieldId"] = TEXT
    if not bulk:
        item["required"] += list(sides)
    created = {"type": "integer", "minimum": 10**12} if bulk else WHEN
    required = {"id": DIGITS, "created": created, "items": arr(item)}
    return obj(required, closed=True, author=USERS[cloud])


def issue(*, cloud: bool) -> dict[str, Any]:
    fields = obj(
        {
            "summary": TEXT,
            "updated": WHEN,
            "created": WHEN,
            "labels": arr(TEXT),
            "project": obj({"id": DIGITS, "key": TEXT}),
            "status": obj({"id": DIGITS, "statusCategory": obj({"id": WHOLE, "key": TEXT})}),
            "issuetype": obj({"id": DIGITS, "name": TEXT, "subtask": FLAG}),
            "assignee": {"anyOf": [USERS[cloud], {"type": "null"}]},
            "description": {"anyOf": [RICH[cloud], {"type": "null"}]},
            "issuelinks": arr(obj({"id": DIGITS, "type": obj({"inward": TEXT, "outward": TEXT})})),
            "comment": obj({**PAGE, "self": TEXT, "comments": arr(comment(cloud=cloud))}),
            "worklog": obj({**PAGE, "worklogs": arr(worklog(cloud=cloud))}, closed=True),
        }
    )
    return obj({"id": DIGITS, "key": TEXT, "self": TEXT, "fields": fields})


FEED = obj(
    {
        "since": WHOLE,
        "until": WHOLE,
        "self": TEXT,
        "values": arr(
            obj({"worklogId": WHOLE, "updatedTime": WHOLE, "properties": arr({})}, closed=True)
        ),
    },
    closed=True,
    lastPage=FLAG,
    isLastPage=FLAG,
    nextPage=TEXT,
)
FIELD = obj(
    {
        "id": TEXT,
        "name": TEXT,
        "custom": FLAG,
        "orderable": FLAG,
        "navigable": FLAG,
        "searchable": FLAG,
        "clauseNames": arr(TEXT),
    },
    schema=obj({"type": TEXT}, items=TEXT, system=TEXT, custom=TEXT, customId=WHOLE),
)
PROJECT = obj({"id": DIGITS, "key": TEXT, "name": TEXT, "projectTypeKey": TEXT, "self": TEXT})


def check(value: Any, schema: dict[str, Any]) -> None:
    Draft202012Validator(schema).validate(value)


def test_cloud_search_page(cloud: Jira, post: Call) -> None:
    schema = obj(
        {"issues": arr(issue(cloud=True))},
        closed=True,
        isLast=FLAG,
        nextPageToken=TEXT,
        names={"type": "object"},
        schema={"type": "object"},
    )
    page = post(
        cloud,
        "/search/jql",
        jql="project is not EMPTY ORDER BY key",
        fields=["*all"],
        expand="names,schema",
        maxResults=100,
    )
    check(page, schema)
    assert page["names"]["summary"] == "Summary"
    assert page["schema"]["summary"] == {"type": "string", "system": "summary"}
    check(
        post(cloud, "/issue/bulkfetch", issueIdsOrKeys=["10001"], fields=["*all"])["issues"][0],
        issue(cloud=True),
    )


def test_cloud_changelogs(cloud: Jira, get: Call, post: Call) -> None:
    bulk = post(cloud, "/changelog/bulkfetch", issueIdsOrKeys=["10007", "10008"], maxResults=20)
    log = obj(
        {"issueId": DIGITS, "changeHistories": arr(history(cloud=True, bulk=True))}, closed=True
    )
    check(bulk, obj({"issueChangeLogs": arr(log)}, closed=True, nextPageToken=TEXT))
    page = {**PAGE, "self": TEXT, "isLast": FLAG, "values": arr(history(cloud=True))}
    check(get(cloud, "/issue/10007/changelog"), obj(page, closed=True, nextPage=TEXT))


@pytest.mark.parametrize("product", ["cloud", "dc"])
def test_shared_shapes(product: str, request: pytest.FixtureRequest, get: Call, post: Call) -> None:
    jira: Jira = request.getfixturevalue(product)
    yes = product == "cloud"
    page = obj({**PAGE, "comments": arr(comment(cloud=yes))}, closed=True)
    check(get(jira, "/issue/10007/comment"), page)
    logs = obj({**PAGE, "worklogs": arr(worklog(cloud=yes))}, closed=True)
    check(get(jira, "/issue/10007/worklog"), logs)
    feed = get(jira, "/worklog/updated", since=0)
    check(feed, FEED)
    check(get(jira, "/worklog/deleted", since=0), FEED)
    ids = [row["worklogId"] for row in feed["values"][:50]]
    check(post(jira, "/worklog/list", ids=ids), arr(worklog(cloud=yes)))
    check(get(jira, "/field"), arr(FIELD))
    check(get(jira, "/issue/10007"), issue(cloud=yes))
    info = obj({"baseUrl": TEXT, "version": TEXT, "deploymentType": TEXT, "serverTime": WHEN})
    check(get(jira, "/serverInfo"), info)
    check(get(jira, "/myself"), USERS[yes])


def test_cloud_lists(cloud: Jira, get: Call) -> None:
    projects = {**PAGE, "self": TEXT, "isLast": FLAG, "values": arr(PROJECT)}
    check(get(cloud, "/project/search"), obj(projects, closed=True, nextPage=TEXT))
    check(get(cloud, "/users/search"), arr(CLOUD_USER))
    users = {**PAGE, "self": TEXT, "isLast": FLAG, "values": arr(CLOUD_USER)}
    check(get(cloud, "/user/bulk", accountId=[cloud.world.users[3].id]), obj(users, closed=True))


def test_dc_lists(dc: Jira, get: Call, post: Call) -> None:
    found = obj(
        {**PAGE, "expand": TEXT, "issues": arr(issue(cloud=False))},
        closed=True,
        warningMessages=arr(TEXT),
    )
    page = post(dc, "/search", jql="", fields=["*all"], expand=["changelog"], maxResults=100)
    check(page, found)
    log = obj({**PAGE, "histories": arr(history(cloud=False))}, closed=True)
    check([one["changelog"] for one in page["issues"]], arr(log))
    check(get(dc, "/project"), arr(PROJECT))
    users = {"isLast": FLAG, "maxResults": WHOLE, "values": arr(DC_USER)}
    check(get(dc, "/user/list", maxResults=20), obj(users, nextCursor=TEXT, nextPage=TEXT))
    check(get(dc, "/user/search", username="."), arr(DC_USER))


def test_every_kind_of_field_occurs(cloud: Jira, dc: Jira) -> None:
    for jira in (cloud, dc):
        empty = {"archiveddate", "archivedby", "thumbnail", "issuekey", "comment", "worklog"}
        seen: set[str] = set()
        for one in list(jira.world.issues.values())[:1000]:
            for field in jira.world.catalogue.fields:
                value = jira.world.field_value(one, field)
                if value is not None and type(value).__name__ != "Absent":
                    seen.add(field.id)
        assert {field.id for field in jira.world.catalogue.fields} - seen <= empty


def test_awkward_texts_arrive_escaped(cloud: Jira, post: Call, pages: Call) -> None:
    found = list(pages(cloud, "project is not EMPTY", fields=["summary", "comment", "description"]))
    text = repr(found)
    assert "\\x00" in text
    assert "\\ud800" in text
    numbers = list(
        pages(cloud, "project is not EMPTY", fields=[cloud.world.field_id("Ledger number")])
    )
    assert "123456789012345678901234567890" in repr(numbers)
