"""Atlassian Documents as Markdown: every node, any depth, nonsense, and text that stays text."""
# ruff: noqa: E501 - the table reads best with one node a line

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tap_jira.records.markdown import BLOCKS, DEEPEST, INLINE, to_markdown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

Node = dict[str, Any]


def text(said: str, *marks: str | Node) -> Node:
    listed = [{"type": mark} if isinstance(mark, str) else mark for mark in marks]
    return {"type": "text", "text": said, **({"marks": listed} if listed else {})}


def node(kind: str, *content: Node | str, **attributes: Any) -> Node:
    inside = [text(each) if isinstance(each, str) else each for each in content]
    made: Node = {"type": kind, "content": inside} if inside else {"type": kind}
    return {**made, "attrs": attributes} if attributes else made


def paragraph(*content: Node | str) -> Node:
    return node("paragraph", *content)


def doc(*content: Any) -> Node:
    return {"type": "doc", "version": 1, "content": list(content)}


def item(*content: Node | str) -> Node:
    return node("listItem", *(paragraph(c) if isinstance(c, str) else c for c in content))


def link(href: Any) -> Node:
    return {"type": "link", "attrs": {"href": href}}


def cell(*content: Node | str, kind: str = "tableCell", **attributes: Any) -> Node:
    inside = (paragraph(c) if isinstance(c, str) else c for c in content)
    return node(kind, *inside, **attributes)


def row(*cells: Node | str) -> Node:
    return node("tableRow", *(cell(each) if isinstance(each, str) else each for each in cells))


def head(*names: str) -> Node:
    return row(*(cell(name, kind="tableHeader") for name in names))


