"""What `jira_issue_field_history` must say, by the sandbox's record of lives."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sandbox.model import Issue
from sandbox.wording import identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from sandbox.lives import Lives, Recorded

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - the warehouse's timestamps have no zone
Row = dict[str, Any]
Key = tuple[str, str]


def moment(ms: int) -> dt.datetime:
    """An epoch millisecond as the warehouse has it."""
    return EPOCH + dt.timedelta(milliseconds=ms)


def chains(rows: list[Row]) -> dict[Key, list[Row]]:
    """The rows of a history by issue and field, in the order of time."""
    found: dict[Key, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["valid_from"]):
        found.setdefault((row["issue_id"], row["field_id"]), []).append(row)
    return found


def recorded(lives: Lives) -> dict[Key, list[Recorded]]:
    """The record of the issues that are there; a field that never held anything has no rows."""
    alive = lives.world.issues
    return {
        (str(issue), field): entries
        for (issue, field), entries in lives.over_time().items()
        if issue in alive and (len(entries) > 1 or identity(entries[0].value, cloud=True)[0])
    }


def differences(
    lives: Lives, rows: list[Row], *, but: AbstractSet[str] = frozenset(), ids: bool = True
) -> Iterator[str]:
    """Where a history says something else than the record, or nothing.

    ``but`` for these fields; without ``ids``, which a Jira may have but the raw tables not.
    """
    mine = {str(each.issue_id) for each in lives.record}
    # That an issue was created is told as well, but nobody ever changes it.
    theirs = [row for row in rows if row["issue_id"] in mine and row["field_id"] != "created"]
    known, told = recorded(lives), chains(theirs)
    for key in sorted(known.keys() | told.keys()):
        if key[1] not in but:
            right, said = known.get(key, []), told.get(key, [])
            found = [*_differences(lives, right, said, ids=ids)]
            if found:
                yield f"{key}: {found}\n  record {[_brief(each) for each in right]}" + "".join(
                    f"\n  history {row}" for row in said
                )


def _brief(each: Recorded) -> Any:
    return moment(each.at), identity(each.value, cloud=True), each.author and each.author.key


def _differences(
    lives: Lives, right: list[Recorded], said: list[Row], *, ids: bool
) -> Iterator[str]:
    if len(right) != len(said):
        yield f"{len(said)} rows instead of {len(right)}"
        return
    ends = [*(moment(each.at) for each in right[1:]), None]
    created = lives.world.issues[right[0].issue_id].created if right else 0
    for each, end, row in zip(right, ends, said, strict=True):
        if (row["valid_from"], row["valid_to"]) != (moment(each.at), end):
            yield f"from {row['valid_from']} to {row['valid_to']}"
        known, names = identity(each.value, cloud=lives.cloud)
        if isinstance(each.value, Issue) and row["value_text"] in _keys(lives, each.value):
            # An issue goes by any key that it had when the one that names it was loaded.
            names = (row["value_text"],)
        yield from _values(each if ids else each._replace(told=False), known, names, row)
        author = each.author and (each.author.id if lives.cloud else each.author.key)
        if row["author_id"] != author:
            yield f"author {row['author_id']}"
        if row["is_initial"] != (each.at == created):
            yield "a beginning"


def _keys(lives: Lives, issue: Issue) -> set[str]:
    return {one.value for one in lives.record if one[:2] == (issue.id, "issuekey")}


def _values(
    each: Recorded, ids: tuple[str | None, ...], names: tuple[str, ...], row: Row
) -> Iterator[str]:
    pairs = sorted(zip(ids, zip(each.texts, names, strict=True), strict=True), key=str)
    by_id = dict(zip(row["value_ids"], row["value_texts"], strict=True))
    if not each.told or (ids and None in ids):
        # Jira tells names alone: an id is known where the issue still holds it.
        if sorted(row["value_texts"]) not in (sorted(each.texts), sorted(names)):
            yield f"texts {row['value_texts']}"
        if not set(row["value_ids"]) <= {None, *ids}:
            yield f"ids {row['value_ids']}"
        return
    if sorted(map(str, row["value_ids"])) != sorted(map(str, ids)):
        yield f"ids {row['value_ids']}"
        return
    for ident, texts in pairs:
        # Of a list whose names have commas, not every name is known.
        if by_id[ident] not in (*texts, None) or (by_id[ident] is None and len(ids) == 1):
            yield f"text {by_id[ident]}"
