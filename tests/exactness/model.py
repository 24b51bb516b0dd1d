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

from tap_jira.errors import BadRequestError, NotFoundError, UnavailableError
from tap_jira.records.timestamps import from_ms, to_text

if t.TYPE_CHECKING:
    from tap_jira.http.client import Request

MINUTE = 60_000
START = 1_781_524_800_000
YEAR = 365 * 24 * 60 * MINUTE
PROJECTS = ("1", "2", "3")
_CLAUSE = re.compile(r"(updated|created|project) (>=|<|=) (\d+)")
_EVERYTHING = "project is not EMPTY"
_IDS = re.compile(r"id in \(([\d, ]+)\)")
KINDS = ("update", "update", "comment", "edit", "drop", "create", "delete", "move", "bulk")
#: Fields that no issue is without.
_ALWAYS = ("created", "updated", "project")
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
    #: Answers that lack their token and say that they are not the last, never twice in a row for
    #: one query; and last ones that say that they are not, always or not at all.
    no_token: float = 0.0
    last_denied: bool = False
    #: Issues that bulk fetch cannot load just now, among others or alone in their request as well;
    #: and fields that fail to load, which are absent, null or ``{}``.
    errors: float = 0.0
    errors_alone: bool = False
    blank: float = 0.0
    #: Data Center: changelogs that a search cuts off.
    cut: float = 0.0
    #: Most comments in a page, whatever is asked for, and how likely a page has none at all, once
    #: an issue.
    comment_cap: int | None = None
    no_comments: float = 0.0
    #: How likely a new comment is one that the caller may not see, but that counts in the total;
    #: and whether lists of comments have a total.
    hidden: float = 0.0
    totals: bool = True
    #: Whether there is ``issue/bulkfetch``. A search for ids of which one is gone finds none.
    bulkfetch: bool = True
    #: More issues than this at once time out: with their content, with their histories.
    heavy: int | None = None
    heavy_histories: int | None = None
    #: Whether the list of histories is absent when there are none.
    terse: bool = False
    #: How fine the index orders by time: equal times come in any order, another one each time,
    #: unless the key orders them.
    order_ms: int = 1000
    #: Further kinds of change: rank (a history that moves nothing), import (an issue with the
    #: dates of old), hide and show (another security level, with a history of it).
    further: tuple[str, ...] = ()
    #: So many issues can never be read: each answer that holds one fails.
    poison: int = 0


