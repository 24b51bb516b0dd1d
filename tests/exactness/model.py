"""A Jira in memory, small enough to be asked a million times; it changes between requests.

It evaluates the tap's own subset of JQL by the minute, keeps a search index that lags behind the
data, pages by snapshot tokens, by offset tokens or by offsets, and lies about its pages in every
way that Jira is known to.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import random
import re
import threading
import typing as t

import msgspec

from tap_jira.errors import BadRequestError, NotFoundError
from tap_jira.timestamps import from_ms, to_text

if t.TYPE_CHECKING:
    from tap_jira.client import Request

MINUTE = 60_000
START = 1_781_524_800_000
PROJECTS = ("1", "2", "3")
_CLAUSE = re.compile(r"(updated|created|project) (>=|<|=) (\d+)")
Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Manners:
    """How this Jira behaves."""

    seed: int = 0
    issues: int = 12
    #: Changes before a request: how likely, and at most how many milliseconds apart.
    change: float = 0.5
    pause: int = 30_000
    #: Time that the index needs to learn of a change, at most.
    lag: int = 0
    #: Caps: ids in an answer, issues with content, and embedded comments and histories.
    id_cap: int = 6
    cap: int = 3
    embedded: int = 2
    #: A crowd of issues in one minute.
    crowd: int = 0
    stable: bool = True
    result_window: int | None = None
    #: How likely each lie is.
    short: float = 0.0
    repeat: float = 0.0
    twice: float = 0.0
    more: float = 0.0
    is_last: bool = True


@dataclasses.dataclass
class Child:
    """A comment or a history."""

    id: str
    created: int
    updated: int
    text: str = ""
    new_key: str = ""


class Entry(t.NamedTuple):
    """An issue as the index believes it to be."""

    id: str
    project: str
    created: int
    updated: int
    number: int
    version: int


@dataclasses.dataclass
class Issue:
    """An issue as it is."""

    id: str
    project: str
    created: int
    updated: int
    number: int
    comments: list[Child] = dataclasses.field(default_factory=list)
    histories: list[Child] = dataclasses.field(default_factory=list)
    version: int = 0

    @property
    def key(self) -> str:
        """Its key, as long as it is not moved."""
        return f"P{self.project}-{self.number}"

    @property
    def entry(self) -> Entry:
        """What a search index knows of it."""
        return Entry(self.id, self.project, self.created, self.updated, self.number, self.version)


@dataclasses.dataclass
class Answer:
    """What the client's ``ask`` gives back."""

    payload: t.Any
    response: None = None