#: What each node of Atlassian's reference becomes.
NODES: list[tuple[Node, str]] = [
    (paragraph("One", {"type": "hardBreak"}, "two"), "One  \ntwo"),
    (paragraph("One", {"type": "hardBreak"}, {"type": "hardBreak"}, "two"), "One  \ntwo"),
    (node("heading", "Title", level=3), "### Title"),
    (node("heading", "C#", level=2), "## C#"),
    (node("heading", "a ##", level=1), "# a \\##"),
    (node("heading", "a", {"type": "hardBreak"}, "b", level=99), "# a b"),
    (paragraph(text("bold", "strong"), " ", text("slanted", "em")), "**bold** *slanted*"),
    (paragraph(text("gone", "strike"), text("x`y", "code")), "~~gone~~``x`y``"),
    (paragraph(text("a", "strong"), text("b", "strong", "em")), "**a*b***"),
    (paragraph("x", text(" edge ", "strong"), "y"), "x **edge** y"),
    (paragraph("x", text("  ", "strong"), "y"), "x  y"),
    (paragraph("H", text("2", {"type": "subsup", "attrs": {"type": "sub"}}), "O"), "H<sub>2</sub>O"),
    (paragraph("m", text("2", {"type": "subsup", "attrs": {"type": "sup"}})), "m<sup>2</sup>"),
    (
        paragraph(text("u", "underline"), text("c", {"type": "textColor", "attrs": {"color": "#f00"}})),
        "uc",
    ),
    (paragraph(text("b", {"type": "backgroundColor"}), text("d", "border", "annotation")), "bd"),
    (paragraph("so!", text("here", link("https://x.org/a b(c)"))), "so\\![here](https://x.org/a%20b%28c%29)"),
    (paragraph(text("https://x.org/a(b)", link("https://x.org/a(b)"))), "<https://x.org/a(b)>"),
    (paragraph(text("a", link("/b"), "strong"), text("c", link("/b"))), "[**a**c](/b)"),
    (paragraph(text("x", "code", link("/b"))), "[`x`](/b)"),
    (paragraph(text("no address", link(None))), "no address"),
    (node("bulletList", item("a", node("bulletList", item("b"))), item("c")), "- a\n  - b\n- c"),
    (
        node("orderedList", item("a", node("orderedList", item("b"))), item("c"), order=9),
        "9. a\n   1. b\n10. c",
    ),
    (node("bulletList", item("a", node("orderedList", item("b"), order=3))), "- a\n\n  3. b"),
    (node("orderedList", item("a"), item("b"), order=0), "0. a\n1. b"),
    (node("bulletList", item("a", node("orderedList", item("b"), order=0))), "- a\n\n  0. b"),
    (node("bulletList", item("a", "b", node("codeBlock", "x\n\ny"))), "- a\n\n  b\n\n  ```\n  x\n\n  y\n  ```"),
    (node("bulletList", item(""), item("a")), "- a"),
    (
        node(
            "taskList",
            node("taskItem", "done", state="DONE", localId="1"),
            node("taskList", node("taskItem", "inner", state="TODO")),
            node("blockTaskItem", paragraph("to do"), state="TODO"),
        ),
        "- [x] done\n  - [ ] inner\n- [ ] to do",
    ),
    (node("decisionList", node("decisionItem", "agreed", state="DECIDED")), "- agreed"),
    (node("codeBlock", "a = '*'\n", language="python"), "```python\na = '*'\n```"),
    (node("codeBlock", "```\n", language="x y\n"), "````xy\n```\n````"),
    (node("blockquote", paragraph("a"), paragraph("b")), "> a\n>\n> b"),
    *(
        (node("panel", paragraph("a"), panelType=kind), f"{begin}> a")
        for kind, begin in (
            ("info", "> [!NOTE]\n"),
            ("note", "> [!IMPORTANT]\n"),
            ("tip", "> [!TIP]\n"),
            ("success", "> [!TIP]\n"),
            ("warning", "> [!WARNING]\n"),
            ("error", "> [!CAUTION]\n"),
            ("custom", ""),
        )
    ),
    (node("rule"), "---"),
    (node("table", head("A", "B"), row("1", "2|3")), "| A | B |\n| --- | --- |\n| 1 | 2\\|3 |"),
    (node("table", row("1"), row("2", "3")), "|  |  |\n| --- | --- |\n| 1 |\n| 2 | 3 |"),
    (
        node(
            "table",
            row(cell("a", colspan=2, kind="tableHeader"), cell("b", kind="tableHeader")),
            row(cell("c", rowspan=2), "d", "e"),
            row("f", "g"),
        ),
        "| a |  | b |\n| --- | --- | --- |\n| c | d | e |\n|  | f | g |",
    ),
    (
        node("table", head("A"), row(cell("x", "y", node("bulletList", item("z"))))),
        "| A |\n| --- |\n| x<br>y<br>- z |",
    ),
    (node("table", head("A"), node("caption", "under")), "| A |\n| --- |\n| under |"),
    (node("mediaSingle", node("media", type="file", id="1", alt="plan.png"), node("caption", "C")), "\\[plan.png\\]\n\nC"),
    (node("mediaSingle", node("media", type="external", url="https://x.org/a.png", alt="A")), "![A](https://x.org/a.png)"),
    (node("mediaGroup", node("media", type="file", id="1"), node("media", type="file", id="2")), "\\[media\\]  \n\\[media\\]"),
    (paragraph("see ", node("mediaInline", id="1", alt="a_b.pdf")), "see \\[a_b.pdf\\]"),
    (paragraph(node("mention", id="5b10", text="@Ada_")), "@Ada\\_"),
    (paragraph(node("mention", id="5b10")), "@5b10"),
    (paragraph(node("emoji", shortName=":tada:", text="🎉"), node("emoji", shortName=":own:")), "🎉:own:"),
    (paragraph(node("date", timestamp="1623715200000")), "2021-06-15"),
    (paragraph(node("date", timestamp=1623715200000)), "2021-06-15"),
    (paragraph(node("date", timestamp="soon")), "soon"),
    (paragraph(node("date", timestamp="9" * 30)), "9" * 30),
    (paragraph(node("status", text="IN PROGRESS", color="blue")), "IN PROGRESS"),
    (paragraph(node("inlineCard", url="https://x.org/a_*b")), "<https://x.org/a_*b>"),
    (paragraph(node("inlineCard", data={"@type": "Document", "url": "https://x.org/"})), "<https://x.org/>"),
    (node("blockCard", url="https://x.org/"), "<https://x.org/>"),
    (node("embedCard", url="https://x.org/", layout="wide"), "<https://x.org/>"),
    (node("expand", paragraph("a"), title="More *"), "**More \\***\n\na"),
    (node("nestedExpand", paragraph("a")), "a"),
    (
        node(
            "layoutSection",
            node("layoutColumn", paragraph("left"), width=50),
            node("layoutColumn", paragraph("right"), width=50),
        ),
        "left\n\nright",
    ),
    (node("bodiedExtension", paragraph("a"), extensionKey="k"), "a"),
    (node("extension", extensionKey="k", text="a chart"), "a chart"),
    (paragraph("a ", node("inlineExtension", extensionKey="k", text="chart")), "a chart"),
    (node("multiBodiedExtension", node("extensionFrame", paragraph("a"))), "a"),
    (paragraph(node("placeholder", text="Type here")), "Type here"),
    (node("syncBlock", resourceId="1"), ""),
    (node("bodiedSyncBlock", paragraph("a"), resourceId="1"), "a"),
    (node("mystery", paragraph("a"), node("enigma", "b")), "a\n\nb"),
    (paragraph("a ", node("mystery", "b"), " c"), "a b c"),
    ({"type": "mystery", "text": "its text"}, "its text"),
]  # fmt: skip


