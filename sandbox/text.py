"""Words of the stand-in site, and rich text in both of its forms."""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.messages import SURROGATE, raw

if TYPE_CHECKING:
    import msgspec

SENTENCES = (
    "Login button does nothing on slow networks",
    "Export to CSV drops the last column",
    "Größe und Überlänge werden falsch geprüft",
    "支払い画面が表示されない",
    "Search is slow when the filter is empty",
    "Добавить проверку адреса",
    "Crash when the attachment has no extension 💥",
    "Translate the welcome mail 👩‍👩‍👧‍👦",
    "Retry the webhook after a timeout",
    'Quote "handling" in labels with back\\slash',
    "Move the nightly job to the new cluster",
    "Tooltip hides behind the dialog",
    "Upgrade the TLS library",
    "تحديث صفحة المساعدة",
    "Rounding error in invoices: 0.1 + 0.2",
    "Users cannot reset their password",
    "Cache is not cleared after a rename",
    "Write documentation for the import",
    "Wrong time zone in the reminder",
    "Allow dragging cards between boards",
    "Bulk delete asks twice",
    "Tabs\tand\nnewlines in titles",
    "Accessibility: contrast of the footer",
    "Duplicate notification on mention",
)
NUL = "A NUL \u0000 hides in the middle of this line"
LONE = f"Half a surrogate pair {SURROGATE} was pasted here"
LONG = "A very long paragraph that keeps going. " * 900
LABELS = ("backend", "frontend", "ux", "sécurité", "tech-debt", "customer", "P1", "日本", "ops")
FIRST = ("Ada", "Björn", "Chen", "Dana", "Émile", "Farah", "Grete", "Haruto", "Inés", "Jan")
LAST = ("Okafor", "Müller", "Wei", "Santos", "O'Brien", "Kowalska", "Ångström", "Tanaka")


def sentence(h: int) -> str:
    """A one-line text; now and then an awkward one."""
    if h % 97 == 0:
        return (NUL, LONE)[h // 97 % 2]
    return SENTENCES[h % len(SENTENCES)]


class Rich(str):
    """Rich text: ADF in version 3 of the Cloud API, wiki markup elsewhere."""

    __slots__ = ()


def body(h: int) -> Rich:
    """A text of one to four paragraphs."""
    if h % 499 == 0:
        return Rich(LONG)
    if h % 61 == 0:
        return Rich(f"{SENTENCES[h % 24]}\n* {NUL}\n** {LONE}\n*** deepest point")
    return Rich("\n".join(SENTENCES[(h >> 5 * n) % 24] for n in range(1 + h % 4)))


def _node(kind: str, content: list[Any], **attrs: Any) -> dict[str, Any]:
    node: dict[str, Any] = {"type": kind, "content": content}
    if attrs:
        node["attrs"] = attrs
    return node


def _text(text: str, *marks: str) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "text", "text": text}
    if marks:
        node["marks"] = [{"type": mark} for mark in marks]
    return node


def _nested(level: int, text: str) -> dict[str, Any]:
    content = [_node("paragraph", [_text(text, "em")])]
    if level > 1:
        content = [_node("paragraph", []), _nested(level - 1, text)]
    return _node("bulletList", [_node("listItem", content)])


def adf_of(text: str) -> dict[str, Any]:
    """Turn wiki text into an ADF document with a mixture of nodes."""
    content: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")):
        stars = len(line) - len(line.lstrip("*"))
        if stars:
            content.append(_nested(stars, line[stars + 1 :]))
            continue
        inline: list[dict[str, Any]] = [_text(line, "strong")] if line else []
        if number == 1:
            inline += [
                {"type": "hardBreak"},
                {"type": "mention", "attrs": {"id": "557058:mention", "text": "@Ada"}},
                {"type": "emoji", "attrs": {"shortName": ":tada:", "text": "🎉"}},
                {"type": "date", "attrs": {"timestamp": "1623715200000"}},
                {"type": "inlineCard", "attrs": {"url": "https://example.com/x"}},
            ]
        if number == 2:
            cell = _node("tableCell", [_node("paragraph", inline)])
            content.append(_node("table", [_node("tableRow", [cell])], layout="default"))
            continue
        if number == 3:
            code = _node("codeBlock", [_text(line or "x")], language="python")
            content += [code, {"type": "rule"}, _node("panel", [_node("paragraph", inline)])]
            continue
        content.append(_node("paragraph", inline))
    return {"type": "doc", "version": 1, "content": content}


def wiki_of(text: str) -> str:
    """The same document as Cloud's API gives it in version 2: as wiki markup."""
    lines: list[str] = []
    for number, line in enumerate(text.split("\n")):
        stars = len(line) - len(line.lstrip("*"))
        if stars:
            lines.append(f"{'*' * stars} _{line[stars + 1 :]}_")
            continue
        inline = f"*{line}*" if line else ""
        if number == 1:
            inline += "\\\\\n[~accountid:557058:mention]:tada:2021-06-15[https://example.com/x|smart-link]"
        if number == 2:
            inline = f"|{inline}|"
        if number == 3:
            code = f"{{code:python}}\n{line or 'x'}\n{{code}}\n----\n"
            inline = f"{code}{{panel}}\n{inline}\n{{panel}}"
        lines.append(inline)
    return "\n".join(lines)


@lru_cache(maxsize=8192)
def adf(text: str) -> msgspec.Raw:
    """The encoded ADF document of a text."""
    return raw(adf_of(text))