@dataclasses.dataclass
class Child:
    """A comment or a history."""

    id: str
    created: int
    updated: int
    text: str = ""
    new_key: str = ""
    field: str = "summary"
    hidden: bool = False


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
        #: Issues that the caller may not see.
        self.out_of_sight: dict[str, Issue] = {}
        #: What was lied about the last time that it was asked for.
        self._spoilt: set[str] = set()
        #: Whose comments were not given, once.
        self._silent: set[str] = set()
        self._next = 100
        self._tokens: dict[str, tuple[str, list[str], int]] = {}
        for _ in range(manners.issues):
            self._born()
        #: Issues that can never be read.
        self.poison = set(list(self.issues)[:: max(1, manners.issues // (manners.poison or 1))])
        self.poison = self.poison if manners.poison else set()

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
        kind = rng.choice((*KINDS, *self.manners.further)) if some else "create"
        if kind == "show" and not self.out_of_sight:
            kind = "update"
        if kind in {"create", "import"}:
            issue = Issue(self._id(), rng.choice(PROJECTS), self.now, self.now, self._next)
            if kind == "import":
                self._date_back(issue)
            self.issues[issue.id] = issue
            self._tell(issue.id, issue)
        elif kind == "rank":
            ranked = rng.choice(some)
            ranked.histories.append(Child(self._id(), self.now, self.now, field="Rank"))
        elif kind == "show":
            shown = self.out_of_sight.pop(rng.choice(list(self.out_of_sight)))
            self.issues[shown.id] = shown
            self._touch(shown, kind)
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

    def _date_back(self, issue: Issue) -> None:
        """Give an imported issue the dates of old, and what it had of old."""
        issue.created = self.now - YEAR
        for children in (issue.comments, issue.histories):
            for n in range(self.rng.randrange(4)):
                children.append(Child(self._id(), issue.created + n, issue.created + n))

    def _touch(self, issue: Issue, kind: str = "update") -> None:
        if kind == "comment":
            hidden = self._lies(self.manners.hidden)
            issue.comments.append(Child(self._id(), self.now, self.now, hidden=hidden))
        elif kind == "drop" and issue.comments:
            issue.comments.remove(self.rng.choice(issue.comments))
        elif kind == "edit" and issue.comments:
            comment = self.rng.choice(issue.comments)
            comment.updated, comment.text = self.now, comment.text + "!"
        else:
            issue.histories.append(Child(self._id(), self.now, self.now))
        if kind == "move":
            issue.project, issue.number = self.rng.choice(PROJECTS), self._next
            issue.histories[-1].field, issue.histories[-1].new_key = "Key", issue.key
        if kind in {"hide", "show"}:
            issue.histories[-1].field = "security"
        issue.updated = self.now
        issue.version += 1
        if kind == "hide":
            self.out_of_sight[issue.id] = self.issues.pop(issue.id)
        self._tell(issue.id, None if kind == "hide" else issue)

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
        where, _, order = jql.partition(" ORDER BY ")
        named = _IDS.fullmatch(where)
        if named:
            ids = named[1].split(", ")
            return ids if all(ident in self.index for ident in ids) else []
        tests = []
        for clause in where.split(" AND ") if where != _EVERYTHING else ():
            match = _CLAUSE.fullmatch(clause)
            assert match, f"not the tap's JQL: {clause}"
            tests.append((match[1], match[2], int(match[3])))
        found = [issue for issue in self.index.values() if all(_holds(issue, *x) for x in tests)]
        self.rng.shuffle(found)
        if order.endswith("key ASC"):
            found.sort(key=lambda issue: (issue.project, issue.number))
        found.sort(key=lambda issue: issue.updated // self.manners.order_ms)
        return [issue.id for issue in found]

    def _lies(self, chance: float) -> bool:
        return chance > 0 and self.rng.random() < chance

    def _spoils(self, chance: float, what: str) -> bool:
        """Whether something goes wrong that does not go wrong twice in a row."""
        if what in self._spoilt:
            self._spoilt.remove(what)
            return False
        if self._lies(chance):
            self._spoilt.add(what)
            return True
        return False

    def _weigh(self, idents: t.Collection[str], most: int | None) -> None:
        """Fail if that is too much at once, or holds an issue that cannot be read."""
        if self.poison.intersection(idents) or (most is not None and len(set(idents)) > most):
            raise UnavailableError("It could not be had.")

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
        if not slim:
            self._weigh(cut, self.manners.heavy)
        shown = [
            {"id": i, "key": self.issues[i].key} if slim else self._show(i, body.get("expand", ""))
            for i in cut
        ]
        answer: Json = {"issues": shown}
        last = at + size >= len(rows)
        if not last:
            answer["nextPageToken"] = self._token(body["jql"], rows, at + size, token)
        if self.manners.is_last:
            answer["isLast"] = last and not self.manners.last_denied
        if not last and self._spoils(self.manners.no_token, body["jql"]):
            del answer["nextPageToken"]
            answer["isLast"] = False
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
        if body["fields"] == ["updated"]:
            # Whatever is broken in an issue is not asked for; or its index entry is broken.
            self._weigh([ident for ident in cut if int(ident) % 2], None)
        elif body["fields"] != ["id"]:
            self._weigh(cut, self.manners.heavy)
        shown = [self._show(ident, ",".join(body.get("expand", ()))) for ident in cut]
        if shown and self._lies(self.manners.twice):
            shown.append(self.rng.choice(shown))
        return {**answer, "issues": shown}

    def _show(self, ident: str, expand: str | t.Sequence[str], *, alone: bool = False) -> Json:
        """An issue as it is now, whatever the index believes."""
        issue = self.issues[ident]
        most = self.manners.embedded if self.cloud else 1_000_000
        comments, histories = issue.comments, issue.histories
        seen = [each for each in comments if not each.hidden]
        fields = {
            "created": _text(issue.created),
            "updated": _text(issue.updated),
            "project": {"id": issue.project},
            "version": issue.version,
            "comment": {
                "comments": [_comment(each) for each in seen[:most]],
                **({"total": len(comments)} if self.manners.totals else {}),
            },
        }
        if self.cloud and self._spoils(self.manners.blank, ident):
            name = self.rng.choice((*_ALWAYS, "comment"))
            # An object without anything in it would be a list of comments like any other.
            blank: t.Any = self.rng.choice((None, {}) if name in _ALWAYS else (None,))
            fields[name] = blank
            if self.rng.random() < 1 / 3:
                del fields[name]
        row: Json = {"id": ident, "key": issue.key, "fields": fields}
        if "changelog" in expand:
            shown = histories[::-1][:most]
            if not self.cloud and histories and not alone and self._lies(self.manners.cut):
                shown = shown[self.rng.randrange(len(shown)) + 1 :]
            row["changelog"] = {
                "histories": [_history(each) for each in shown],
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
        if path == "reindex/progress":
            raise NotFoundError("There was none.")
        issue = self.issues.get(parts["issue"])
        if issue is None:
            raise NotFoundError("It is gone.")
        self._weigh([issue.id], None)
        if path == "issue/{issue}":
            return self._show(issue.id, params.get("expand", ""), alone=True)
        assert path == "issue/{issue}/comment", path
        start = params["startAt"]
        size = min(params["maxResults"], self.manners.comment_cap or 1_000_000)
        page = [each for each in issue.comments if not each.hidden][start : start + size]
        if issue.id not in self._silent and self._lies(self.manners.no_comments):
            self._silent.add(issue.id)
            page = []
        total = {"total": len(issue.comments)} if self.manners.totals else {}
        return {"comments": [_comment(each) for each in page], "startAt": start, **total}

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
        if request.method == "GET":
            parts = dict(request.parts)
            return Answer(self.get(request.path, request.params, **parts))
        return Answer(request.read(msgspec.json.encode(self.post(request.path, request.json))))

    def _bulkfetch(self, body: Json) -> Json:
        assert len(body["issueIdsOrKeys"]) <= self.manners.cap
        if not self.manners.bulkfetch:
            raise NotFoundError("There is no such resource.")
        wanted = sorted(set(body["issueIdsOrKeys"]) & set(self.issues))
        self._weigh(wanted, self.manners.heavy)
        failed = [i for i in wanted if self._spoils(self.manners.errors, f"issue {i}")]
        if len(failed) == len(wanted) and not self.manners.errors_alone:
            failed = failed[1:]
        shown = [self._show(i, body.get("expand", ())) for i in wanted if i not in failed]
        errors = [{"id": ident, "errorMessage": "It could not be loaded."} for ident in failed]
        return {"issues": shown, **({"issueErrors": errors} if errors else {})}

    def _changelogs(self, body: Json) -> Json:
        self._weigh(
            [i for i in body["issueIdsOrKeys"] if i in self.issues], self.manners.heavy_histories
        )
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
        if self.manners.terse and not logs:
            del answer["issueChangeLogs"]
        if len(due) > len(page):
            answer["nextPageToken"] = json.dumps(page[-1][:2])
        return answer

    # --- truth --------------------------------------------------------------------------------

    def truth(self, without: t.Collection[str] = ()) -> dict[str, dict[str, t.Any]]:
        """Every row of every table by its id, with what tells its version."""
        issues = [each for ident, each in self.issues.items() if ident not in without]
        return {
            "issues": {each.id: each.version for each in issues},
            "comments": {
                row.id: (row.text, each.key)
                for each in issues
                for row in each.comments
                if not row.hidden
            },
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
    items = [{"field": row.field, **({"toString": row.new_key} if row.new_key else {})}]
    return {"id": row.id, "created": _text(row.created), "items": items}
