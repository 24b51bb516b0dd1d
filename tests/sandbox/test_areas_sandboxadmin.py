"""Agile, people, shared things, administration, service management: lists, truths, closed doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox import Jira, Options
from sandbox.truth import area_truth

Make = Callable[..., Jira]
Row = dict[str, Any]


def ask(jira: Jira, path: str, **params: Any) -> tuple[int, Any]:
    """The status and body of an answer; paths of the platform's API go without its name."""
    where = path if path.startswith("/rest") else api(jira) + path
    status, _, body = jira.call("GET", where, params)
    return status, body


def good(jira: Jira, path: str, **params: Any) -> Any:
    """The body of an answer that must be a success."""
    status, body = ask(jira, path, **params)
    assert status == 200, (path, params, status, body)
    return body


def code(jira: Jira, path: str, **params: Any) -> int:
    """The status of an answer."""
    return ask(jira, path, **params)[0]


def api(jira: Jira) -> str:
    """Where the platform's API is."""
    return "/rest/api/3" if jira.options.cloud else "/rest/api/2"


def by_offset(jira: Jira, path: str, inside: str = "values", **params: Any) -> Iterator[Row]:
    """Rows of pages by ``startAt``."""
    start = 0
    while True:
        page = good(jira, path, startAt=start, **params)
        yield from page[inside]
        start += len(page[inside])
        if page.get("isLast", start >= page.get("total", 0)) or not page[inside]:
            return


def without(rows: list[Row], *names: str) -> list[Row]:
    """The truth without what handlers leave out."""
    return [{name: row[name] for name in row if name not in names} for row in rows]


@pytest.fixture(scope="module", params=["cloud", "dc"])
def site(request: pytest.FixtureRequest) -> Jira:
    return Jira(Options(personality=request.param, issues=200, clock_runs=False))


# --- people -------------------------------------------------------------------------------------


def test_groups(site: Jira, make: Make) -> None:
    truth = area_truth(site, "groups")
    if site.options.cloud:
        assert list(by_offset(site, "/group/bulk")) == truth
        assert len(truth) > 100
        blind = make(issues=3, browse_users=False)
        assert code(blind, "/group/bulk") == 403
        assert good(blind, "/groups/picker")["groups"] == []
        return
    page = good(site, "/groups/picker", maxResults=1000)
    assert page["groups"] == truth
    assert (len(truth), page["total"] > 100) == (20, True)
    assert code(site, "/group/bulk") == 404
    wide = make(issues=3, personality="dc", picker_limit=1000)
    assert len(area_truth(wide, "groups")) == page["total"]
    assert len(good(wide, "/groups/picker")["groups"]) == page["total"]


def test_group_members(site: Jira, make: Make) -> None:
    truth, cloud = area_truth(site, "group_members"), site.options.cloud
    asked, kept = ("groupId", "groupId") if cloud else ("groupname", "groupName")
    sizes = []
    for group in area_truth(site, "groups"):
        ident = group["groupId"] if cloud else group["name"]
        if group["name"] == "gone-meanwhile":
            assert code(site, "/group/member", **{asked: ident}) == 404
            continue
        find = {asked: ident, "includeInactiveUsers": "true"}
        rows = list(by_offset(site, "/group/member", **find))
        mine = [row for row in truth if row[kept] == ident]
        assert rows == without(mine, kept, "userKey")
        sizes.append(len(rows))
        active = list(by_offset(site, "/group/member", **{asked: ident}))
        assert active == [row for row in rows if row["active"]]
    assert 0 in sizes
    assert {row["active"] for row in truth} == {True, False}
    assert code(site, "/group/member") == 400
    assert code(site, "/group/member", **{asked: "nope"}) == 404
    plain = make(issues=3, personality=site.options.personality, administrator=False)
    group = area_truth(plain, "groups")[0]
    assert code(plain, "/group/member", **{asked: group.get(asked, group["name"])}) == (
        200 if cloud else 403
    )


def test_people_change(make: Make) -> None:
    for personality in ("cloud", "dc"):
        jira = make(issues=20, personality=personality)
        before = area_truth(jira, "groups")
        jira.change_areas()
        after = area_truth(jira, "groups")
        assert before != after
        if jira.options.cloud:
            assert list(by_offset(jira, "/group/bulk")) == after
        else:
            assert good(jira, "/groups/picker")["groups"] == after
