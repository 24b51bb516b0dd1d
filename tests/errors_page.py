"""The lists in ``docs/errors.md``: every line that tells of trouble, from the tap's source."""

from __future__ import annotations

import ast
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parent.parent / "tap_jira"
#: The headings, and which modules speak under them; the first that fits.
GROUPS = {
    "Settings, files and the command line": (
        *("configuration", "settings", "slice", "slicing", "migration", "files", "cli", "blame"),
        "errors",
    ),
    "Logging in": ("http/auth", "http/gateway", "jira/site"),
    "The way to Jira": ("http/troubles", "http/transport", "http/client", "http/throttle"),
    "Jira's answers": ("http/answers",),
    "Catalog, columns and streams": (
        *("tap", "streams/__init__", "streams/base", "streams/catalogs", "streams/optional"),
    ),
    "What could not be read whole": (
        *("issues/*", "jira/connection", "jira/pagination", "jira/reindexing", "records/schema"),
        *(
            "streams/issues/*",
            "streams/reading",
            "streams/declared",
            "streams/users",
            "streams/audit",
        ),
    ),
}
STATE = "STATE"
#: Told in passing: nothing is amiss.
PROGRESS = (
    *("Connected to", "No credentials are configured", "Rate limit: waiting", "Reading about"),
    *("… goes on from", "… is read from"),
)
#: Not messages but what streams say of themselves, and the command's own help.
_DECLARATIONS = {"streams/issues/further", "streams/issues/requests"}
#: Arguments that are no messages.
_OTHER = {"help", "condition"}
_FEWEST_WORDS = 4
_PLACEHOLDER = re.compile(r"%[sdr]|%\.\d+\w|%,d|\{\w+\}|…(?:…)+")


def lists() -> str:
    """The headings with their messages in alphabetical order; what varies is an ellipsis."""
    found: dict[str, set[str]] = {title: set() for title in (*GROUPS, STATE)}
    for group, text in messages():
        found[group].add(text)
    return "\n\n".join(
        f"## {title}\n\n" + "\n".join(f"- {text}" for text in sorted(texts, key=_order))
        for title, texts in found.items()
    )


def messages() -> Iterator[tuple[str, str]]:
    """Every message with its heading."""
    for file in sorted(PACKAGE.rglob("*.py")):
        module = file.relative_to(PACKAGE).with_suffix("").as_posix()
        title = _title(module)
        if title is None or module in _DECLARATIONS:
            continue
        for text in _sentences(ast.parse(file.read_text(encoding="utf-8"))):
            if not text.startswith(PROGRESS):
                about_state = text.startswith(("The STATE", "Restore it"))
                yield (STATE if about_state else title), text


def _title(module: str) -> str | None:
    path = PurePosixPath(module)
    return next((title for title, of in GROUPS.items() if any(map(path.match, of))), None)


def _sentences(tree: ast.Module) -> Iterator[str]:
    """Texts that are whole sentences, but for documentation."""
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in node.values}
        elif isinstance(node, ast.Expr) or (isinstance(node, ast.keyword) and node.arg in _OTHER):
            left_out.add(id(node.value))
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        text = _PLACEHOLDER.sub("…", _text(node)).strip()
        if text.endswith(".…"):  # Jira's own words follow
            text = text[:-1]
        begins_well = text[:1].isupper() or text[:1] == "…" or "_" in text.split(" ")[0]
        ends_well = text.endswith((".", ": …"))
        if begins_well and ends_well and len(text.split()) >= _FEWEST_WORDS:
            yield (
                " ".join(text.split()).replace("*", r"\*").replace("<", "&lt;").replace("|", r"\|")
            )


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(part) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return ""


def _order(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()
