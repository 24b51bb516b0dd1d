"""Moments and spans as service management tells them: several times over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import from_ms

if TYPE_CHECKING:
    from sandbox.shelf import Row


def date(at: int) -> Row:
    """A moment, told four times."""
    moment = from_ms(at)
    texts = {"iso8601": "%Y-%m-%dT%H:%M:%S+0000", "jira": "%Y-%m-%dT%H:%M:%S.000+0000"}
    shape: Row = {name: moment.strftime(form) for name, form in texts.items()}
    return {**shape, "friendly": moment.strftime("%d/%b/%y %I:%M %p"), "epochMillis": at}


def duration(millis: int) -> Row:
    """A span; less than nothing when a goal was missed."""
    sign, minutes = "-" if millis < 0 else "", abs(millis) // 60_000
    return {"millis": millis, "friendly": f"{sign}{minutes // 60}h {minutes % 60}m"}
