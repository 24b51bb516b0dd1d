"""JSON as Jira sends it, into values that every warehouse can store.

PostgreSQL rejects U+0000 in text and nobody can encode a lone surrogate, yet both turn up in
Jira's text. They are removed from the bytes of a page before it is decoded, at every depth at
once; a page without any costs one search of its bytes.
"""

from __future__ import annotations

import contextlib
import json
import re
import typing as t

import msgspec

_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


ENCODED_NULL = msgspec.Raw(b"null")
APP_NODE = b"xtension"
"""In the names of a document's nodes for apps: `extension`, `bodiedExtension`, …"""
BACKSLASH, LINE_FEED, CARRIAGE_RETURN = b"\\\n\r"


class InvalidJsonError(ValueError):
    """The body is not JSON, or not all of it arrived."""


def decode(body: bytes, kind: t.Any = t.Any) -> t.Any:
    """Decode a JSON body, into a msgspec type if one is given.

    Numbers beyond a double's range become null; invalid UTF-8 becomes U+FFFD.

    Raises:
        InvalidJsonError: for what is not JSON.
    """
    body = _without_suspects(body)
    try:
        return msgspec.json.decode(body, type=kind)
    except UnicodeDecodeError:
        return decode(body.decode("utf-8", "replace").encode(), kind)
    except msgspec.ValidationError:
        return _decode_huge_numbers(body, kind)
    except msgspec.DecodeError as error:
        raise InvalidJsonError(str(error)) from error
    except RecursionError as error:
        msg = "nested too deeply"
        raise InvalidJsonError(msg) from error


def prepared(kind: t.Any) -> t.Any:
    """The msgspec type, ready to be decoded into by several threads.

    msgspec looks into a type when it is first used. While one thread does, others find it half
    done and crash the interpreter (seen with 0.22): so it is used here, before they know of it.
    """
    msgspec.json.Decoder(kind)
    return kind


def decode_partly(body: bytes, kind: t.Any) -> t.Any:
    """Decode a JSON body, but leave what ``kind`` declares as :class:`msgspec.Raw` as it came.

    A body of another shape is decoded altogether.

    Raises:
        InvalidJsonError: for what is not JSON.
    """
    body = _without_suspects(body)
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(body, type=kind)
    return decode(body)


def can_be_handed_on(encoded: bytes) -> bool:
    """Whether JSON may stand in a Singer message as it came: in one line, valid UTF-8.

    Decoding would also find numbers that no target takes; Jira's own objects hold none.
    """
    return (
        # A number is found at once; bytes in bytes raise an error inside Python before they are.
        LINE_FEED not in encoded
        and CARRIAGE_RETURN not in encoded
        and (encoded.isascii() or _is_utf8(encoded))
    )


def _is_utf8(encoded: bytes) -> bool:
    try:
        encoded.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_suspects(body: bytes) -> bytes:
    """The JSON without escapes of U+0000 and of surrogates that have no partner."""
    kept: list[bytes] = []
    begin = done = 0
    for found in _SUSPECT.finditer(body):
        start = found.start()
        if start < done or _is_escaped(body, start):
            continue
        pair = _PAIR.match(body, start)
        if pair:
            done = pair.end()
            continue
        kept.append(body[begin:start])
        begin = done = found.end()
    if not kept:
        return body
    kept.append(body[begin:])
    return b"".join(kept)


def _is_escaped(body: bytes, start: int) -> bool:
    """Whether the backslash at ``start`` is itself what another one escapes."""
    before = start
    while before and body[before - 1] == BACKSLASH:
        before -= 1
    return (start - before) % 2 == 1


def _decode_huge_numbers(body: bytes, kind: t.Any) -> t.Any:
    """The slow path for 1e999 and the like, which msgspec refuses."""

    def number(text: str) -> float | None:
        value = float(text)
        return value if abs(value) != float("inf") else None

    def whole(text: str) -> int | None:
        return None if number(text) is None else int(text)

    try:
        value = json.loads(body, parse_float=number, parse_int=whole, parse_constant=lambda _: None)
        return (
            value if kind is t.Any else msgspec.json.decode(msgspec.json.encode(value), type=kind)
        )
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError(str(error)) from error
