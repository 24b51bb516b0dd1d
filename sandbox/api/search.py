"""Search: token pages on Cloud, offsets into the live result on Data Center."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from sandbox.jql import JqlError
from sandbox.jqleval import Evaluator
from sandbox.messages import ApiError, Response, ok, whole
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import Issue

MAX_RECONCILE = 50
MAX_PROPERTIES = 5
#: How often an unstable site gives the same token, or some rows again.
REPEATED, SHIFTED, _BACK = 0.1, 0.15, 2
_KEPT = 5000
TOKEN_LIFE_MS = 7 * 86_400_000
GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at "
    "https://developer.atlassian.com/changelog/#CHANGE-2046"
)
BAD_TOKEN = "The provided nextPageToken is invalid or has expired."
_BODY = {
    "jql",
    "fields",
    "expand",
    "properties",
    "fieldsByKeys",
    "nextPageToken",
    "maxResults",
    "reconcileIssues",
}


def matching(ctx: Context, jql: str, *, bounded: bool, lenient: bool = False) -> list[int]:
    """The ids a query finds; kept until the world changes unless it depends on the time."""
    return ctx.jira.kept(Results).find(ctx, jql, bounded=bounded, lenient=lenient)[0]


class Results:
    """Remembers the answers of queries: an offset page asks the whole query anew."""

    def __init__(self) -> None:
        """Start empty."""
        self._revision = -1
        self._known: dict[tuple[str, bool, bool], tuple[list[int], list[str]]] = {}

    def find(
        self, ctx: Context, jql: str, *, bounded: bool, lenient: bool = False
    ) -> tuple[list[int], list[str]]:
        """The ids and the warnings of a query."""
        if self._revision != ctx.world.revision:
            self._known.clear()
            self._revision = ctx.world.revision
        key = (jql, ctx.identity.user is None, lenient)
        known = self._known.get(key)
        if known is None or ctx.world.stale:
            caller = ctx.caller(lenient=lenient)
            evaluator = Evaluator(ctx.world, caller)
            try:
                known = (evaluator.run(jql, bounded=bounded), caller.warnings)
            except JqlError as error:
                raise ApiError(400, [str(error)], warnings=True) from None
            if not evaluator.relative:
                self._known[key] = known
        return known


# --- Cloud ------------------------------------------------------------------------------------


def _arguments(ctx: Context) -> dict[str, Any]:
    request = ctx.request
    if request.method == "POST":
        data = request.json()
        unknown = set(data) - _BODY
        if unknown or not isinstance(data.get("expand", ""), (str, type(None))):
            raise ApiError(400, ["Invalid request payload. Refer to the REST API documentation."])
        return data
    found: dict[str, Any] = {
        name: request.param(name) for name in ("jql", "expand", "nextPageToken")
    }
    found["properties"] = request.listed("properties")
    fields = request.listed("fields")
    return {**found, "fields": fields or None, "maxResults": request.number("maxResults", 50)}


def asked_properties(data: dict[str, Any]) -> list[str]:
    """The keys of the properties that many issues are to show; all of them is not to be had."""
    keys = data.get("properties") or []
    if not isinstance(keys, list) or len(keys) > MAX_PROPERTIES:
        raise ApiError(400, ["The number of issue properties must not exceed 5."])
    return [str(key) for key in keys if key != "*all"]


class Pager:
    """Next-page tokens of Cloud searches."""

    def __init__(self) -> None:
        """Start without any."""
        self._snapshots: dict[str, tuple[int, str, list[int], int]] = {}
        self._repeated: set[str] = set()
        self._count = 0

    def start(self, ctx: Context, jql: str, token: str | None) -> tuple[list[int], int]:
        """The result a page is cut from, and where."""
        unstable = ctx.jira.options.tokens == "unstable"
        if not token:
            return matching(ctx, jql, bounded=True), 0
        now = ctx.jira.clock.now_ms()
        if unstable:
            try:
                made, asked, at = json.loads(base64.urlsafe_b64decode(token))
            except (ValueError, binascii.Error):
                raise ApiError(400, [BAD_TOKEN]) from None
            rows = matching(ctx, jql, bounded=True)
        else:
            if token not in self._snapshots:
                raise ApiError(400, [BAD_TOKEN])
            made, asked, rows, at = self._snapshots[token]
        if asked != jql or now - made > TOKEN_LIFE_MS:
            raise ApiError(400, [BAD_TOKEN])
        return rows, at

    def token(self, ctx: Context, jql: str, rows: list[int], at: int, came: str | None) -> str:
        """The token of the page that starts at ``at``."""
        now = ctx.jira.clock.now_ms()
        self._count += 1
        if ctx.jira.options.tokens == "unstable":
            roll = ctx.jira.rng.random()
            if came and roll < REPEATED and came not in self._repeated:
                self._repeated.add(came)
                return came
            back = _BACK if roll > 1 - SHIFTED and at > _BACK else 0
            text = json.dumps([now, jql, at - back])
            return base64.urlsafe_b64encode(text.encode()).decode()
        token = f"Ch{self._count:08x}{ctx.jira.rng.getrandbits(64):016x}"
        self._snapshots[token] = (now, jql, rows, at)
        if len(self._snapshots) > _KEPT:
            self._snapshots.pop(next(iter(self._snapshots)))
        return token


@route("GET", "/search/jql", "cloud", anonymous=True)
@route("POST", "/search/jql", "cloud", anonymous=True)
def search_jql(ctx: Context) -> Response:
    """The Cloud search."""
    data = _arguments(ctx)
    if len(data.get("reconcileIssues") or ()) > MAX_RECONCILE:
        raise ApiError(400, ["At most 50 issues can be reconciled."])
    jql = str(data.get("jql") or "")
    names = tuple(data.get("fields") or ("id",))
    expand = {part.strip() for part in str(data.get("expand") or "").split(",") if part.strip()}
    properties = asked_properties(data)
    slim = set(names) <= {"id", "key"} and not expand and not properties
    cap = ctx.caps.search_ids if slim else ctx.caps.search
    size = ctx.size(whole(data.get("maxResults"), 50), 50, cap)
    came = data.get("nextPageToken")
    rows, at = ctx.jira.kept(Pager).start(ctx, jql, came)
    cut = rows[at : at + size]
    # Deleted or hidden since the result was made: the page is simply shorter.
    found = [issue for issue in map(ctx.world.issues.get, cut) if issue and ctx.sees(issue)]
    issues: list[Any]
    if slim:
        issues = [{"id": str(issue.id), "key": issue.key} for issue in found]
        if "key" not in names:
            issues = [{"id": row["id"]} for row in issues]
    else:
        ctx.refuse(found)
        issues = [ctx.show(one, names, expand=expand, properties=properties) for one in found]
    answer: dict[str, Any] = {"issues": issues}
    last = at + size >= len(rows)
    if not last:
        answer["nextPageToken"] = ctx.jira.kept(Pager).token(ctx, jql, rows, at + size, came)
    shown = ctx.jira.options.is_last
    ctx.jira.pages += 1
    if shown == "always" or (shown == "sometimes" and ctx.jira.pages % 3):
        answer["isLast"] = last
    return ok({**answer, **_described(ctx, names, expand)})


def _described(ctx: Context, names: tuple[str, ...], expand: set[str]) -> dict[str, Any]:
    fields = ctx.world.catalogue.select(names)
    answer: dict[str, Any] = {}
    if "names" in expand:
        answer["names"] = {field.id: field.name for field in fields}
    if "schema" in expand:
        schemas = {field.id: field.schema(cloud=ctx.cloud) for field in fields}
        answer["schema"] = {ident: schema for ident, schema in schemas.items() if schema}
    return answer


@route("GET", "/search", "cloud", anonymous=True)
@route("POST", "/search", "cloud", anonymous=True)
def search_gone(ctx: Context) -> Response:
    """The removed search, and what it was before."""
    if ctx.jira.options.old_search:
        return _by_offset(ctx, ctx.caps.search)
    raise ApiError(410, [GONE])


@route("POST", "/search/approximate-count", "cloud", anonymous=True)
def approximate_count(ctx: Context) -> Response:
    """An estimate; here it happens to be right."""
    jql = str(ctx.request.json().get("jql") or "")
    return ok({"count": len(matching(ctx, jql, bounded=True))})


@route("POST", "/jql/parse", "cloud", anonymous=True)
def jql_parse(ctx: Context) -> Response:
    """Validate queries without running them."""
    strict = ctx.request.param("validation", "strict")
    queries: list[Any] = []
    for jql in ctx.request.json().get("queries", []):
        entry: dict[str, Any] = {"query": jql}
        try:
            Evaluator(ctx.world, ctx.caller()).run(str(jql), bounded=False)
            entry["structure"] = {}
        except JqlError as error:
            if strict != "none":
                entry["errors" if strict == "strict" else "warnings"] = [str(error)]
        queries.append(entry)
    return ok({"queries": queries})


# --- By offsets: Data Center, and Cloud as it was -----------------------------------------------


def _offset_arguments(ctx: Context) -> dict[str, Any]:
    request = ctx.request
    if request.method == "POST":
        data = request.json()
        for name in ("fields", "expand"):
            if not isinstance(data.get(name, []), (list, type(None))):
                message = f"Can not deserialize instance of java.util.ArrayList ({name})"
                raise ApiError(400, [message])
        return data
    found: dict[str, Any] = {"jql": request.param("jql", "")}
    found |= {"startAt": request.number("startAt", 0)}
    found |= {"maxResults": request.number("maxResults", 50)}
    found |= {"fields": request.listed("fields"), "expand": request.listed("expand")}
    return {**found, "validateQuery": request.param("validateQuery", "true")}


@route("GET", "/search", "dc", anonymous=True)
@route("POST", "/search", "dc", anonymous=True)
def search_dc(ctx: Context) -> Response:
    """The Data Center search."""
    return _by_offset(ctx, ctx.caps.search_dc)


def _by_offset(ctx: Context, cap: int) -> Response:
    data = _offset_arguments(ctx)
    lenient = str(data.get("validateQuery", True)).lower() in {"false", "warn", "none"}
    start = max(0, whole(data.get("startAt"), 0))
    asked = whole(data.get("maxResults"), 50)
    # None at all asks for the total only; a negative number is an old way of asking for all.
    size = 0 if asked == 0 else cap if asked < 0 else ctx.size(asked, 50, cap)
    window = ctx.jira.options.max_result_window
    if window is not None and start + size > window:
        message = (
            f"Search limit exceeded: the search requests {start + size} results which exceeded "
            f"the search platform limit of {window:,}"
        )
        raise ApiError(500, [message])
    jql = str(data.get("jql") or "")
    rows, warnings = ctx.jira.kept(Results).find(ctx, jql, bounded=False, lenient=lenient)
    names = tuple(data.get("fields") or ("*navigable",))
    expand = set(data.get("expand") or ())
    page = map(ctx.world.issues.get, rows[start : start + size])
    found = [issue for issue in page if issue is not None and ctx.sees(issue)]
    if set(names) - {"id", "key"}:
        ctx.refuse(found)
    issues = [ctx.show(issue, names, expand=expand) for issue in found]
    answer: dict[str, Any] = {
        "expand": "schema,names",
        "startAt": start,
        "maxResults": size,
        "total": len(rows),
        "issues": issues,
    }
    if warnings:
        answer["warningMessages"] = warnings
    return ok({**answer, **_described(ctx, names, expand)})


@route("GET", "/searchLimits/maxResultWindow", "dc")
def max_result_window(ctx: Context) -> Response:
    """The window of the search platform, from 11.3 on."""
    if ctx.jira.options.version_numbers < (11, 3):
        raise ctx.jira.unknown(ctx.request)
    window = ctx.jira.options.max_result_window
    return ok({"maxResultWindow": 2_147_483_647 if window is None else window})


def sorted_issues(issues: list[Issue]) -> list[Issue]:
    """In ascending id order, each once."""
    return sorted({issue.id: issue for issue in issues}.values(), key=lambda issue: issue.id)
