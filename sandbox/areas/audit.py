"""The audit log: newest first, while it grows.

Cloud, and Data Center before 10, list records by offset: what arrives in between pushes the rest
down. Data Center from 8.8 on lists events by a cursor; they have no id. Many records share an
instant, of which records tell milliseconds with an offset and events end in ``Z``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sandbox.clock import from_ms, to_ms
from sandbox.messages import ApiError, Response, ok
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

#: From here on Data Center has events, and from there on nothing else.
EVENTS_SINCE, RECORDS_UNTIL = (8, 8), (10,)
RECORDS = 2_350
RECORD_LIMIT = 1_000
EVENT_DEFAULT, EVENT_LIMIT = 200, 1_000
FIRST_ID = 10_001
MOST_ARRIVALS = 400
ACTIONS = (
    ("User added to group", "group management", "GROUP"),
    ("Custom field updated", "fields", "CUSTOM_FIELD"),
    ("Übergang gelöscht 🗑", "workflows", "WORKFLOW"),
    ("Permission scheme updated", "permissions", "SCHEME"),
    ("Global permission added", "permissions", ""),
)


@dataclass
class Log:
    """What happened, in the order of its being written: when, and the record's id."""

    entries: list[tuple[int, int]] = field(default_factory=list)
    #: How many came while somebody looked.
    arrived: int = 0


def rows(site: Site) -> Tables:
    """More than two pages of records, the oldest of two hundred days ago."""
    log, start = site.kept(Log), site.clock.start_ms
    log.entries = []
    table: list[Row] = []
    for n in range(RECORDS):
        # Five records of an instant; an hour's pause between instants, and seconds in the last.
        step = (RECORDS - 1 - n) // 5
        at = start - 60_000 - step * (3_600_000 if step > 1 else 1_000) * 2
        _write(site, table, at + step % 7)
    return {"audit_records": table}


def change(site: Site) -> None:
    """Records come: one of the same millisecond as the last, and one that was written late."""
    table, log = site.shelf["audit_records"], site.kept(Log)
    now, last = site.clock.now_ms(), max(at for at, _ in log.entries)
    late = int(site.options.audit_late_seconds * 1000)
    for at in (last, last - late, *(max(last, now - 1000 * n) for n in range(40, 0, -1))):
        _write(site, table, at)


def _events(site: Site) -> bool:
    options = site.options
    return not options.cloud and options.version_numbers >= EVENTS_SINCE


def _write(site: Site, table: list[Row], at: int) -> None:
    log = site.kept(Log)
    ident = FIRST_ID + len(log.entries)
    log.entries.append((at, ident))
    table.append((_event if _events(site) else _record)(site, at, ident))


def _record(site: Site, at: int, ident: int) -> Row:
    summary, category, kind = ACTIONS[ident % len(ACTIONS)]
    who = site.world.users[ident % 7]
    row: Row = {"id": ident, "summary": summary, "category": category, "eventSource": ""}
    row["created"] = from_ms(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}+0000"
    if ident % 6:
        row |= {"remoteAddress": f"192.0.2.{ident % 250}", "authorKey": who.key}
        row |= {"authorAccountId": who.id} if site.options.cloud else {}
    if ident % 9 == 0:
        row |= {"description": "说明", "eventSource": "Jira Connect Plugin"}
    if kind:
        row["objectItem"] = {"id": str(ident), "name": f"Thing {ident}", "typeName": kind}
        row["objectItem"] |= {"parentId": "1", "parentName": "Internal"} if ident % 2 else {}
    row["changedValues"] = [
        {"fieldName": f"Field {n}", "changedTo": "é"} | ({"changedFrom": ""} if n else {})
        for n in range(ident % 3)
    ]
    if ident % 4:
        row["associatedItems"] = [{"id": who.key, "name": who.name, "typeName": "USER"}]
    return row


def _event(site: Site, at: int, ident: int) -> Row:
    summary, category, kind = ACTIONS[ident % len(ACTIONS)]
    who, number = site.world.users[ident % 7], str(ident)
    row: Row = {"timestamp": _instant(at)}
    row["author"] = {"name": who.display, "type": "user", "id": str(10_000 + ident % 7)}
    row["author"] |= {"uri": f"{site.base_url}/secure/ViewProfile.jspa?name={who.name}"}
    if ident % 6 == 0:
        row["author"] = {"name": "System", "type": "system", "id": "-1"}
    row["type"] = {"category": category, "action": summary}
    row["type"] |= {"categoryI18nKey": f"jira.auditing.category.{category.replace(' ', '')}"}
    row["type"] |= {"actionI18nKey": f"jira.auditing.{ident % len(ACTIONS)}"}
    thing = {"id": number, "name": f"Thing {number}", "type": kind}
    row["affectedObjects"] = [thing] if kind else []
    row["changedValues"] = [
        {"key": f"Field {n}", "i18nKey": f"field.{n}", "to": "é"} | ({"from": ""} if n else {})
        for n in range(ident % 3)
    ]
    if ident % 5:
        row["source"] = f"192.0.2.{ident % 250}"
    row |= {"system": site.base_url, "method": ("Browser", "API", "System")[ident % 3]}
    row |= {"node": f"node-{ident % 2}"} if ident % 4 else {}
    extra = {"name": "Description", "nameI18nKey": "description", "value": f"№ {number}"}
    return {**row, "extraAttributes": [extra] if ident % 3 else []}


