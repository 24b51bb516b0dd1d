"""Atlassian Documents into Markdown: CommonMark, and GitHub's tables, tasks, strikes and alerts.

Blocks stand below each other, inline nodes make lines: :data:`BLOCKS` and :data:`INLINE` say what a
node becomes. Of one that is in neither, its text and its content go on. Nothing that may stand in a
document is an error, and below :data:`DEEPEST` levels only its text is left.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import typing as t

import msgspec

from tap_jira.records import adf
from tap_jira.records import markdown_text as text

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_jira.records.adf import Node

DEEPEST = 40
"""Levels of nodes that are converted as what they are; editors allow about ten."""
WIDEST = 100
"""Most columns or rows that a cell may take."""
MOST_EMPTY = 10_000
"""Most empty cells that are put into a table for those that take several."""
LARGEST_NUMBER = 999_999_999
"""What an item of a list may be numbered with in Markdown."""


def to_markdown(value: object) -> str | None:
    """A rich text as Markdown; text is one already (markup), and one without anything is null."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict) or not value.keys() & {"type", "content"}:
        return msgspec.json.encode(value).decode() if value else None
    return "\n\n".join(_blocks([value], 0)) or None


# --- inline nodes ---------------------------------------------------------------------------------

_Mark = tuple[str, str]
"""What begins and what ends a stretch of text."""
_MARKS: dict[str, Callable[[Node], _Mark]] = {
    "link": lambda mark: ("[", f"]({text.address(adf.attribute(mark, 'href'))})"),
    "strong": lambda _: ("**", "**"),
    "em": lambda _: ("*", "*"),
    "strike": lambda _: ("~~", "~~"),
    "subsup": lambda mark: (
        ("<sup>", "</sup>") if adf.attribute(mark, "type") == "sup" else ("<sub>", "</sub>")
    ),
}
"""From the outermost to the innermost. Others (underlines, colours, alignment) have no Markdown."""


def _pieces(nodes: Iterable[Node], depth: int) -> Iterator[tuple[tuple[_Mark, ...], str]]:
    """The pieces of a line with their marks."""
    for node in nodes:
        kind, marks = adf.kind_of(node), adf.marks(node)
        piece = INLINE.get(kind, _text)(node)
        if kind == "text" and "code" in marks:
            piece = text.code(adf.own_text(node))
        elif kind == "text" and "link" in marks:
            address = adf.attribute(marks["link"], "href")
            if not address or address == adf.own_text(node):
                piece = text.link(address) or piece
                del marks["link"]
        yield tuple(make(marks[name]) for name, make in _MARKS.items() if name in marks), piece
        inside = adf.content(node)
        if depth > DEEPEST:
            yield (), text.escaped(" ".join(adf.texts(inside)))
        elif inside:
            yield from _pieces(inside, depth + 1)
            yield (), " " * (kind in BLOCKS)


def _line(nodes: Iterable[Node], depth: int) -> str:
    """Text with marks: they begin and end beside what is no space, and go on over several nodes."""
    said: list[str] = []
    space = ""
    under_way: tuple[_Mark, ...] = ()
    for marks, piece in _pieces(nodes, depth):
        core = piece.strip()
        if not core:
            space += piece
            continue
        kept = 0
        while kept < min(len(marks), len(under_way)) and marks[kept] == under_way[kept]:
            kept += 1
        begins = [begin for begin, _ in marks[kept:]]
        said += [end for _, end in reversed(under_way[kept:])]
        lead = space + piece[: len(piece) - len(piece.lstrip())]
        if "[" in begins and not lead and said and said[-1].endswith("!"):
            said[-1] = f"{said[-1][:-1]}\\!"  # or it would be an image
        said += [lead, *begins, core]
        space = piece[len(piece.rstrip()) :]
        under_way = marks
    return "".join([*said, *(end for _, end in reversed(under_way)), space])


def _text(node: Node) -> str:
    return text.escaped(adf.own_text(node))


def _attribute(*names: str) -> Callable[[Node], str]:
    return lambda node: text.escaped(adf.attribute(node, *names))


def _mention(node: Node) -> str:
    identity = adf.attribute(node, "id")
    return text.escaped(adf.attribute(node, "text") or (identity and f"@{identity}"))


