"""Every kind of credential: good, expired in the middle of a run, revoked and wrong."""

from __future__ import annotations

import dataclasses
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from tests.faults.support import Tap, civil
from tests.faults.test_matrix import box

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Jira, Sandbox
    from sandbox.options import Personality
    from sandbox.site import Entry
    from tests.support.tap import Run

#: Kinds of credentials, and the settings that each needs on top of the address.
KINDS = {
    "cloud basic": ("username", "api_token"),
    "cloud scoped token": ("username", "api_token", "cloud_id", "api_gateway_url"),
    "cloud oauth": ("client_id", "client_secret", "refresh_token", "oauth_token_file"),
    "cloud access token": ("access_token", "cloud_id", "api_gateway_url"),
    "cloud client_credentials": ("client_id", "client_secret"),
    "dc pat": ("personal_access_token",),
    "dc basic": ("username", "password"),
    "dc cookie": ("username", "password"),
    "dc oauth": ("client_id", "client_secret", "refresh_token", "oauth_token_file"),
    "dc client_credentials": ("client_id", "client_secret"),
}
#: The setting that makes each kind wrong.
WRONG = {
    "cloud basic": "api_token",
    "cloud scoped token": "api_token",
    "cloud oauth": "refresh_token",
    "cloud access token": "access_token",
    "cloud client_credentials": "client_secret",
    "dc pat": "personal_access_token",
    "dc basic": "password",
    "dc cookie": "password",
    "dc oauth": "refresh_token",
    "dc client_credentials": "client_secret",
}
RENEWABLE = [kind for kind in KINDS if "oauth" in kind or "client" in kind or "cookie" in kind]
ENDED = 2
"""How often a credential ends in a run where it ends at all."""


def settings(jira: Sandbox, kind: str, folder: Path) -> dict[str, Any]:
    """The settings that log in to a sandbox in this way, instead of its own ones."""
    mine, cloud = jira.jira.auth.credentials, jira.jira.options.cloud
    known = {
        "username": mine.email if cloud else mine.username,
        "api_token": mine.scoped_token if "scoped" in kind else mine.api_token,
        "password": mine.password,
        "personal_access_token": mine.personal_access_token,
        "client_id": mine.client_id,
        "client_secret": mine.client_secret,
        "refresh_token": mine.refresh_token,
        "oauth_token_file": str(folder / "token.json"),
        "access_token": "",
        "cloud_id": jira.jira.options.cloud_id,
        "api_gateway_url": jira.url,
    }
    if kind == "cloud access token":
        known["access_token"] = access_token(jira.jira)
    chosen: dict[str, Any] = {"username": None, "api_token": None, "personal_access_token": None}
    chosen |= {name: known[name] for name in KINDS[kind]}
    if cloud and "client_id" in chosen:
        chosen |= {"oauth_token_url": f"{jira.url}/oauth/token", "api_gateway_url": jira.url}
    if kind == "dc oauth":
        chosen["oauth_redirect_uri"] = mine.redirect_uri
    if kind == "dc cookie":
        chosen["auth_method"] = "cookie"
    return chosen


def access_token(jira: Jira) -> str:
    """An access token from outside of the tap."""
    mine = jira.auth.credentials
    path = "/oauth/token" if jira.options.cloud else "/rest/oauth2/latest/token"
    grant = {"grant_type": "client_credentials", "client_id": mine.client_id}
    _, _, answer = jira.call("POST", path, body={**grant, "client_secret": mine.client_secret})
    token: str = answer["access_token"]
    return token


def make(jira: Sandbox, kind: str, folder: Path, **config: Any) -> Tap:
    return Tap(jira, folder, **{**settings(jira, kind, folder), "page_size": 20, **config})


def after(jira: Sandbox, request: int, change: Callable[[], object]) -> None:
    """Make a change once, before this API request of a run."""
    seen = [0]

    def count(*_: object) -> None:
        seen[0] += 1
        if seen[0] == request:
            change()

    jira.on_request(1, count)


def end_credentials(jira: Sandbox) -> None:
    jira.jira.auth.expire_access_tokens()
    jira.jira.auth.end_sessions()


def refused(run: Run) -> None:
    """Ended at once, with one line about the credentials."""
    civil(run)
    assert run.code == 1, run.log
    assert len(run.errors) == 1, run.log
    assert any(
        said in run.errors[0]
        for said in ("does not accept", "No access token", "log-in at", "took the tap for")
    ), run.errors


@pytest.mark.parametrize("kind", KINDS)
def test_good(kind: str, tmp_path: Path) -> None:
    with box(kind.split(maxsplit=1)[0]) as jira:
        tap = make(jira, kind, tmp_path)
        tap.sync()
        jira.jira.clock.advance(3600)
        jira.mutate.create_issue("APP")
        if kind == "cloud access token":
            tap.config["access_token"] = access_token(jira.jira)
        tap.sync()


