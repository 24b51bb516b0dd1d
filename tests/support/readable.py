"""Rich text of the stand-in Jira as Markdown, and the one thing that a custom field's value says.

Written apart from the tap, like :mod:`.expected`; it knows the nodes that the stand-in site uses,
and text without anything that has to be escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Node = dict[str, Any]
_INLINE: dict[str, Callable[[Any], str]] = {
    "hardBreak": lambda _: "  \n",
    "mention": lambda each: each["text"],
    "emoji": lambda each: each["text"],
    "date": lambda _: "2021-06-15",
    "inlineCard": lambda each: f"<{each['url']}>",
}


def markdown(document: Node) -> str | None:
    """A document in Markdown."""
    return "\n\n".join(filter(None, map(_block, document["content"]))) or None


#: What people see of a value, by its type.
_SAYS = {
    **dict.fromkeys(("option", "option2", "option-with-child"), "value"),
    **dict.fromkeys(("group", "version", "team", "sd-customerorganization"), "name"),
    **dict.fromkeys(("user", "sd-request-lang"), "displayName"),
    "project": "key",
}


def plain(kind: str | None, value: Any) -> Any:
    """A single value as the text that people see of it; others as they are."""
    if kind not in _SAYS or not isinstance(value, dict):
        return value
    said = value[_SAYS[kind]]
    return f"{said} / {value['child']['value']}" if "child" in value else said


def _line(node: Node) -> str:
    said = ""
    for each in node["content"]:
        if each["type"] != "text":
            said += _INLINE[each["type"]](each.get("attrs"))
            continue
        sign = {"strong": "**", "em": "*"}[each["marks"][0]["type"]]
        said += f"{sign}{each['text'].strip()}{sign}"
    return said


def _block(node: Node) -> str:
    kind, content = node["type"], node.get("content", [])
    if kind == "paragraph":
        return _line(node)
    if kind == "rule":
        return "---"
    if kind == "codeBlock":
        return f"```{node['attrs']['language']}\n{content[0]['text']}\n```"
    if kind == "table":
        (row,) = content
        (cell,) = row["content"]
        return f"|  |\n| --- |\n| {_block(cell['content'][0])} |"
    inside = "\n\n".join(filter(None, map(_block, content)))
    return {"bulletList": "", "listItem": "- ", "panel": "> "}[kind] + inside