def _date(node: Node) -> str:
    """A day, told by the milliseconds of its begin in UTC."""
    told = adf.value(node, "timestamp")
    if not isinstance(told, (str, int, float)):
        return ""
    try:
        seconds = int(told) / 1000
        return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return text.escaped(str(told)[:WIDEST])


def _media(node: Node) -> str:
    """A picture that has an address, or the name of a file: only Atlassian's editor finds it."""
    name, url = adf.attribute(node, "alt", "__fileName"), adf.attribute(node, "url")
    if url:
        return f"![{text.escaped(name)}]({text.address(url)})"
    return f"\\[{text.escaped(name or 'media')}\\]"


def _card(node: Node) -> str:
    linked = {"attrs": adf.value(node, "data")}
    return text.link(adf.attribute(node, "url") or adf.attribute(linked, "url", "@id", "name"))


INLINE: dict[str, Callable[[Node], str]] = {
    "text": _text,
    "hardBreak": lambda _: "\n",
    "mention": _mention,
    "emoji": _attribute("text", "shortName", "id"),
    "date": _date,
    "status": _attribute("text"),
    "placeholder": _attribute("text"),
    "inlineCard": _card,
    "media": _media,
    "mediaInline": _media,
    "inlineExtension": _text,
}
"""Nodes that are a piece of a line."""


# --- blocks ---------------------------------------------------------------------------------------


def _blocks(nodes: Iterable[Node], depth: int) -> list[str]:
    """The blocks that nodes become; inline nodes in a row are one paragraph."""
    found: list[str] = []
    for is_line, some in itertools.groupby(nodes, _is_inline):
        if is_line:
            found.append(text.paragraph(_line(some, depth)))
        elif depth > DEEPEST:
            found += [text.paragraph(text.escaped(each)) for each in adf.texts(some)]
        else:
            found += [_block(node, depth) for node in some]
    return [block for block in found if block]


def _is_inline(node: Node) -> bool:
    """Whether it is a piece of a line; of unknown nodes, those without content are."""
    kind = adf.kind_of(node)
    return kind in INLINE or not (kind in BLOCKS or adf.content(node))


def _block(node: Node, depth: int) -> str:
    return BLOCKS.get(adf.kind_of(node), _container)(node, depth + 1)


def _inside(node: Node, depth: int) -> list[str]:
    """The blocks of its content, with the text of its own that an unknown node may have."""
    return _blocks(_content(node), depth)


def _content(node: Node) -> list[Node]:
    own = adf.own_text(node)
    return [*([{"type": "text", "text": own}] if own else ()), *adf.content(node)]


def _container(node: Node, depth: int) -> str:
    return "\n\n".join(_inside(node, depth))


def _paragraph(node: Node, depth: int) -> str:
    return text.paragraph(_line(_content(node), depth))


def _heading(node: Node, depth: int) -> str:
    return text.heading(adf.number(node, "level", 1, 6), _line(_content(node), depth))


def _list(node: Node, depth: int, mark: Callable[[int, Node], str]) -> str:
    """Items; a list among them, as tasks have it, belongs to the one before it."""
    items: list[str] = []
    for at, item in enumerate(adf.content(node)):
        kind = adf.kind_of(item)
        blocks = _blocks([item], depth) if kind in BLOCKS else _inside(item, depth)
        if items and BLOCKS.get(kind) in _LISTS:
            items[-1] += "".join(text.indented(f"\n{block}", "  ") for block in blocks)
        elif blocks:
            sign = mark(at, item)
            # What is inside a task stands below its text, not below its box.
            indent = " " * len(sign.partition("[")[0])
            items.append(sign + text.indented(_stacked(blocks), indent))
    return "\n".join(items)


def _stacked(blocks: Iterable[str]) -> str:
    """An item's blocks; lists need no empty line before them, unless they begin beyond one."""
    said = ""
    for block in blocks:
        said += said and ("\n" if block.startswith(("- ", "1. ")) else "\n\n")
        said += block
    return said


def _bullets(node: Node, depth: int) -> str:
    return _list(node, depth, lambda _, __: "- ")


