"""JSON as Jira sends it, into values that every warehouse can store.

PostgreSQL rejects U+0000 in text and nobody can encode a lone surrogate, yet both turn up in
Jira's text. They are removed from the bytes of a page before it is decoded, at every depth at
once; a page without any costs two searches of its bytes.
"""

from __future__ import annotations

import json
import re
import typing as t

import msgspec

# A backslash escape at a time, so that an escaped backslash before "u0000" is not mistaken.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a proper pair
    rb"|(u0000|u[dD][89a-fA-F][0-9a-fA-F]{2})"  # group 1: what has to go
    rb"|.)",
    re.DOTALL,
)
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class InvalidJsonError(ValueError):
    """The body is not JSON, or not all of it arrived."""


def decode(body: bytes, kind: t.Any = t.Any) -> t.Any:
    """Decode a JSON body, into a msgspec type if one is given.

    Numbers beyond a double's range become null; invalid UTF-8 becomes U+FFFD.

    Raises:
        InvalidJsonError: for what is not JSON.
    """
    if _SUSPECT.search(body):
        body = _ESCAPE.sub(lambda found: b"" if found[1] else found[0], body)
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