@pytest.mark.parametrize("kind", KINDS)
def test_wrong(kind: str, tmp_path: Path) -> None:
    with box(kind.split(maxsplit=1)[0]) as jira:
        run = make(jira, kind, tmp_path, **{WRONG[kind]: "no-such-secret-4711"}).run()
        refused(run)
        tries = [entry for entry in jira.requests if carries(entry)]
        assert len(tries) <= 2, tries


def carries(entry: Entry) -> bool:
    """Whether a request tried the credentials; a few failed log-ins bring on the CAPTCHA."""
    return "authorization" in entry.headers or "token" in entry.path or "session" in entry.path


@pytest.mark.parametrize("request_number", [4, 9, 15])
@pytest.mark.parametrize("kind", KINDS)
def test_revoked_in_the_middle(kind: str, request_number: int, tmp_path: Path) -> None:
    with box(kind.split(maxsplit=1)[0]) as jira:
        tap = make(jira, kind, tmp_path)
        after(jira, request_number, jira.jira.auth.revoke_everything)
        if "client_credentials" in kind:
            after(jira, request_number, lambda: spoil_client(jira))
        refused(tap.run())


def spoil_client(jira: Sandbox) -> None:
    """Give the client another secret."""
    auth = jira.jira.auth
    auth.credentials = dataclasses.replace(auth.credentials, client_secret="another")


@pytest.mark.parametrize("request_number", [3, 6, 12])
@pytest.mark.parametrize("kind", RENEWABLE)
def test_expired_in_the_middle(kind: str, request_number: int, tmp_path: Path) -> None:
    with box(kind.split(maxsplit=1)[0]) as jira:
        tap = make(jira, kind, tmp_path, page_size=3)
        after(jira, request_number, lambda: end_credentials(jira))
        after(jira, request_number + 14, lambda: end_credentials(jira))
        if kind == "cloud access token":
            refused(tap.run())
            return
        tap.sync()
        logins = [entry for entry in jira.requests if entry.path.endswith(("token", "session"))]
        assert len(logins) == 1 + ENDED, [entry.path for entry in logins]


def test_an_outside_token_with_a_refresh_token_beside_it(tmp_path: Path) -> None:
    with box("cloud") as jira:
        given = access_token(jira.jira)
        jira.reset_counts()
        tap = make(jira, "cloud oauth", tmp_path, access_token=given)
        tap.sync()
        assert "POST /oauth/token" not in jira.counts
        jira.jira.auth.expire_access_tokens()
        jira.jira.clock.advance(3600)
        tap.sync()
        assert jira.counts["POST /oauth/token"] == 1


# The rotating refresh token


def token_file(folder: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((folder / "token.json").read_text())
    return kept


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_the_refresh_token_is_kept(personality: str, tmp_path: Path) -> None:
    with box(personality) as jira:
        tap = make(jira, f"{personality} oauth", tmp_path)
        seen = set()
        for _ in range(3):
            jira.jira.clock.advance(3600)
            tap.sync()
            token = token_file(tmp_path)["refresh_token"]
            assert {token} == jira.jira.auth.refresh_tokens
            assert stat.S_IMODE((tmp_path / "token.json").stat().st_mode) == 0o600
            seen.add(token)
        assert len(seen) == 3
        assert not list(tmp_path.glob(".token*"))


def test_a_newly_configured_refresh_token_wins(tmp_path: Path) -> None:
    with box("cloud") as jira:
        tap = make(jira, "cloud oauth", tmp_path)
        tap.sync()
        jira.jira.auth.refresh_tokens = {"a-new-authorization"}
        refused(tap.run())
        for token in ("a-new-authorization", "a-new-authorization", None):
            run = tap.run(refresh_token=token)
            assert run.code == 0, run.log


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (None, "oauth_token_file is required"),
        ("no/such/folder/token.json", "cannot be written"),
        ("config.json/token.json", "cannot be written"),
        (".", "cannot be read as a token file"),
        ("broken.json", "cannot be read as a token file"),
        ("list.json", "cannot be read as a token file"),
        ("number.json", "cannot be read as a token file"),
    ],
)
def test_a_token_that_could_not_be_kept_is_not_used_up(
    path: str | None, said: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.json").write_text('{"refresh')
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "number.json").write_text('{"refresh_token": 7}')
    with box("cloud") as jira:
        tap = make(jira, "cloud oauth", tmp_path, oauth_token_file=path and str(tmp_path / path))
        run = tap.run()
        assert run.code == 1
        assert len(run.errors) == 1
        assert said in run.errors[0]
        assert jira.jira.auth.refresh_tokens == {jira.jira.auth.credentials.refresh_token}


def test_many_refusals_at_once_renew_once(tmp_path: Path) -> None:
    """Requests side by side meet the end of the token together."""
    with box("cloud", issues=120) as jira:
        tap = make(jira, "cloud oauth", tmp_path, page_size=5)
        after(jira, 12, lambda: end_credentials(jira))
        tap.sync()
        assert jira.counts["POST /oauth/token"] == 2


# What stands around the log-in


