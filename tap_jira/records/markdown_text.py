"""Text in Markdown (CommonMark, GitHub's flavour) that stays text: what has to be escaped in it."""

from __future__ import annotations

import re

HARD_BREAK = "  \n"
_SPECIAL = re.compile(
    r"[*`\[\]~]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # inside a word it is no emphasis
    r"|\\(?=[!-/:-@\[-`{-~\s]|\Z)"
    r"|<(?=[A-Za-z/!?]|\Z)"
    r"|&(?=#?[A-Za-z0-9]+;|\Z)"
)
_LINE_START = re.compile(
    r"(?:#{1,6}(?=\s|$)|[-+](?=\s|$)|>|=+$|[-:|](?=[-:| \t]*$)|(\d{1,9})[.)](?=\s|$))"
)
"""Of a heading, a list, a quote, the underline of a heading or of a table's head."""
_NO_ADDRESS = {ord(each): f"%{ord(each):02X}" for each in ' ()<>\\"\t\n\r'}
_SHOWN_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>\x00-\x1f]*")


def escaped(text: str) -> str:
    """Text that is text wherever it stands in a line."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def lines(text: str) -> list[str]:
    """Its lines, of which none is empty: an empty one would end the paragraph."""
    return [line.strip(" \t") for line in text.splitlines() if line.strip()]


def paragraph(text: str) -> str:
    """Escaped text as a block of its own: no line of it looks like the begin of another one."""
    return HARD_BREAK.join(map(_unlike_a_block, lines(text)))


def _unlike_a_block(line: str) -> str:
    found = _LINE_START.match(line)
    if not found:
        return line
    digits = found[1] or ""
    return f"{digits}\\{line[len(digits) :]}"


def heading(level: int, text: str) -> str:
    """Escaped text as a heading: one line, whose last ``#`` belong to the text."""
    line = re.sub(r"(^|\s)(#+)$", r"\1\\\2", " ".join(lines(text)))
    return f"{'#' * level} {line}" if line else ""


def code(text: str) -> str:
    """Text as code inside a line."""
    text = " ".join(text.splitlines())
    if not text.strip():
        return text
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def code_block(text: str, language: str) -> str:
    """Text as a block of code."""
    text = text.strip("\n")
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{re.sub(r'[^a-zA-Z0-9_+#.-]', '', language)}\n{text}\n{fence}" if text else ""


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def address(url: str) -> str:
    """An address as it may stand in brackets behind the text of a link."""
    return url.strip().translate(_NO_ADDRESS)


def link(url: str) -> str:
    """A link that shows where it leads."""
    url = url.strip()
    if _SHOWN_ADDRESS.fullmatch(url):
        return f"<{url}>"
    return f"[{escaped(url)}]({address(url)})" if url else ""


def indented(text: str, indent: str) -> str:
    """Text whose lines but for the first one stand further in."""
    return re.sub(r"\n(?=[^\n])", f"\n{indent}", text)


def quoted(text: str) -> str:
    """Blocks as a quote."""
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n")) if text else ""
