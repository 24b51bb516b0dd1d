"""JSON as Jira sends it, into values that every warehouse can store.

PostgreSQL rejects U+0000 in text and nobody can encode a lone surrogate, yet both turn up in
Jira's text. They are removed from the bytes of a page before it is decoded, at every depth at
once; a page without any costs one search of its bytes. So it is with numbers: those beyond a
double's range (1e999, which apps have been seen to keep) are no JSON to most loaders, and whole
ones beyond 64 bits are refused by those built on orjson. That search is spared where the type that
a page is decoded into takes no such number (:func:`bounded`).
"""

from __future__ import annotations

import contextlib
import functools
import re
import typing as t

import msgspec

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


ENCODED_NULL = msgspec.Raw(b"null")
BACKSLASH, LINE_FEED, CARRIAGE_RETURN = b"\\\n\r"
_FORMS = bytes.maketrans(b"123456789+E", b"0000000000e")
_LONG, _GREAT = b"0" * 19, b"0e000"
"""How numbers look that no target may take, with digits that are all the same."""
_GREAT_NUMBER = re.compile(rb"(?:^|[:,\[])\s*-?[\d.]+[eE]\+?\d{3}")
_NUMBER = re.compile(rb"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?(?=[,}\]\s]|$)")
_RUN = re.compile(rb"[\d.eE+-]*")
_MEMBER, _LONGEST_MEMBER = re.compile(rb'[{,]\s*"\w+"\s*:\s*$'), 100
_IN_NUMBERS = b"0123456789.eE+-"
_BLANKS, _BEFORE_NUMBERS = b" \t\r\n", b":,["
_WHOLE = range(-(2**63), 2**63)
BOUNDS = msgspec.Meta(ge=_WHOLE[0], le=_WHOLE[-1])
"""Of whole numbers, as a type of msgspec's has them."""
_WHOLE_NUMBER = t.Annotated[int, BOUNDS]
_SCALAR = t.Union[None, bool, str, float, _WHOLE_NUMBER]  # noqa: UP007
KINDS: t.Final[t.Mapping[t.Any, frozenset[type]]] = {
    str | None: frozenset({str}),
    t.Union[None, float, _WHOLE_NUMBER]: frozenset({float, int}),  # noqa: UP007
    bool | None: frozenset({bool}),
    msgspec.Raw: frozenset({msgspec.Raw}),
}
"""Types of msgspec's whose values are of these types, or null; no number that a loader refuses."""


class InvalidJsonError(ValueError):
    """The body is not JSON, or not all of it arrived."""


def decode(body: bytes, kind: t.Any = t.Any) -> t.Any:
    """Decode a JSON body, into a msgspec type if one is given.

    Numbers beyond a double's range become null, whole ones beyond 64 bits the double that Jira's
    number fields are; invalid UTF-8 becomes U+FFFD.

    Raises:
        InvalidJsonError: for what is not JSON.
    """
    body = _with_numbers(_without_suspects(body), _LONG)
    try:
        return msgspec.json.decode(body, type=kind)
    except UnicodeDecodeError:
        return decode(body.decode("utf-8", "replace").encode(), kind)
    except msgspec.ValidationError as error:
        plain = _with_numbers(body, _GREAT)
        if plain == body:
            raise InvalidJsonError(str(error)) from error
        return decode(plain, kind)
    except msgspec.DecodeError as error:
        raise InvalidJsonError(str(error)) from error
    except RecursionError as error:
        msg = "nested too deeply"
        raise InvalidJsonError(msg) from error


class Members(msgspec.Struct, gc=False):
    """A JSON object whose members are known beforehand, which is read like a dict.

    It takes a fifth of a dict's memory, and is filled sooner. Members that are absent are null. The
    garbage collector need not look at it: what comes out of JSON holds nothing that holds it.
    """

    def get(self, name: str, default: t.Any = None) -> t.Any:
        """A member."""
        return getattr(self, name, default)

    def items(self) -> Iterator[tuple[str, t.Any]]:
        """All members, those that are null as well."""
        return zip(self.__struct_fields__, msgspec.structs.astuple(self), strict=True)

    @classmethod
    def of(cls, name: str, kinds: Mapping[str, t.Any]) -> type[Members] | None:
        """The msgspec type with these members; ``None`` if one cannot be a member of it."""
        if not all(each.isascii() and each.isidentifier() for each in kinds):
            return None
        # Python would call one otherwise that begins with two underscores.
        if any(hasattr(cls, each) or each.startswith("__") for each in kinds):
            return None
        fields = [(each, kind, None) for each, kind in kinds.items()]
        return t.cast("type[Members]", msgspec.defstruct(name, fields, bases=(cls,), gc=False))


def prepared(kind: t.Any) -> t.Any:
    """The msgspec type, ready to be decoded into by several threads.

    msgspec looks into a type when it is first used. While one thread does, others find it half
    done and crash the interpreter (seen with 0.22): so it is used here, before they know of it.
    """
    msgspec.json.Decoder(kind)
    return kind


