"""JQL, read: tokens and a tree of clauses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

RESERVED = frozenset(
    """
    and or not in is was changed order by asc desc empty null cf abort access add after alias
    all alter any as audit avg before begin between boolean break byte catch char character
    check checkpoint collate collation column commit connect continue count create current date
    decimal declare decrement default defaults define delete delimiter difference distinct
    divide do double drop else encoding end equals escape exclusive exec execute exists explain
    false fetch file field first float for from function go goto grant greater group having
    identified if immediate increment index initial inner inout input insert int integer
    intersect intersection into isempty isnull join last left less like limit lock long max min
    minus mode modify modulo more multiply next noaudit notin nowait number object of on option
    outer output power previous prior privileges public raise raw remainder rename resource
    return returns revoke right row rowid rownum rows select session set share size sqrt start
    strict string subtract sum synonym table then to trans transaction trigger true uid union
    unique update user validate values view when whenever where while with
    """.split()  # noqa: SIM905 - a list of this length reads better as text
)
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<op>!=|>=|<=|!~|[=<>~(),!])|(?P<word>[^\s"'=<>~(),!]+))""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


class JqlError(Exception):
    """A query the server refuses; the message is what it says."""


@dataclass(frozen=True)
class Operand:
    """One value: a quoted text, a bare word or number, EMPTY, or a function call."""

    text: str
    quoted: bool = False
    empty: bool = False
    function: bool = False


@dataclass(frozen=True)
class Clause:
    """``field operator operands``."""

    field: str
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Tree:
    """``and``, ``or`` or ``not`` over its parts."""

    kind: str
    parts: tuple[Tree | Clause, ...]


@dataclass
class Query:
    """A whole query."""

    where: Tree | Clause | None
    order: list[tuple[str, bool]] = field(default_factory=list)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "word" else ""


def _unescape(match: re.Match[str]) -> str:
    text = match[1]
    if text[0] == "u" and len(text) > 1:
        return chr(int(text[1:], 16))
    return _LETTERS.get(text, text)


def _tokens(jql: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    end = len(jql.rstrip())
    while at < end:
        match = _TOKEN.match(jql, at)
        if match is None:
            message = (
                f"Error in the JQL Query: The quoted string '{jql[at:].strip()[1:]}' has not been "
                f"completed. (line 1, character {at + 1})"
            )
            raise JqlError(message)
        kind = str(match.lastgroup)
        text = match[kind]
        if kind == "string":
            text = _ESCAPE.sub(_unescape, text[1:-1])
        found.append(_Token(kind, text, match.start(kind) + 1))
        at = match.end()
    return found


class _Parser:
    def __init__(self, jql: str) -> None:
        self.tokens = _tokens(jql)
        self.at = 0
        self.end = _Token("end", "", len(jql) + 1)

    def peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else self.end

    def take(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    def word(self, *wanted: str) -> bool:
        if self.peek().word in wanted:
            self.at += 1
            return True
        return False

    def fail(self, token: _Token, expected: str) -> JqlError:
        if token.kind == "end":
            return JqlError(f"Error in the JQL Query: Expecting {expected} before the end.")
        if token.word in RESERVED:
            return JqlError(
                f"Error in the JQL Query: '{token.text}' is a reserved JQL word. You must surround "
                f"it in quotation marks to use it in a query. (line 1, character {token.at})"
            )
        return JqlError(
            f"Error in the JQL Query: Expecting {expected} but got '{token.text}'. "
            f"(line 1, character {token.at})"
        )

    def query(self) -> Query:
        query = Query(None)
        if self.peek().word != "order" and self.peek().kind != "end":
            query.where = self.either()
        if self.word("order"):
            if not self.word("by"):
                raise self.fail(self.peek(), "'BY'")
            query.order.append(self.sort())
            while self.peek().text == "," and self.peek().kind == "op":
                self.take()
                query.order.append(self.sort())
        if self.peek().kind != "end":
            raise self.fail(self.peek(), "either 'OR' or 'AND'")
        return query

    def sort(self) -> tuple[str, bool]:
        name = self.name()
        if self.word("desc"):
            return name, True
        self.word("asc")
        return name, False

    def either(self) -> Tree | Clause:
        parts = [self.both()]
        while self.word("or", "||", "|"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Tree("or", tuple(parts))

    def both(self) -> Tree | Clause:
        parts = [self.negated()]
        while self.word("and", "&&", "&"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else Tree("and", tuple(parts))

    def negated(self) -> Tree | Clause:
        token = self.peek()
        if token.word == "not" or (token.kind == "op" and token.text == "!"):
            self.take()
            return Tree("not", (self.negated(),))
        if token.kind == "op" and token.text == "(":
            self.take()
            inside = self.either()
            closing = self.take()
            if closing.text != ")":
                raise self.fail(closing, "')'")
            return inside
        return self.clause()

    def name(self) -> str:
        token = self.take()
        if token.kind == "string":
            return token.text
        if token.kind != "word" or token.word in RESERVED:
            raise self.fail(token, "a field name")
        return token.text

    def clause(self) -> Clause:
        name = self.name()
        token = self.take()
        if token.kind == "op" and token.text in {"=", "!=", "<", "<=", ">", ">=", "~", "!~"}:
            return Clause(name, token.text, (self.operand(),))
        if token.word == "is":
            operator = "is not" if self.word("not") else "is"
            return Clause(name, operator, (self.operand(),))
        operator = "in"
        if token.word == "not":
            operator, token = "not in", self.take()
        if token.word != "in":
            raise self.fail(token, "an operator")
        opening = self.take()
        if opening.text != "(":
            raise self.fail(opening, "'('")
        operands = [self.operand()]
        while self.peek().text == ",":
            self.take()
            operands.append(self.operand())
        closing = self.take()
        if closing.text != ")":
            raise self.fail(closing, "')'")
        return Clause(name, operator, tuple(operands))

    def operand(self) -> Operand:
        token = self.take()
        if token.kind == "string":
            return Operand(token.text, quoted=True)
        if token.kind != "word":
            raise self.fail(token, "a value, list or function")
        if token.word in {"empty", "null"}:
            return Operand(token.text, empty=True)
        if token.word in RESERVED:
            raise self.fail(token, "a value")
        if self.peek().text == "(" and self.peek().kind == "op":
            self.take()
            while self.take().text not in {")", ""}:
                pass
            return Operand(token.word, function=True)
        return Operand(token.text)


def parse(jql: str) -> Query:
    """Read a query."""
    return _Parser(jql).query()
