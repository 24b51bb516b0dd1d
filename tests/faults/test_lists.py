"""Lists that change while they are read, or are counted wrongly: nothing is lost or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from tests.support.tap import Tap, batch_config, select
from tests.support.target import Tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.messages import Request
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run


class Reader:
    """A tap with some streams, each read in every run, and the tables of a target."""

    def __init__(self, jira: Sandbox, folder: Path, *streams: str) -> None:
        self.jira = jira
        self._tap = Tap(
            folder,
            {
                **jira.settings(),
                "emit_activate_version_messages": True,
                "full_table_interval_hours": 0,
            },
        )
        self._tap.core = False
        self._tap.constants = {"http.client.MAX_TRIES": 2}
        self._catalog = select(self._tap.discover(), *streams)
        self.tables = Tables()

    def run(self, **config: Any) -> Run:
        """The next run; all before it were long ago."""
        self.tables.age()
        run = self._tap.run(catalog=self._catalog, state=self.tables.state, **config)
        self.tables.load(run.output)
        return run

    def ids(self, stream: str) -> set[str]:
        """What the target has: the last part of each key."""
        return {str(key[-1]) for key in self.tables.rows.get(stream, {})}


def activated(run: Run) -> set[str]:
    return {message["stream"] for message in run.messages.of("ACTIVATE_VERSION")}


def before(jira: Sandbox, match: str, do: Callable[[], object], nth: int = 2) -> None:
    """Do something once, before the ``nth`` such request is answered."""
    left = [nth]

    def when(_: Request) -> bool:
        left[0] -= 1
        if left[0] == 0:
            do()
        return False

    jira.faults.add(Fault("status", match, when=when, count=10**6))


def test_a_screen_that_goes_between_two_pages_takes_no_other_along(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Data Center gives screens as an array; some have the same name."""
    jira = sandbox(personality="dc", issues=5)
    reader = Reader(jira, tmp_path, "screens")
    screens = jira.jira.shelf["screens"]
    assert reader.run().code == 0
    before(jira, "GET /screens$", lambda: screens.pop(3))
    assert "screens" in activated(reader.run())
    assert reader.ids("screens") == {str(row["id"]) for row in screens}


def test_an_old_server_gives_all_screens_wherever_it_is_asked(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality="dc", issues=5)
    reader = Reader(jira, tmp_path, "screens")
    rows = [{"id": n, "name": f"Screen {n}"} for n in range(130)]
    jira.faults.add(Fault("status", "GET /screens$", status=200, body=rows, count=9))
    assert reader.run().code == 0
    assert len(reader.ids("screens")) == len(rows)


def test_an_option_that_goes_between_two_pages_takes_no_other_along(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Data Center numbers these pages: they cannot overlap."""
    jira = sandbox(personality="dc", issues=5)
    reader = Reader(jira, tmp_path, "field_options")
    options = jira.jira.shelf["field_options"]
    fields = [row["fieldId"] for row in options]
    longest = max(set(fields), key=fields.count)
    assert reader.run().code == 0
    ended: list[Any] = []

    def when(request: Request) -> bool:
        if request.param("page") == "2" and not ended:
            ended.append(options.pop(fields.index(longest)))
        return False

    jira.faults.add(Fault("status", "GET /customFields/", when=when, count=10**6))
    reader.run()
    assert ended
    assert {str(row["id"]) for row in options} <= reader.ids("field_options")


def test_projects_that_shift_once_are_read_again(sandbox: MakeSandbox, tmp_path: Path) -> None:
    """Those whose parts are asked for."""
    jira = sandbox(issues=5, more_projects=120)
    reader = Reader(jira, tmp_path, "project_features")
    projects = jira.jira.world.projects
    first = min(projects, key=lambda each: each.key)
    before(jira, "GET /project/search", lambda: projects.remove(first))
    run = reader.run()
    assert run.code == 0, run.log
    assert run.messages.records["project_features"]


@pytest.mark.parametrize("total", [3, 500])
def test_a_count_that_is_wrong_each_time_hides_no_row(
    total: int, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "filters", "workflows")
    wrong = Fault("put", "GET /(workflows|filter)/search", values={"total": total}, count=10**6)
    jira.faults.add(wrong)
    run = reader.run()
    assert run.code == 0, run.log
    for stream in ("filters", "workflows"):
        assert reader.ids(stream) == {str(row["id"]) for row in jira.jira.shelf[stream]}
        assert [text for text in run.warnings if text.startswith(f"{stream}: Jira does not list")]
    assert not activated(run)


def test_a_list_that_says_there_is_more_but_does_not_show_it_is_not_complete(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Sprints have no count."""
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "board_sprints")
    reader.run()
    wanted = len(jira.jira.shelf["board_sprints"])
    assert len(reader.tables.rows["board_sprints"]) == wanted
    of_one = r"GET /agile/board/\{board\}/sprint"
    jira.faults.add(Fault("empty_more", of_one, when=lambda ask: "/board/3/" in ask.path))
    assert reader.run().code == 0
    assert len(reader.tables.rows["board_sprints"]) == wanted