@pytest.mark.parametrize(("given_node", "wanted"), NODES, ids=lambda value: str(value)[:60])
def test_every_node(given_node: Node, wanted: str) -> None:
    assert to_markdown(doc(given_node)) == (wanted or None)


def test_every_node_that_is_named_is_tested() -> None:
    tested = set(re.findall(r"'type': '(\w+)'", str(NODES)))
    assert not (BLOCKS.keys() | INLINE.keys()) - tested


def test_blocks_stand_apart() -> None:
    found = to_markdown(doc(node("heading", "T", level=1), paragraph("a"), node("rule"), text("b")))
    assert found == "# T\n\na\n\n---\n\nb"


@pytest.mark.parametrize("nothing", [None, {}, [], "", doc(), doc(paragraph()), {"type": "doc"}])
def test_nothing_is_null(nothing: Any) -> None:
    assert not to_markdown(nothing)


def test_what_is_no_document_goes_on() -> None:
    assert to_markdown("h1. *markup*") == "h1. *markup*"
    assert to_markdown({"value": 1}) == '{"value":1}'
    assert to_markdown([1, "a"]) == '[1,"a"]'
    assert to_markdown(5) == "5"


@pytest.mark.parametrize("kind", [*sorted(BLOCKS.keys() | INLINE.keys()), "doc", "listItem", "x"])
def test_text_at_the_bottom_of_ten_thousand_nodes(kind: str) -> None:
    deep = text("bottom")
    for _ in range(10_000):
        deep = {"type": kind, "content": [deep]}
    found = to_markdown(doc(deep)) or ""
    if kind not in {"rule", "blockCard", "embedCard"}:  # they hold nothing
        assert "bottom" in found
    assert len(found) < 10_000


def test_a_deep_and_wide_document_stays_about_its_size() -> None:
    deep: Node = node("bulletList", *(item(f"item {n}") for n in range(2_000)))
    for _ in range(DEEPEST - 5):
        deep = node("blockquote", deep)
    assert len(to_markdown(doc(deep)) or "") < 2_000 * (3 * DEEPEST + 20)


def test_cells_that_span_without_end_make_no_table_without_end() -> None:
    spans: Any = {"colspan": 10**9, "rowspan": 10**9}
    huge = node("table", *(row(*(cell("x", **spans) for _ in range(20))) for _ in range(200)))
    assert len(to_markdown(doc(huge)) or "") < 1_000_000
    each: Any = {"colspan": 100, "rowspan": 100}
    many = node("table", *(row(*(cell("x", **each) for _ in range(20))) for _ in range(200)))
    found = to_markdown(doc(many)) or ""
    assert len(found) < 1_000_000
    assert found.count("x") == 4_000


# --- text stays text ------------------------------------------------------------------------------

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_AWKWARD = [
    *(
        "# a",
        "## ",
        "- a",
        "+ a",
        "1. a",
        "12) a",
        "> a",
        "a\n===",
        "a\n---",
        "***",
        "___",
        "| a |",
    ),
    *(
        "a|b\n-|-",
        "```",
        "~~~",
        "    code",
        "*a*",
        "_a_",
        "a_b_c",
        "**a**",
        "~~a~~",
        "`a`",
        "[a](b)",
    ),
    *(
        "![a](b)",
        "<b>",
        "<!-- a -->",
        "<https://a.b>",
        "a < b",
        "&amp;",
        "&#35;",
        "C:\\*",
        "\\",
        "a\\",
    ),
    *("[a]: b", "a  \nb", "=", ":-:", "-|-", "1.", "100% & more", "[^1]", "\u2028a", "\x85", "\ta"),
]
_TEXT = st.one_of(
    st.sampled_from(_AWKWARD),
    st.text(st.sampled_from("ab1 \n#*_-+`~[]()<>!|\\&;.=:/\"'"), max_size=12),
    st.text(st.characters(codec="utf-8"), max_size=8),
)