def _instant(at: int) -> str:
    """Java's way: no fraction where it is zero."""
    stamp = from_ms(at).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{at % 1000:03d}Z" if at % 1000 else f"{stamp}Z"


# --- serving ------------------------------------------------------------------------------------


def _moment(ctx: Context, name: str) -> int | None:
    """An instant of the query: ISO 8601, with ``Z`` or an offset, or a plain date."""
    text = ctx.request.param(name)
    if not text:
        return None
    # A plus that was not quoted arrives as a space, and is no offset any more.
    shaped = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text.replace("Z", "+00:00"))
    try:
        moment = datetime.fromisoformat(shaped)
    except ValueError:
        raise ApiError(400, [f"'{text}' is not a valid date for '{name}'."]) from None
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))


def _found(ctx: Context) -> list[tuple[int, int]]:
    """What was written between ``from`` and ``to``, both included, newest first."""
    site = ctx.jira
    table, log = site.shelf["audit_records"], site.kept(Log)
    since, until = _moment(ctx, "from"), _moment(ctx, "to")
    late = int(site.options.audit_late_seconds * 1000)
    # No more than so many, for the sake of a client that reads until a page is empty.
    for n in range(site.options.audit_arrivals if log.arrived < MOST_ARRIVALS else 0):
        log.arrived += 1
        _write(site, table, site.clock.now_ms() - (late if n % 2 else 0))
    return sorted(
        (
            (at, ident)
            for at, ident in log.entries
            if (since is None or at >= since) and (until is None or at <= until)
        ),
        reverse=True,
    )


@route("GET", "/auditing/record", permission="ADMINISTER", scope="manage:jira-configuration")
def records(ctx: Context) -> Response:
    """``{"offset": 0, "limit": 1000, "total": 2, "records": […]}``."""
    site = ctx.jira
    if not ctx.cloud and site.options.version_numbers >= RECORDS_UNTIL:
        raise site.unknown(ctx.request)
    if ctx.cloud and not site.options.paid:
        raise ApiError(403, ["The audit log is not available on a free plan."])
    found, offset = _found(ctx), max(0, ctx.request.number("offset", 0))
    limit = ctx.request.number("limit", RECORD_LIMIT)
    limit = limit if 0 < limit <= RECORD_LIMIT else RECORD_LIMIT
    cut = [_record(site, *entry) for entry in found[offset : offset + limit]]
    return ok({"offset": offset, "limit": limit, "total": len(found), "records": cut})


@route("GET", "/events", "dc", api="auditing", permission="ADMINISTER", since=EVENTS_SINCE)
def events(ctx: Context) -> Response:
    """``{"entities": […], "pagingInfo": {"lastPage": false, "nextPageLink": "…", …}}``.

    The cursor is the instant and the number of the last event, so that arrivals move nothing.
    """
    found = _found(ctx)
    cursor = ctx.request.param("pageCursor")
    if cursor:
        at, _, ident = cursor.partition(",")
        if not (at.isdigit() and ident.isdigit()):
            raise ApiError(400, ["The page cursor is not valid."])
        found = [entry for entry in found if entry < (int(at), int(ident))]
    found = found[max(0, ctx.request.number("offset", 0)) :]
    asked = ctx.request.number("limit", EVENT_DEFAULT)
    limit = min(asked, EVENT_LIMIT) if asked > 0 else EVENT_DEFAULT
    cut = found[:limit]
    paging: Row = {"lastPage": len(found) <= limit, "size": len(cut)}
    if not paging["lastPage"]:
        paging["nextPageCursor"] = f"{cut[-1][0]},{cut[-1][1]}"
        query = {name: ctx.request.param(name) for name in ("from", "to", "limit")}
        given = {name: text for name, text in query.items() if text}
        link = urlencode({**given, "pageCursor": paging["nextPageCursor"]})
        paging["nextPageLink"] = f"{ctx.jira.base_url}/rest/auditing/1.0/events?{link}"
    return ok({"entities": [_event(ctx.jira, *entry) for entry in cut], "pagingInfo": paging})