def _numbered(node: Node, depth: int) -> str:
    first = 0 if adf.value(node, "order") == 0 else adf.number(node, "order", 1, LARGEST_NUMBER)
    return _list(node, depth, lambda at, _: f"{min(first + at, LARGEST_NUMBER)}. ")


def _tasks(node: Node, depth: int) -> str:
    def box(_: int, item: Node) -> str:
        return "- [x] " if adf.attribute(item, "state") == "DONE" else "- [ ] "

    return _list(node, depth, box)


_LISTS = (_bullets, _numbered, _tasks)


def _quote(node: Node, depth: int) -> str:
    return text.quoted(_container(node, depth))


_ALERTS = {
    "info": "NOTE",
    "note": "IMPORTANT",
    "tip": "TIP",
    "success": "TIP",
    "warning": "WARNING",
    "error": "CAUTION",
}


def _panel(node: Node, depth: int) -> str:
    quote = _quote(node, depth)
    alert = _ALERTS.get(adf.attribute(node, "panelType"))
    return f"> [!{alert}]\n{quote}" if quote and alert else quote


def _code_block(node: Node, _: int) -> str:
    return text.code_block("".join(adf.texts([node])), adf.attribute(node, "language"))


def _expand(node: Node, depth: int) -> str:
    title = {
        "type": "text",
        "text": adf.attribute(node, "title"),
        "marks": [{"type": "strong"}],
    }
    return "\n\n".join([*_blocks([title], depth), *_inside(node, depth)])


def _media_group(node: Node, depth: int) -> str:
    return text.HARD_BREAK.join(
        block for each in adf.content(node) for block in _blocks([each], depth)
    )


def _table(node: Node, depth: int) -> str:
    """GitHub's: one line a row, the first one the head (an empty one if the table has none)."""
    rows: list[list[str]] = []
    below: list[int] = []
    """Rows to come in which a cell of a row above goes on, by column."""
    empty = 0
    for row in adf.content(node):
        cells: list[str] = []
        for cell in adf.content(row) if adf.kind_of(row) == "tableRow" else [row]:
            width = adf.number(cell, "colspan", 1, WIDEST)
            height = adf.number(cell, "rowspan", 1, WIDEST)
            empty += width * height - 1
            if empty > MOST_EMPTY:
                width = height = 1
            _fill(cells, below)
            for said in [_cell(cell, depth), *[""] * (width - 1)]:
                below += [0] * (len(cells) + 1 - len(below))
                below[len(cells)] = height - 1
                cells.append(said)
        _fill(cells, below)
        rows.append(cells)
    if not any(map(any, rows)):
        return ""
    has_head = "tableHeader" in map(adf.kind_of, adf.content(adf.content(node)[0]))
    head = rows.pop(0) if has_head else []
    width = max(map(len, [head, *rows]))
    head += [""] * (width - len(head))
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * width, *rows])


def _fill(cells: list[str], below: list[int]) -> None:
    """Put empty cells where one of a row above goes on."""
    while len(cells) < len(below) and below[len(cells)]:
        below[len(cells)] -= 1
        cells.append("")


_BAR = re.compile(r"(?<!\\)((?:\\\\)*)\|")
"""One that nothing escapes yet; those of a table in a cell are."""


def _cell(node: Node, depth: int) -> str:
    """What may stand between two bars: everything in one line."""
    blocks = _blocks([node], depth) if adf.kind_of(node) in BLOCKS else _inside(node, depth)
    return _BAR.sub(r"\1\\|", re.sub(r" *\n+", "<br>", "\n".join(blocks)))


BLOCKS: dict[str, Callable[[Node, int], str]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "bulletList": _bullets,
    "orderedList": _numbered,
    "taskList": _tasks,
    "decisionList": _bullets,
    "codeBlock": _code_block,
    "blockquote": _quote,
    "panel": _panel,
    "rule": lambda _, __: "---",
    "table": _table,
    "blockCard": lambda node, _: _card(node),
    "embedCard": lambda node, _: _card(node),
    "expand": _expand,
    "nestedExpand": _expand,
    "mediaGroup": _media_group,
}
"""Nodes that stand by themselves. Those that only hold others (`layoutSection`, `mediaSingle`,
`bodiedExtension`, `bodiedSyncBlock`, …) are not named: their content goes on."""