TROUBLE = [
    {"kind": "reset"},
    {"kind": "reset_body"},
    {"kind": "truncated_json"},
    {"kind": "empty"},
    {"kind": "status", "status": 503, "html": True},
    {"kind": "status", "status": 429, "retry_after": 0},
]
DOORS = [
    ("dc cookie", "/auth/session"),
    ("dc client_credentials", "/oauth2/latest/token"),
    ("cloud client_credentials", "/oauth/token$"),
]


@pytest.mark.parametrize(("kind", "door"), DOORS)
def test_trouble_at_the_door_passes(kind: str, door: str, tmp_path: Path) -> None:
    with box(kind.split(maxsplit=1)[0]) as jira:
        for trouble in TROUBLE[:3] if "cookie" in kind else TROUBLE[3:]:
            jira.faults.add(Fault(match=door, **trouble))  # type: ignore[arg-type]
        make(jira, kind, tmp_path).sync()


@pytest.mark.parametrize(("kind", "door"), DOORS)
@pytest.mark.parametrize("trouble", ["reset", "invalid_json", "login_page", "status", "redirect"])
def test_trouble_at_the_door_lasts(kind: str, door: str, trouble: str, tmp_path: Path) -> None:
    with box(kind.split(maxsplit=1)[0]) as jira:
        jira.faults.add(Fault(trouble, door, count=999))
        run = make(jira, kind, tmp_path).run()
        assert run.code == 1
        assert len(run.errors) == 1, run.log


def test_captcha_ends_it_at_once(tmp_path: Path) -> None:
    with box("dc", captcha_after=3) as jira:
        jira.jira.auth.captcha = True
        for kind in ("dc basic", "dc cookie"):
            jira.reset_counts()
            run = make(jira, kind, tmp_path).run()
            assert run.code == 1
            assert "CAPTCHA" in run.errors[0]
            assert sum(jira.counts.values()) == 1


@pytest.mark.parametrize("kind", ["dc basic", "dc cookie"])
def test_wrong_passwords_do_not_bring_on_the_captcha(kind: str, tmp_path: Path) -> None:
    with box("dc", captcha_after=3) as jira:
        refused(make(jira, kind, tmp_path, password="wrong-4711").run())
        assert jira.jira.auth.failures < 3


def test_jira_11_says_that_passwords_are_off(tmp_path: Path) -> None:
    with box("dc", version="11.3.2") as jira:
        for kind in ("dc basic", "dc cookie"):
            run = make(jira, kind, tmp_path).run()
            assert run.code == 1
            assert "off by default" in run.errors[0]


def test_anonymous_visitors_see_what_is_public(tmp_path: Path) -> None:
    nobody = {"username": None, "api_token": None, "personal_access_token": None}
    for personality in ("cloud", "dc"):
        with box(personality) as jira:
            tap = Tap(jira, tmp_path, **nobody)
            run = tap.run(on_stream_error="warn")
            assert run.code == 0
            assert any("anyone" in warning for warning in run.warnings)
            assert any("Skipped" in text and "users" in text for text in run.warnings)
            public = [project.id for project in jira.jira.world.projects if project.public]
            projects = {row["project"]["id"] for row in tap.tables.rows["issues"].values()}
            assert projects <= {str(each) for each in public}
            assert Tap(jira, tmp_path, **nobody).run().code == 1


@pytest.mark.parametrize("personality", ["cloud", "dc"])
@pytest.mark.parametrize("allowed", [True, False])
def test_a_refusal_that_jira_contradicts_is_no_lack(
    personality: Personality, allowed: bool, tmp_path: Path
) -> None:
    """Who may browse users is not refused for that: a first run without them is not complete."""
    with box(personality) as jira:
        jira.faults.add(Fault("status", match=r"/users?/(search|list)", status=403, count=5))
        if not allowed:
            lacking = {"permissions": {"USER_PICKER": {"havePermission": False}}}
            jira.faults.add(Fault("put", match="mypermissions", values=lacking, count=9))
        tap = Tap(jira, tmp_path)
        run = tap.run()
        assert run.code == (1 if allowed else 0), run.log
        assert any("users" in text and ("403" in text) is allowed for text in run.warnings)
        jira.faults.clear()
        assert tap.run().code == 0
        assert tap.tables.rows["users"]


def test_a_scoped_token_without_cloud_id_is_told_to_need_it(tmp_path: Path) -> None:
    with box("cloud") as jira:
        run = make(jira, "cloud scoped token", tmp_path, cloud_id=None).run()
        refused(run)
        assert "cloud_id" in run.errors[0]


def test_a_token_for_other_sites_is_told(tmp_path: Path) -> None:
    with box("cloud") as jira:
        jira.faults.add(Fault("status", "tenant_info|accessible-resources", status=404, count=9))
        jira.jira.set_base_url("https://elsewhere.example.com")
        jira.jira.options.cloud_id = ""
        run = make(jira, "cloud client_credentials", tmp_path).run()
        assert run.code == 1
        assert "set cloud_id" in run.errors[0]