@pytest.mark.parametrize("stream", ["statuses", "filters"])
def test_what_only_an_administrator_is_shown_stays_when_they_are_none_any_more(
    stream: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Statuses that no workflow has, and filters that are shared with nobody."""
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, stream)
    reader.run()
    wanted = {str(row["id"]) for row in jira.jira.shelf[stream]}
    assert reader.ids(stream) >= wanted
    jira.jira.options.administrator = False
    for _ in range(2):
        run = reader.run()
        assert run.code == 0, run.log
        assert reader.ids(stream) >= wanted
        assert [text for text in run.warnings if "shown only some" in text]


def test_who_never_was_an_administrator_has_what_is_gone_deleted(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5, administrator=False)
    reader = Reader(jira, tmp_path, "filters")
    reader.run()
    shown = reader.ids("filters")
    assert 0 < len(shown) < len(jira.jira.shelf["filters"])
    gone = next(row for row in jira.jira.shelf["filters"] if row["id"] in shown)
    jira.jira.shelf["filters"].remove(gone)
    assert not reader.run().warnings
    assert reader.ids("filters") == shown - {gone["id"]}


def test_filters_of_everyone_are_an_experiment_of_jira_s(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Where it ends, those that are shared are read."""
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "filters")
    jira.faults.add(
        Fault(
            "status",
            "GET /filter/search",
            status=400,
            count=99,
            when=lambda ask: bool(ask.param("overrideSharePermissions")),
        )
    )
    assert reader.run().code == 0
    assert 0 < len(reader.ids("filters")) < len(jira.jira.shelf["filters"])


# --- what parents answer --------------------------------------------------------------------------


def test_parents_that_are_all_without_at_once_delete_nothing(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "sprints", "board_sprints")
    reader.run()
    sprints = reader.ids("sprints")
    jira.faults.add(Fault("status", r"GET /agile/board/\{board\}/sprint", status=404, count=999))
    assert reader.run().code == 0
    assert reader.ids("sprints") == sprints


def test_screens_that_are_asked_for_together_are_not_without_tabs_together(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "screen_tabs")
    reader.run()
    tabs = reader.ids("screen_tabs")
    jira.faults.add(Fault("status", "GET /screens/tabs", status=404))
    run = reader.run()
    assert run.code == 1
    assert not activated(run)
    assert reader.ids("screen_tabs") == tabs


def test_refusals_with_one_that_is_without_are_no_success(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "field_contexts")
    contexts = r"GET /field/\{ident\}/context$"
    one, others = (
        Fault("status", contexts, status=code, count=n) for code, n in ((404, 1), (403, 999))
    )
    jira.faults.add(one, others)
    run = reader.run()
    assert run.code == 0
    assert "field_contexts" not in run.messages.schemas
    assert [text for text in run.warnings if text.startswith("Skipped for want of")]
    assert "read_at" not in run.state["bookmarks"].get("field_contexts", {})


