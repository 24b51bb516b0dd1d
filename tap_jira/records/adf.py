"""What stands in a node of an Atlassian Document, whatever it is that came.

A document is a tree of nodes, ``{"type": …, "attrs": {…}, "content": [nodes], "marks": […]}``,
those with text ``{"type": "text", "text": …}`` (Atlassian's reference of the document format). What
is of another type than the reference says is passed over.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Node = dict[str, t.Any]


def kind_of(node: Node) -> str:
    """The node's type."""
    kind = node.get("type")
    return kind if isinstance(kind, str) else ""


def content(node: Node) -> list[Node]:
    """The nodes inside; a bare text among them is one, too."""
    found = node.get("content")
    return [
        {"type": "text", "text": each} if isinstance(each, str) else each
        for each in (found if isinstance(found, list) else [found])
        if isinstance(each, (dict, str))
    ]


def marks(node: Node) -> dict[str, Node]:
    """The node's marks by their types."""
    found = node.get("marks")
    return {
        kind_of(each): each
        for each in (found if isinstance(found, list) else ())
        if isinstance(each, dict)
    }


def value(node: Node, name: str) -> t.Any:
    """An attribute, of any type."""
    attributes = node.get("attrs")
    return attributes.get(name) if isinstance(attributes, dict) else None


def attribute(node: Node, *names: str) -> str:
    """The first of these attributes that says something."""
    for name in names:
        found = value(node, name)
        if isinstance(found, str) and found.strip():
            return found
    return ""


def number(node: Node, name: str, least: int, most: int) -> int:
    """A whole number as an attribute; ``least`` if it is none, or beyond the bounds."""
    found = value(node, name)
    is_within = isinstance(found, (int, float)) and least <= found <= most
    return int(found) if is_within else least


def own_text(node: Node) -> str:
    """The text that the node itself has."""
    text = node.get("text")
    return text if isinstance(text, str) else attribute(node, "text")


def texts(nodes: Iterable[Node]) -> Iterator[str]:
    """All text in some nodes, however deep."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        if text := own_text(node):
            yield text
        waiting.extend(content(node)[::-1])