class ModelJira:
    """Both the site and the client of it."""

    def __init__(self, manners: Manners, *, cloud: bool) -> None:
        self.manners = manners
        self.cloud = cloud
        self.rng = random.Random(manners.seed)
        self.now = START
        self.changing = False
        #: How many changes may still come.
        self.budget = 0
        self.issues: dict[str, Issue] = {}
        #: What the index is yet to learn: when, of which issue, and what.
        self.news: list[tuple[int, str, Entry | None]] = []
        self.index: dict[str, Entry] = {}
        self.requests = 0
        self.one_at_a_time = threading.RLock()
        self._next = 100
        self._tokens: dict[str, tuple[str, list[str], int]] = {}
        for _ in range(manners.issues):
            self._born()

    def _born(self) -> None:
        rng = self.rng
        created = START - rng.randrange(2, 400) * MINUTE
        issue = Issue(self._id(), rng.choice(PROJECTS), created, created, self._next)
        for _ in range(rng.randrange(4)):
            at = rng.randrange(created, START - MINUTE)
            issue.comments.append(Child(self._id(), at, at))
            at = rng.randrange(created, START - MINUTE)
            issue.histories.append(Child(self._id(), at, at))
        issue.comments.sort(key=lambda each: each.created)
        issue.histories.sort(key=lambda each: each.created)
        rows = [*issue.comments, *issue.histories]
        issue.updated = max([created, *(each.created for each in rows)])
        if len(self.issues) < self.manners.crowd:
            # Changed by bulk in one minute of long ago, with the histories older than that.
            at = START - 500 * MINUTE + rng.randrange(MINUTE)
            issue.updated = at
            issue.created = at - 100 * MINUTE - rng.randrange(3) * MINUTE
            for child in rows:
                child.created = child.updated = rng.randrange(issue.created, at)
        self.issues[issue.id] = issue
        self.index[issue.id] = issue.entry

    def _id(self) -> str:
        self._next += 1
        return str(self._next)

    # --- change -------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Time passes before a request, and things happen."""
        self.requests += 1
        self.now += self.rng.randrange(1, 400)
        if self.changing:
            while self.budget and self.rng.random() < self.manners.change:
                self.budget -= 1
                self.now += self.rng.randrange(self.manners.pause)
                self.change()
        self._learn()

    def _learn(self) -> None:
        if not self.news:
            return
        due = [news for news in self.news if news[0] <= self.now]
        for _, ident, entry in sorted(due, key=lambda news: news[0]):
            if entry is None:
                self.index.pop(ident, None)
            else:
                self.index[ident] = entry
        self.news = [news for news in self.news if news[0] > self.now]

    def settle(self, milliseconds: int) -> None:
        """Nothing changes for a while."""
        self.changing = False
        self.now += milliseconds
        self._learn()

    def change(self) -> None:
        """One change of some kind."""
        rng = self.rng
        self.now += 1
        some = list(self.issues.values())
        kinds = ("update", "update", "comment", "edit", "create", "delete", "move", "bulk")
        kind = rng.choice(kinds) if some else "create"
        if kind == "create":
            issue = Issue(self._id(), rng.choice(PROJECTS), self.now, self.now, self._next)
            self.issues[issue.id] = issue
            self._tell(issue.id, issue)
        elif kind == "delete":
            gone = rng.choice(some)
            del self.issues[gone.id]
            self._tell(gone.id, None)
        elif kind == "bulk":
            for issue in rng.sample(some, rng.randrange(len(some)) // 2 + 1):
                self._touch(issue)
                self.now += rng.randrange(3)
        else:
            self._touch(rng.choice(some), kind)

    def _touch(self, issue: Issue, kind: str = "update") -> None:
        if kind == "comment":
            issue.comments.append(Child(self._id(), self.now, self.now))
        elif kind == "edit" and issue.comments:
            comment = self.rng.choice(issue.comments)
            comment.updated, comment.text = self.now, comment.text + "!"
        else:
            issue.histories.append(Child(self._id(), self.now, self.now))
        if kind == "move":
            issue.project, issue.number = self.rng.choice(PROJECTS), self._next
            issue.histories[-1].new_key = issue.key
        issue.updated = self.now
        issue.version += 1
        self._tell(issue.id, issue)

    def _tell(self, ident: str, issue: Issue | None) -> None:
        """Let the index know, now or later, and never before what it was told earlier."""
        entry = issue.entry if issue else None
        if not self.manners.lag:
            self.news.append((self.now, ident, entry))
            self._learn()
            return
        lag = self.rng.randrange(self.manners.lag + 1)
        before = [at for at, other, _ in self.news if other == ident]
        self.news.append((max([self.now + lag, *before]), ident, entry))

    # --- search -------------------------------------------------------------------------------

    def find(self, jql: str) -> list[str]:
        """The ids that a query finds in the index, in order."""
        where = jql.split(" ORDER BY ", maxsplit=1)[0]
        tests = []
        for clause in where.split(" AND "):
            match = _CLAUSE.fullmatch(clause)
            assert match, f"not the tap's JQL: {clause}"
            tests.append((match[1], match[2], int(match[3])))
        found = [issue for issue in self.index.values() if all(_holds(issue, *x) for x in tests)]
        found.sort(key=lambda issue: (issue.updated, issue.number))
        return [issue.id for issue in found]

    def _lies(self, chance: float) -> bool:
        return chance > 0 and self.rng.random() < chance

    def _search_jql(self, body: Json) -> Json:
        slim = set(body["fields"]) <= {"id", "key"} and not body.get("expand")
        size = min(body["maxResults"], self.manners.id_cap if slim else self.manners.cap)
        token = body.get("nextPageToken")
        at = 0
        rows = self.find(body["jql"])
        if token:
            if token not in self._tokens or self._tokens[token][0] != body["jql"]:
                raise BadRequestError("The token is invalid.", 400)
            _, kept, at = self._tokens[token]
            rows = kept if self.manners.stable else rows
        if self._lies(self.manners.more):
            size *= 2
        if self._lies(self.manners.short):
            size = self.rng.randrange(1, size + 1)
        cut = [ident for ident in rows[at : at + size] if ident in self.issues]
        if cut and self._lies(self.manners.twice):
            cut.append(self.rng.choice(cut))
        shown = [
            {"id": i, "key": self.issues[i].key} if slim else self._show(i, body.get("expand", ""))
            for i in cut
        ]
        answer: Json = {"issues": shown}
        last = at + size >= len(rows)
        if not last:
            answer["nextPageToken"] = self._token(body["jql"], rows, at + size, token)
        if self.manners.is_last:
            answer["isLast"] = last
        return answer

    def _token(self, jql: str, rows: list[str], at: int, came: str | None) -> str:
        if came and self._lies(self.manners.repeat):
            return came
        token = f"T{len(self._tokens)}"
        self._tokens[token] = (jql, rows, at)
        return token

    def _search_dc(self, body: Json) -> Json:
        rows = self.find(body["jql"])
        start, size = body["startAt"], min(body["maxResults"], self.manners.cap)
        window = self.manners.result_window
        if window is not None and start + size > window:
            raise BadRequestError("Search limit exceeded", 500)
        answer = {"startAt": start, "maxResults": size, "total": len(rows)}
        if size and self._lies(self.manners.more):
            size *= 2
        if size > 1 and self._lies(self.manners.short):
            size = self.rng.randrange(2, size + 1)
        cut = [ident for ident in rows[start : start + size] if ident in self.issues]
        shown = [self._show(ident, ",".join(body["expand"])) for ident in cut]
        if shown and self._lies(self.manners.twice):
            shown.append(self.rng.choice(shown))
        return {**answer, "issues": shown}

    def _show(self, ident: str, expand: str | t.Sequence[str]) -> Json:
        """An issue as it is now, whatever the index believes."""
        issue = self.issues[ident]
        most = self.manners.embedded if self.cloud else 1_000_000
        comments, histories = issue.comments, issue.histories
        fields = {
            "created": _text(issue.created),
            "updated": _text(issue.updated),
            "project": {"id": issue.project},
            "version": issue.version,
            "comment": {
                "comments": [_comment(each) for each in comments[:most]],
                "total": len(comments),
            },
        }
        row: Json = {"id": ident, "key": issue.key, "fields": fields}
        if "changelog" in expand:
            newest = histories[::-1][:most]
            row["changelog"] = {
                "histories": [_history(each) for each in newest],
                "total": len(histories),
            }
        return row

    # --- the client ---------------------------------------------------------------------------

    def get(self, path: str, params: t.Any = None, **parts: str) -> t.Any:
        """As the tap's client."""
        with self.one_at_a_time:
            return self._get(path, params, **parts)

    def _get(self, path: str, params: t.Any, **parts: str) -> t.Any:
        self._tick()
        issue = self.issues.get(parts["issue"])
        if issue is None:
            raise NotFoundError("It is gone.")
        if path == "issue/{issue}":
            return self._show(issue.id, params["expand"])
        assert path == "issue/{issue}/comment", path
        start = params["startAt"]
        page = issue.comments[start : start + params["maxResults"]]
        return {
            "comments": [_comment(each) for each in page],
            "total": len(issue.comments),
            "startAt": start,
        }

    def post(self, path: str, body: Json) -> t.Any:
        """As the tap's client."""
        with self.one_at_a_time:
            return self._post(path, body)

    def _post(self, path: str, body: Json) -> t.Any:
        self._tick()
        handlers: dict[str, t.Callable[[Json], Json]] = {
            "search/jql": self._search_jql,
            "search": self._search_dc,
            "search/approximate-count": lambda asked: {"count": len(self.find(asked["jql"]))},
            "issue/bulkfetch": self._bulkfetch,
            "changelog/bulkfetch": self._changelogs,
        }
        return handlers[path](body)

    def ask(self, request: Request, *, patient: bool = True) -> Answer:
        """As the tap's client."""
        assert patient in {True, False}
        return Answer(request.read(msgspec.json.encode(self.post(request.path, request.json))))

    def _bulkfetch(self, body: Json) -> Json:
        assert len(body["issueIdsOrKeys"]) <= self.manners.cap
        wanted = sorted(set(body["issueIdsOrKeys"]) & set(self.issues))
        return {"issues": [self._show(ident, body.get("expand", ())) for ident in wanted]}

    def _changelogs(self, body: Json) -> Json:
        after = tuple(json.loads(body["nextPageToken"])) if body.get("nextPageToken") else (0, "")
        rows = sorted(
            (
                (history.created, history.id, ident, history)
                for ident in body["issueIdsOrKeys"]
                if ident in self.issues
                for history in self.issues[ident].histories
            ),
            key=lambda row: row[:2],
        )
        due = [row for row in rows if row[:2] > after]
        page = due[: body["maxResults"]]
        logs: dict[str, list[Json]] = {}
        for _, _, ident, history in page:
            logs.setdefault(ident, []).append(_history(history))
        answer: Json = {
            "issueChangeLogs": [{"issueId": i, "changeHistories": h} for i, h in logs.items()]
        }
        if len(due) > len(page):
            answer["nextPageToken"] = json.dumps(page[-1][:2])
        return answer

    # --- truth --------------------------------------------------------------------------------

    def truth(self) -> dict[str, dict[str, t.Any]]:
        """Every row of every table by its id, with what tells its version."""
        issues = self.issues.values()
        return {
            "issues": {each.id: each.version for each in issues},
            "comments": {row.id: (row.text, each.key) for each in issues for row in each.comments},
            "changelogs": {
                row.id: (row.created, each.key) for each in issues for row in each.histories
            },
        }


def _holds(issue: Entry, field: str, sign: str, value: int) -> bool:
    if field == "project":
        return issue.project == str(value)
    mine = (issue.updated if field == "updated" else issue.created) // MINUTE
    return mine >= value // MINUTE if sign == ">=" else mine < value // MINUTE


@functools.lru_cache(maxsize=100_000)
def _text(milliseconds: int) -> str:
    return to_text(from_ms(milliseconds))


def _comment(row: Child) -> Json:
    return {
        "id": row.id,
        "created": _text(row.created),
        "updated": _text(row.updated),
        "body": row.text,
    }


def _history(row: Child) -> Json:
    items = [{"field": "Key", "toString": row.new_key} if row.new_key else {"field": "summary"}]
    return {"id": row.id, "created": _text(row.created), "items": items}