def shown(tokens: Iterable[Token]) -> Iterable[str]:
    """What a reader of the Markdown sees."""
    for token in tokens:
        if token.children is not None:
            yield from shown(token.children)
            yield " "
        elif token.type in {"softbreak", "hardbreak", "html_inline"}:
            assert token.content in {"", "<br>"}
            yield " "
        elif token.type in {"text", "code_inline", "fence", "code_block", "html_block"}:
            yield token.content
            yield " " * (token.type == "fence")


def words(said: str) -> list[str]:
    # Replaced by every reader of Markdown, and by Python's idea of a line's end.
    return re.sub(
        r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+", " ", said
    ).split()


def places(said: str) -> list[tuple[int, Node]]:
    """Where a text may stand, and how many times it does."""
    return [
        (1, paragraph(said)),
        (1, node("heading", said, level=2)),
        (2, node("bulletList", item(said, node("orderedList", item(said))))),
        (1, node("taskList", node("taskItem", said))),
        (1, node("blockquote", paragraph(said))),
        (1, node("panel", paragraph(said), panelType="custom")),
        (1, node("expand", paragraph(said))),
        (1, node("mystery", said)),
        (1, paragraph(node("status", text=said))),
        (3, node("table", head(said), row(said, said))),
    ]


@given(_TEXT)
@example("!")
@example("a |\n| b")
def test_a_reader_of_the_markdown_sees_the_text(said: str) -> None:
    said = said.replace("\ufffd", "").replace("\0", "")
    for times, place in places(said) if words(said) else ():
        found = to_markdown(doc(paragraph("before"), place, paragraph("after"))) or ""
        seen = "".join(shown(READER.parse(found.replace("- [ ] ", "- "))))  # it knows no tasks
        assert words(seen) == ["before", *words(said) * times, "after"], found


@given(st.lists(_TEXT, max_size=4))
def test_pieces_of_a_line_are_seen_one_after_the_other(pieces: list[str]) -> None:
    said = "".join(pieces).replace("\ufffd", "").replace("\0", "")
    found = to_markdown(doc(paragraph(*(piece.replace("\0", "") for piece in pieces)))) or ""
    assert "".join(words("".join(shown(READER.parse(found))))) == "".join(words(said)), found


@given(_TEXT)
def test_code_is_code(said: str) -> None:
    said = said.replace("\0", "")
    if not said.strip():
        return
    found = to_markdown(doc(node("codeBlock", said), paragraph(text(said, "code")))) or ""
    block, _, inline, _ = READER.parse(found)
    assert words(block.content) == words(said)
    children = inline.children or []
    assert words("".join(child.content for child in children)) == words(said)
    assert not words(said) or [child.type for child in children] == ["code_inline"]


# --- nonsense -------------------------------------------------------------------------------------

_SCALAR = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just(10**40)
)
_ATTRIBUTES = (
    "type content text attrs marks level order colspan rowspan timestamp url href language "
    "panelType title alt state id data"
)
_NAMES = st.sampled_from(_ATTRIBUTES.split())
_OTHERS = "doc listItem tableRow tableCell tableHeader taskItem link strong em code subsup mystery"
_TYPES = st.sampled_from([*BLOCKS, *INLINE, *_OTHERS.split()])
_NONSENSE = st.recursive(
    _SCALAR | _TYPES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(_NAMES, inner, max_size=4),
        st.fixed_dictionaries(
            {"type": _TYPES | inner, "content": st.lists(inner, max_size=3) | inner},
            optional={"attrs": inner, "marks": inner, "text": inner},
        ),
    ),
    max_leaves=12,
)


@given(_NONSENSE)
def test_nothing_is_an_error(value: Any) -> None:
    assert isinstance(to_markdown(value), (str, type(None)))
    assert isinstance(to_markdown({"type": "doc", "content": value}), (str, type(None)))


@given(st.lists(_TYPES, max_size=6))
def test_text_goes_on_through_nodes_in_any_order(kinds: list[str]) -> None:
    inside = text("word")
    for kind in kinds:
        inside = {"type": kind, "content": [inside]}
    lost = {"rule", "blockCard", "embedCard"} & {*kinds}
    assert lost or "word" in (to_markdown(doc(inside)) or "")
