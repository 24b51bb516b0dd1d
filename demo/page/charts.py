"""Charts as SVG: pictures without scripts, drawn by Vega-Altair.

Each is drawn twice, for a wide window and for a phone, and has no colours of its own for text and
lines: the page's style sheet gives them, in light and in dark.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import altair as alt
import vl_convert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Rows = list[dict[str, Any]]

#: How wide and how high a chart is, in pixels: on a screen, and on a phone.
SIZES = {"wide": (680, 300), "narrow": (300, 240)}
#: Distinct on white and on black, also for those who see few colours (Okabe and Ito).
BLUE, ORANGE, GREEN, GREY = "#3b82c4", "#d97f0e", "#149c74", "#8a8f98"
CATEGORIES = {"done": GREEN, "indeterminate": BLUE, "new": GREY, "undefined": ORANGE}
#: Labels longer than this, in pixels, are cut off.
_LABEL = 150
#: An axis of numbers of things.
_WHOLE = alt.Axis(tickMinStep=1, format=",d")
#: A bar of a week ends a little before the next one begins.
_BAR = dt.timedelta(days=6)


def draw(kind: str, rows: Rows, more: Rows | None = None) -> dict[str, str]:
    """A chart at each of the sizes, as SVG.

    Args:
        kind: one of :data:`KINDS`.
        rows: what it shows; the columns are those of the query of that name.
        more: for the cycle times, their percentiles.
    """
    made = {}
    for size, (width, height) in SIZES.items():
        chart = KINDS[kind](rows, more or []).properties(
            width=width,
            height=height,
            background="transparent",
            autosize=alt.AutoSizeParams(type="fit", contains="padding"),
        )
        chart = chart.configure(aria=False, font="sans-serif").configure_axis(
            labelFontSize=12, titleFontSize=12, labelLimit=_LABEL
        )
        if size == "narrow":
            chart = chart.configure_legend(orient="top", title=None, columns=2)
        made[size] = vl_convert.vegalite_to_svg(chart.to_dict())
    return made


def _data(rows: Rows) -> alt.InlineData:
    return alt.InlineData(values=rows)


def _flow(rows: Rows, _: Rows) -> Any:
    names = [name for name in CATEGORIES if any(row["category"] == name for row in rows)]
    ranks = {name: rank for rank, name in enumerate(names)}
    ranked = [{**row, "rank": ranks.get(row["category"], len(ranks))} for row in rows]
    colours = alt.Scale(domain=names, range=[CATEGORIES[name] for name in names])
    return (
        alt.Chart(_data(ranked))
        .mark_area()
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("issues:Q", title="issues", stack="zero"),
            color=alt.Color("category:N", scale=colours, title="status category"),
            order=alt.Order("rank:Q"),
        )
    )


def _cycle(rows: Rows, percentiles: Rows) -> Any:
    dots = (
        alt.Chart(_data(rows))
        .mark_circle(size=28, opacity=0.6, color=BLUE)
        .encode(
            x=alt.X("completed:T", title="completed"),
            y=alt.Y("days:Q", title="days", scale=alt.Scale(type="symlog")),
        )
    )
    lines = alt.Chart(_data(percentiles))
    rules = lines.mark_rule(color=ORANGE, strokeDash=[6, 4]).encode(y="days:Q")
    texts = lines.mark_text(align="left", baseline="bottom", dx=4, fontSize=12).encode(
        x=alt.value(0), y="days:Q", text="label:N"
    )
    return alt.layer(dots, rules, texts)


def _throughput(rows: Rows, _: Rows) -> Any:
    return (
        alt.Chart(_data(rows))
        .mark_bar(color=GREEN)
        .encode(
            x=alt.X("week:T", title=None),
            x2="end:T",
            y=alt.Y("issues:Q", title="issues completed", axis=_WHOLE),
            y2=alt.Y2Datum(0),
        )
    )


def _sprints(rows: Rows, _: Rows) -> Any:
    parts = ["committed", "added", "completed", "carried over"]
    colours = alt.Scale(domain=parts, range=[BLUE, ORANGE, GREEN, GREY])
    names = list(dict.fromkeys(row["sprint"] for row in rows))
    return (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            y=alt.Y("sprint:N", title=None, sort=names),
            yOffset=alt.YOffset("part:N", sort=parts),
            x=alt.X("issues:Q", title="issues", axis=_WHOLE),
            color=alt.Color("part:N", scale=colours, title=None),
        )
    )


def _hours(rows: Rows, _: Rows) -> Any:
    names = [row["person"] for row in rows]
    return (
        alt.Chart(_data(rows))
        .mark_bar(color=BLUE)
        .encode(
            y=alt.Y("person:N", title=None, sort=names), x=alt.X("hours:Q", title="hours logged")
        )
    )


KINDS: Mapping[str, Callable[[Rows, Rows], Any]] = {
    "flow": _flow,
    "cycle": _cycle,
    "throughput": _throughput,
    "sprints": _sprints,
    "hours": _hours,
}


def shaped(kind: str, answer: Sequence[tuple[Any, ...]]) -> Rows:
    """The rows of a query as its chart wants them: JSON, days and times as text.

    A day has a time with it: a day alone is one in UTC, and drawn in the zone of the machine.
    """
    if kind == "flow":
        return [
            {"day": f"{day}T00:00:00", "category": category, "issues": int(issues)}
            for day, category, issues in answer
        ]
    if kind == "cycle":
        return [
            {"issue": key, "completed": completed.isoformat(), "days": float(days)}
            for key, completed, days in answer
        ]
    if kind == "percentiles":
        return [
            {"days": float(days), "label": f"{percent} %: {float(days):,.1f} days"}
            for percent, days in answer
        ]
    if kind == "throughput":
        return [
            {
                "week": f"{week}T00:00:00",
                "end": f"{week + _BAR}T00:00:00",
                "issues": int(issues),
            }
            for week, issues, _ in answer
        ]
    if kind == "sprints":
        return [
            {"sprint": name, "part": part, "issues": int(issues or 0)}
            for name, (_, _, *numbers) in zip(_apart(answer), answer, strict=True)
            for part, issues in zip(
                ("committed", "added", "removed", "completed", "carried over"), numbers, strict=True
            )
            if part != "removed"
        ]
    return [
        {"person": name, "hours": float(hours)}
        for name, (_, hours) in zip(_apart(answer), answer, strict=True)
    ]


def _apart(answer: Sequence[tuple[Any, ...]]) -> list[str]:
    """The names that rows begin with, each once: bars of one name would be drawn as one."""
    names: list[str] = []
    for name, *_ in answer:
        number = 1
        label = str(name)
        while label in names:
            number += 1
            label = f"{name} ({number})"
        names.append(label)
    return names
