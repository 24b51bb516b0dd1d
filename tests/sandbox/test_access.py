"""Ways in, and what happens at a closed door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox import Jira, Options, RateLimit
from sandbox.auth import basic

Call = Callable[..., Any]
ME = "/rest/api/3/myself"
SEARCH = "/rest/api/3/search/jql"
BODY = {"jql": "project is not EMPTY", "fields": ["key"]}


def test_wrong_cloud_token_goes_on_as_a_stranger(cloud: Jira) -> None:
    wrong = {"authorization": basic("reader@example.com", "nope")}
    code, headers, data = cloud.call("POST", SEARCH, body=BODY, headers=wrong)
    assert code == 200
    assert headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert {issue["key"].split("-")[0] for issue in data["issues"]} == {"PUB"}
    assert cloud.call("GET", ME, headers=wrong)[0] == 401
    assert cloud.call("GET", ME, headers={})[0] == 401
    closed = Jira(Options(issues=20, anonymous_access=False))
    assert closed.call("POST", SEARCH, body=BODY, headers={})[2]["issues"] == []


def test_scoped_tokens_and_gateway(small: Jira) -> None:
    mine = small.auth.credentials
    scoped = {"authorization": basic(mine.email, mine.scoped_token)}
    gate = f"/ex/jira/{small.options.cloud_id}"
    assert small.call("GET", ME, headers=scoped)[0] == 401
    assert small.call("GET", gate + ME, headers=scoped)[0] == 200
    assert small.call("GET", "/_edge/tenant_info", headers={})[2]["cloudId"] in gate
    small.auth.scopes = frozenset({"read:jira-work"})
    code, _, data = small.call("GET", gate + ME, headers=scoped)
    assert (code, data["message"]) == (401, "Unauthorized; scope does not match")
    assert small.call("POST", gate + SEARCH, body=BODY, headers=scoped)[0] == 200
    assert small.call("GET", "/ex/jira/other" + ME, headers=scoped)[0] == 404


def test_refresh_tokens_rotate(small: Jira) -> None:
    mine = small.auth.credentials
    ask = {
        "grant_type": "refresh_token",
        "client_id": mine.client_id,
        "client_secret": mine.client_secret,
        "refresh_token": mine.refresh_token,
    }
    code, _, first = small.call("POST", "/oauth/token", body=ask, headers={})
    assert code == 200
    code, _, data = small.call("POST", "/oauth/token", body=ask, headers={})
    assert (code, data["error"]) == (403, "invalid_grant")
    again = {**ask, "refresh_token": first["refresh_token"]}
    assert small.call("POST", "/oauth/token", body=again, headers={})[0] == 200
    bearer = {"authorization": f"Bearer {first['access_token']}"}
    gate = f"/ex/jira/{small.options.cloud_id}"
    assert small.call("GET", gate + ME, headers=bearer)[0] == 200
    assert small.call("GET", ME, headers=bearer)[0] == 401
    sites = small.call("GET", "/oauth/token/accessible-resources", headers=bearer)[2]
    assert small.options.cloud_id in {site["id"] for site in sites}
    small.clock.advance(3601)
    assert small.call("GET", gate + ME, headers=bearer)[0] == 401


def test_dc_ways_in(small_dc: Jira) -> None:
    mine = small_dc.auth.credentials
    me = "/rest/api/2/myself"
    code, headers, _ = small_dc.call("GET", me)
    assert (code, headers["X-AUSERNAME"]) == (200, "reader")
    good = {"authorization": basic(mine.username, mine.password)}
    assert small_dc.call("GET", me, headers=good)[0] == 200
    code, headers, page = small_dc.call(
        "GET", me, headers={"authorization": basic("reader", "wrong")}
    )
    assert code == 401
    assert "Basic Authentication Failure" in page
    code, headers, _ = small_dc.call("GET", "/rest/api/2/field", headers={})
    assert (code, headers["X-AUSERNAME"]) == (200, "anonymous")
    login = {"username": mine.username, "password": mine.password}
    session = small_dc.call("POST", "/rest/auth/1/session", body=login, headers={})[2]["session"]
    cookie = {"cookie": f"{session['name']}={session['value']}"}
    assert small_dc.call("GET", me, headers=cookie)[0] == 200
    small_dc.auth.end_sessions()
    assert small_dc.call("GET", me, headers=cookie)[0] == 401
    assert small_dc.call("GET", "/rest/auth/1/session", headers=cookie)[0] == 401


def test_dc_closed_doors(make: Call) -> None:
    eleven = make(personality="dc", issues=3, version="11.3.0")
    mine = eleven.auth.credentials
    word = {"authorization": basic(mine.username, mine.password)}
    assert eleven.call("GET", "/rest/api/2/myself", headers=word)[0] == 403
    assert eleven.call("GET", "/rest/api/2/myself")[0] == 200
    guarded = make(personality="dc", issues=3, captcha_after=1)
    wrong = {"authorization": basic("reader", "wrong")}
    assert guarded.call("GET", "/rest/api/2/myself", headers=wrong)[0] == 401
    code, headers, _ = guarded.call("GET", "/rest/api/2/myself", headers=word)
    assert code == 403
    assert headers["X-Seraph-LoginReason"] == "AUTHENTICATION_DENIED"
    assert headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE")


def test_dc_oauth(small_dc: Jira) -> None:
    mine = small_dc.auth.credentials
    ask = {"grant_type": "client_credentials", "client_id": mine.client_id}
    ask["client_secret"] = mine.client_secret
    token = small_dc.call("POST", "/rest/oauth2/latest/token", body=ask, headers={})[2]
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    assert small_dc.call("GET", "/rest/api/2/myself", headers=bearer)[0] == 200
    ask |= {"grant_type": "refresh_token", "refresh_token": mine.refresh_token}
    assert small_dc.call("POST", "/rest/oauth2/latest/token", body=ask, headers={})[0] == 400
    ask["redirect_uri"] = mine.redirect_uri
    assert small_dc.call("POST", "/rest/oauth2/latest/token", body=ask, headers={})[0] == 200


def test_unknown_paths(cloud: Jira, dc: Jira, make: Call) -> None:
    assert dc.call("GET", "/rest/api/3/myself")[2]["status-code"] == 404
    assert "<status>" in dc.call("GET", "/rest/api/2/nope", headers={"accept": "*/*"})[2]
    assert cloud.call("GET", "/rest/api/3/nope")[2]["error"] == "Not Found"
    assert cloud.call("DELETE", "/rest/api/3/field")[0] == 405
    inside = make(personality="dc", issues=3, context_path="/jira")
    assert inside.call("GET", "/rest/api/latest/myself")[0] == 200
    assert inside.base_url.endswith("/jira")


def test_rate_limit_and_impatience(make: Call) -> None:
    jira = make(issues=3, rate_limit=RateLimit(1, 2))
    answers = [jira.call("GET", ME) for _ in range(3)]
    assert [answer[0] for answer in answers] == [200, 200, 429]
    assert answers[2][1]["Retry-After"] == "1"
    assert jira.call("GET", "/rest/api/3/field")[0] == 200  # a bucket of its own
    jira.clock.advance(0.5)
    assert jira.call("GET", ME)[0] == 429
    assert len(jira.limiter.violations) == 1
    jira.clock.advance(1.5)
    assert jira.call("GET", ME)[0] == 200
    assert len(jira.limiter.violations) == 1
    dc = make(personality="dc", issues=3, rate_limit=RateLimit(1, 1))
    assert dc.call("GET", "/rest/api/2/myself")[1]["retry-after"] == "0"
    code, headers, data = dc.call("GET", "/rest/api/2/field")
    assert (code, data) == (429, {"message": "Rate limit exceeded."})
    assert headers["X-RateLimit-FillRate"] == "1"


def test_permissions(cloud: Jira, make: Call) -> None:
    asked = {"permissions": "BROWSE_PROJECTS,ADMINISTER"}
    shown = cloud.call("GET", "/rest/api/3/mypermissions", asked)[2]["permissions"]
    assert {key: row["havePermission"] for key, row in shown.items()} == {
        "BROWSE_PROJECTS": True,
        "ADMINISTER": True,
    }
    assert cloud.call("GET", "/rest/api/3/mypermissions")[0] == 400
    blind = make(issues=3, browse_users=False)
    assert blind.call("GET", "/rest/api/3/users/search")[0] == 403
    someone = blind.world.users[2].id
    assert blind.call("GET", "/rest/api/3/user/bulk", {"accountId": someone})[0] == 200