@functools.cache
def bounded(depth: int) -> t.Any:
    """The msgspec type of JSON that is so deep at most, with no number that any loader refuses.

    A list or an object of scalars is one deep. The type doubles with each level; as a new type it
    is looked into by msgspec alone, which is quick, and not by :mod:`typing`.
    """
    if not depth:
        return _SCALAR
    inner = bounded(depth - 1)
    kind: t.Any = t.Union[_SCALAR, list[inner], dict[str, inner]]  # type: ignore[valid-type] # noqa: UP007 - made at run time
    return t.NewType(f"Bounded{depth}", kind)


def decode_into(body: bytes, kind: t.Any, *, is_bounded: bool) -> t.Any:
    """Decode a JSON body into a type, but leave what it declares as :class:`msgspec.Raw`.

    If the type is :func:`bounded` but for that, nothing looks for the numbers that it refuses.

    Raises:
        InvalidJsonError: for what is not JSON.
        msgspec.ValidationError: for what is another type, naming the place.
    """
    body = _without_suspects(body)
    if not is_bounded:
        body = _with_numbers(body, _LONG)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return decode(body)


def decode_partly(body: bytes, kind: t.Any) -> t.Any:
    """Decode a JSON body, but leave what ``kind`` declares as :class:`msgspec.Raw` as it came.

    In that there may be numbers beyond a double's range (see :func:`can_be_handed_on`). A body of
    another shape is decoded altogether.

    Raises:
        InvalidJsonError: for what is not JSON.
    """
    body = _with_numbers(_without_suspects(body), _LONG)
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(body, type=kind)
    return decode(body)


def can_be_handed_on(encoded: bytes) -> bool:
    """Whether a part of an answer may stand in a Singer message as it came.

    That is in one line, valid UTF-8, and without numbers that loaders refuse.
    """
    return (
        # A byte is found at once; bytes in bytes raise an error inside Python before they are.
        LINE_FEED not in encoded
        and CARRIAGE_RETURN not in encoded
        and _is_utf8(encoded)
        and not _may_have_wild_numbers(encoded)
    )


def _may_have_wild_numbers(encoded: bytes) -> bool:
    """Whether something looks like a number that loaders refuse, be it in a text."""
    alike = encoded.translate(_FORMS)
    return alike.find(_LONG) >= 0 or (
        alike.find(_GREAT) >= 0 and bool(_GREAT_NUMBER.search(encoded))
    )


def _is_utf8(encoded: bytes) -> bool:
    if encoded.isascii():
        return True
    try:
        encoded.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_suspects(body: bytes) -> bytes:
    """The JSON without escapes of U+0000 and of surrogates that have no partner."""
    kept: list[memoryview] = []
    begin = 0
    at = body.find(BACKSLASH)
    while at >= 0:
        end = at + 2
        if body[at + 1 : end] == b"u":
            if pair := _PAIR.match(body, at):
                end = pair.end()
            elif found := _SUSPECT.match(body, at):
                kept.append(memoryview(body)[begin:at])
                begin = end = found.end()
        # What it escapes may be a backslash itself.
        at = body.find(BACKSLASH, end)
    return b"".join((*kept, memoryview(body)[begin:])) if kept else body


def _with_numbers(body: bytes, *forms: bytes) -> bytes:
    """The JSON with numbers that every loader takes for those of some forms, but for texts.

    That there are none shows in a fraction of the time that decoding takes.
    """
    alike = body.translate(_FORMS)
    kept: list[bytes] = []
    begin = counted = quotes = looked = 0
    for at in sorted(at for form in forms for at in _places(alike, form)):
        if at < looked:  # in the same run of digits, of which texts may have thousands
            continue
        start, looked = at, _RUN.match(body, at).end()  # type: ignore[union-attr] # it always does
        while start and body[start - 1] in _IN_NUMBERS:
            start -= 1
        number = _NUMBER.match(body, start) if _may_begin(body, start) else None
        if number is None:
            continue
        # What is a member's value is no part of a text; of others, the quotes before them tell.
        is_outside = _MEMBER.search(body, max(start - _LONGEST_MEMBER, 0), start)
        if not is_outside:
            quotes += _quotes(body[counted:start])
            counted = start
        if is_outside or quotes % 2 == 0:
            kept += (body[begin:start], _plain(number[0]))
            begin = number.end()
    return b"".join((*kept, body[begin:])) if kept else body


def _places(alike: bytes, form: bytes) -> Iterator[int]:
    """Where a form stands in a body with digits that are all the same."""
    at = alike.find(form)
    while at >= 0:
        yield at
        at = alike.find(form, at + len(form))


def _may_begin(body: bytes, start: int) -> bool:
    """Whether what is here may be a number: ids that are texts have such digits, too."""
    while start and body[start - 1] in _BLANKS:
        start -= 1
    return not start or body[start - 1] in _BEFORE_NUMBERS


def _quotes(part: bytes) -> int:
    """How many quotes begin or end a text in a part of JSON."""
    if part.find(b"\\\\") >= 0:
        part = part.replace(b"\\\\", b"")
    return part.count(b'"') - part.count(b'\\"')


def _plain(number: bytes) -> bytes:
    """A number as a double, if it is whole and beyond 64 bits; null beyond a double's range."""
    value = float(number)
    if abs(value) == float("inf"):
        return b"null"
    is_whole = number.lstrip(b"-").isdigit()
    return repr(value).encode() if is_whole and int(number) not in _WHOLE else number