def test_a_scope_that_is_missing_is_asked_for_once(sandbox: MakeSandbox, tmp_path: Path) -> None:
    """And not for each of the custom fields, in every run."""
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "field_contexts")
    body = {"code": 401, "message": "Unauthorized; scope does not match"}
    contexts = r"GET /field/\{ident\}/context$"
    jira.faults.add(Fault("status", contexts, status=401, body=body, count=999))
    jira.reset_counts()
    run = reader.run(max_concurrency=1)
    assert run.code == 0
    (told,) = [text for text in run.warnings if "field_contexts" in text]
    assert "scope manage:jira-configuration" in told
    assert jira.jira.counts["GET /field/{ident}/context"] < 10


def test_what_is_missing_is_what_the_product_asks_for(sandbox: MakeSandbox, tmp_path: Path) -> None:
    """Data Center lists permissions for administrators only; Cloud lists them for everyone."""
    jira = sandbox(personality="dc", issues=5, administrator=False)
    reader = Reader(jira, tmp_path, "permissions", "resolutions")
    jira.faults.add(Fault("status", "GET /resolution$", status=403, count=9))
    run = reader.run()
    assert run.code == 0
    administrators, refused = sorted(text for text in run.warnings if "kipped" in text)
    assert "for want of the global permission Administer Jira: permissions" in administrators
    assert refused == "Skipped since Jira refuses them to this user: resolutions."


# --- projects -------------------------------------------------------------------------------------


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_parts_of_projects_are_of_those_that_are_named(
    personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Data Center lists those of all projects together."""
    jira = sandbox(personality=personality, issues=5)
    reader = Reader(jira, tmp_path, "components", "versions")
    run = reader.run(project_keys=["APP"])
    found = run.messages.records
    assert {row["project_id"] for row in found["versions"]} == {"10000"}
    assert {row["project"] for row in found["components"]} == {"APP"}


def test_parts_of_a_project_that_is_not_found_any_more_stay(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """It may have another key."""
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "components", "project_types")
    here, there = jira.jira.world.projects[:2]
    config = {"project_keys": [here.key, there.key], "on_unknown_project": "warn"}
    reader.run(**config)
    components = reader.ids("components")
    there.hidden = True
    run = reader.run(**config)
    assert activated(run) == {"project_types"}
    assert reader.ids("components") == components


@pytest.mark.parametrize("status", [400, 404, 403])
def test_parts_of_archived_projects_stay_where_those_are_not_listed_any_more(
    status: int, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Cloud lists them by a parameter that is experimental."""
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "components", "project_statuses", "project_schemes")
    reader.run()
    components = reader.ids("components")
    schemes = reader.ids("project_schemes")
    jira.faults.add(
        Fault(
            "status",
            "GET /project/search",
            status=status,
            count=99,
            when=lambda ask: "archived" in ask.params.get("status", ()),
        )
    )
    run = reader.run()
    assert run.code == 0, run.log
    assert run.messages.records["components"]
    assert not activated(run)
    assert reader.ids("components") == components
    assert reader.ids("project_schemes") == schemes


def test_a_scheme_that_is_refused_is_not_said_to_be_none(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "project_schemes")
    reader.run()
    rows = dict(reader.tables.rows["project_schemes"])
    one = r"GET /project/\{ident\}/permissionscheme"
    jira.faults.add(Fault("status", one, status=403, when=lambda ask: "/10001/" in ask.path))
    assert reader.run().code == 0
    assert reader.tables.rows["project_schemes"] == rows


# --- answers that are wrong once ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("personality", "stream", "match", "kind"),
    [
        ("cloud", "issue_types", "GET /issuetype$", "empty_page"),
        ("cloud", "screens", "GET /screens$", "empty_page"),
        ("cloud", "field_contexts", "GET /field$", "lose_row"),
        ("dc", "project_statuses", "GET /project$", "lose_row"),
    ],
)
def test_a_list_that_is_wrong_once_deletes_nothing(
    personality: str, stream: str, match: str, kind: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=5)
    reader = Reader(jira, tmp_path, stream)
    reader.run()
    rows = set(reader.tables.rows[stream])
    jira.faults.add(Fault(kind, match))
    assert reader.run().code == 0
    assert set(reader.tables.rows[stream]) == rows


def test_an_answer_that_says_nothing_empties_no_row(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "site_configuration")
    reader.run()
    rows = dict(reader.tables.rows["site_configuration"])
    jira.faults.add(Fault("status", "GET /configuration$", status=200, body={}))
    assert reader.run().code == 0
    assert reader.tables.rows["site_configuration"] == rows


def test_permissions_that_jira_does_not_name_are_not_known_to_be_lacking(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "groups")
    nothing: dict[str, Any] = {"permissions": {}}
    jira.faults.add(Fault("status", "GET /mypermissions", status=200, body=nothing))
    assert reader.run().messages.records["groups"]


# --- when a list is due ---------------------------------------------------------------------------


def test_a_clock_that_was_ahead_once_does_not_hold_a_stream_up(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "components")
    jira.jira.clock.advance(days=365)
    reader.run(full_table_interval_hours=24)
    jira.jira.clock.advance(days=-365)
    assert reader.run(full_table_interval_hours=24).messages.records["components"]
    assert not reader.run(full_table_interval_hours=24).messages.records["components"]


def test_another_map_makes_a_stream_due(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "components")
    reader.run(full_table_interval_hours=24)
    maps = {"components": {"__alias__": "parts"}}
    for rows in (True, False):
        run = reader.run(full_table_interval_hours=24, stream_maps=maps)
        assert bool(run.messages.records["parts"]) is rows


@pytest.mark.parametrize(("name", "hint"), [("component", "components"), ("users", "none of")])
def test_an_interval_of_what_it_is_not_for_is_refused(
    name: str, hint: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    run = Reader(jira, tmp_path, "components").run(full_table_interval_hours={name: 1})
    assert run.code == 1
    assert name in run.errors[-1]
    assert hint in run.errors[-1]


# --- a parent that fails --------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [False, True])
def test_a_board_that_always_fails_holds_up_no_other(
    batch: bool, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Their sprints are sent, none is deleted, and the streams are not complete."""
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "sprints", "board_sprints")
    config: dict[str, Any] = {"batch_config": batch_config(tmp_path / "b", 7)} if batch else {}
    broken = next(row["boardId"] for row in jira.jira.shelf["board_sprints"])
    jira.faults.add(
        Fault(
            "status",
            r"GET /agile/board/\{board\}/sprint",
            status=500,
            count=10**6,
            when=lambda ask: f"/board/{broken}/" in ask.path,
        )
    )
    run = reader.run(**config)
    assert run.code == 1
    assert "board_sprints, sprints" in run.errors[-1]
    assert not activated(run)
    assert set(reader.tables.rows["board_sprints"]) == {
        (str(row["boardId"]), str(row["sprintId"]))
        for row in jira.jira.shelf["board_sprints"]
        if row["boardId"] != broken
    }
    assert "read_at" not in run.state["bookmarks"].get("sprints", {})


def test_when_all_boards_fail_not_all_are_tried(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=5)
    reader = Reader(jira, tmp_path, "sprints")
    jira.faults.add(Fault("status", r"GET /agile/board/\{board\}/sprint", status=500, count=10**6))
    jira.reset_counts()
    assert reader.run(max_concurrency=2).code == 1
    tried = {each.path for each in jira.jira.requests if each.path.endswith("/sprint")}
    assert 3 <= len(tried) < 20
