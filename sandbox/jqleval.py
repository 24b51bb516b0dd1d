"""JQL, answered: a predicate and an order over the issues a caller sees."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sandbox.clock import to_ms
from sandbox.jql import Clause, JqlError, Operand, Query, Tree, parse
from sandbox.model import Issue, User, mix

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sandbox.model import Project
    from sandbox.world import World

Test = Callable[[Issue], bool]
_MINUTE = 60_000
_UNITS = {"": 1, "m": 1, "h": 60, "d": 1440, "w": 10_080}
_RELATIVE = re.compile(r"([+-]?\d+)([mhdw]?)", re.IGNORECASE)
_FORMS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KEY_NAMES = {"id", "key", "issue", "issuekey"}
_DATES = {"updated": "updated", "updateddate": "updated", "created": "created"}
_DATES |= {"createddate": "created"}
#: Longer quoted numbers are no count of minutes, but an epoch that may not be quoted.
_MINUTES_DIGITS = 6
MAX_ORDER = 7


@dataclass
class Caller:
    """Who asks: what they may browse, and in which zone their dates are read."""

    zone: ZoneInfo
    browse: Callable[[Project], bool]
    #: Data Center: complaints about unknown values become warnings.
    lenient: bool = False
    warnings: list[str] = field(default_factory=list)


class Evaluator:
    """Turns a query into a list of issues."""

    def __init__(self, world: World, caller: Caller) -> None:
        """Answer for ``caller``."""
        self.world = world
        self.caller = caller
        #: Set when the answer depends on the time it was asked.
        self.relative = False

    def run(self, jql: str, *, bounded: bool) -> list[int]:
        """The ids of the matching issues in order."""
        query = parse(jql)
        if bounded and query.where is None:
            message = (
                "Unbounded JQL queries are not allowed here. "
                "Please add a search restriction to your query."
            )
            raise JqlError(message)
        test = self._compile(query.where) if query.where is not None else None
        keys = self._order(query)
        found = [
            issue for issue in self._indexed() if self._visible(issue) and (not test or test(issue))
        ]
        if keys and not any(name.lower() in _KEY_NAMES for name, _ in query.order):
            # Equal values come in no order at all, and not twice in the same.
            self.relative = True
            self.world.dice.shuffle(found)
        # Without ORDER BY there is no promised order; newest first is what sites show.
        if not keys:
            found.sort(key=lambda issue: issue.id, reverse=True)
        for key, descending in reversed(keys):
            found.sort(key=key, reverse=descending)
        return [issue.id for issue in found]

    def _visible(self, issue: Issue) -> bool:
        return not issue.hidden and self.caller.browse(issue.project)

    def _indexed(self) -> list[Issue]:
        """The issues as the index knows them, those that a re-index has come to."""
        done = self.world.reindexed
        known = self._lagging()
        return (
            known if done is None else [issue for issue in known if mix(issue.id, 8) % 100 < done]
        )

    def _lagging(self) -> list[Issue]:
        """The issues as the index knows them: a lagging one still holds former states."""
        stale = self.world.stale
        if not stale:
            return list(self.world.issues.values())
        now = self.world.clock.now_ms()
        for ident in list(stale):
            stale[ident] = [entry for entry in stale[ident] if entry[0] > now]
            if not stale[ident]:
                del stale[ident]
        if not stale:
            return self._lagging()
        self.relative = True
        current = dict(self.world.issues)
        for ident, entries in stale.items():
            former = entries[0][1]
            if former is None:
                current.pop(ident, None)
            else:
                current[ident] = former
        return list(current.values())

    # --- clauses ------------------------------------------------------------------------------

    def _compile(self, node: Tree | Clause) -> Test:
        if isinstance(node, Clause):
            return self._clause(node)
        parts = [self._compile(part) for part in node.parts]
        if node.kind == "not":
            inner = parts[0]
            return lambda issue: not inner(issue)
        if node.kind == "and":
            return lambda issue: all(part(issue) for part in parts)
        return lambda issue: any(part(issue) for part in parts)

    def _clause(self, clause: Clause) -> Test:
        name = clause.field.lower()
        if name in _DATES:
            return self._date(clause, _DATES[name])
        if name in _KEY_NAMES:
            return self._key(clause)
        if name == "project":
            return self._project(clause)
        if name == "type":
            name = "issuetype"
        found = self.world.catalogue.resolve(name)
        if found is None:
            raise JqlError(
                f"Field '{clause.field}' does not exist or you do not have permission to view it."
            )
        return self._plain(clause, found.id)

    def _complain(self, message: str) -> None:
        if not self.caller.lenient:
            raise JqlError(message)
        self.caller.warnings.append(message)

    def _date(self, clause: Clause, name: str) -> Test:
        if clause.operator in {"is", "is not"}:
            return lambda _: clause.operator == "is not"
        if clause.operator not in _COMPARE:
            raise JqlError(
                f"The operator '{clause.operator}' is not supported by the '{clause.field}' field."
            )
        operand = clause.operands[0]
        if operand.empty:
            return lambda _: clause.operator == "!="
        minute = self._instant(operand, clause.field) // _MINUTE
        compare = _COMPARE[clause.operator]
        get = operator.attrgetter(name)
        # Both sides lose their seconds: the precision of a comparison is the minute.
        return lambda issue: compare(get(issue) // _MINUTE, minute)

    def _instant(self, operand: Operand, name: str) -> int:
        text = operand.text.strip()
        now = self.world.clock.now_ms()
        if operand.function:
            self.relative = True
            return self._function(text, now)
        relative = _RELATIVE.fullmatch(text)
        unsigned = relative is not None and text[0] not in "+-" and not relative[2]
        if unsigned and not operand.quoted:
            return int(text)
        if relative is not None and not (unsigned and len(text) > _MINUTES_DIGITS):
            self.relative = True
            return now + int(relative[1]) * _UNITS[relative[2].lower()] * _MINUTE
        for form in _FORMS:
            try:
                local = datetime.strptime(text, form)  # noqa: DTZ007 - the zone comes next
            except ValueError:
                continue
            return to_ms(local.replace(tzinfo=self.caller.zone).astimezone(timezone.utc))
        raise JqlError(
            f"Date value '{text}' for field '{name}' is invalid. Valid formats include: "
            "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period "
            "format e.g. '-5d', '4w 2d'."
        )

    def _function(self, name: str, now: int) -> int:
        if name == "now":
            return now
        if name == "startofday":
            local = datetime.fromtimestamp(now / 1000, self.caller.zone)
            return to_ms(local.replace(hour=0, minute=0, second=0, microsecond=0))
        raise JqlError(f"Unable to find JQL function '{name}()'.")

    def _key(self, clause: Clause) -> Test:
        if any(operand.empty for operand in clause.operands):
            return lambda _: clause.operator in {"is not", "!="}
        found: list[Issue] = []
        for operand in clause.operands:
            issue = self.world.find(operand.text)
            if issue is None or not self._visible(issue):
                if not self.world.cloud:
                    what = "key" if not operand.text.isdigit() else "id"
                    self._complain(
                        f"An issue with {what} '{operand.text}' does not exist for field "
                        f"'{clause.field}'."
                    )
                continue
            found.append(issue)
        ids = {issue.id for issue in found}
        if len(found) < len(clause.operands) and self.world.options.dead_ids == "empty":
            ids = set()
        if clause.operator in {"=", "in"}:
            return lambda issue: issue.id in ids
        if clause.operator in {"!=", "not in"}:
            return lambda issue: issue.id not in ids
        if clause.operator not in _COMPARE:
            raise JqlError(
                f"The operator '{clause.operator}' is not supported by the '{clause.field}' field."
            )
        if not found:
            # The trap: a bound that is no visible issue silently matches nothing.
            return lambda _: False
        compare, bound = _COMPARE[clause.operator], found[0]
        return lambda issue: issue.project is bound.project and compare(issue.number, bound.number)

    def _project(self, clause: Clause) -> Test:
        if any(operand.empty for operand in clause.operands):
            return lambda _: clause.operator in {"is not", "!="}
        ids: set[int] = set()
        for operand in clause.operands:
            project = self.world.project(operand.text)
            if project is None:
                old = self.world.find(f"{operand.text}-1") if operand.text.isalpha() else None
                project = old.project if old is not None else None
            if project is None or not self.caller.browse(project):
                self._complain(
                    f"The value '{operand.text}' does not exist for the field '{clause.field}'."
                )
                continue
            ids.add(project.id)
        if clause.operator in {"=", "in"}:
            return lambda issue: issue.project.id in ids
        if clause.operator in {"!=", "not in"}:
            return lambda issue: issue.project.id not in ids
        raise JqlError(f"The operator '{clause.operator}' is not supported by the 'project' field.")

    def _plain(self, clause: Clause, field_id: str) -> Test:
        def names(issue: Issue) -> set[str]:
            value = self.world.value(issue, field_id)
            values = value if isinstance(value, list) else [value]
            return {text for one in values for text in _names(one)}

        sign = clause.operator
        negative = sign in {"!=", "not in", "is not", "!~"}
        if any(operand.empty for operand in clause.operands):
            return lambda issue: bool(names(issue)) == negative
        wanted = {operand.text.lower() for operand in clause.operands}
        if sign in {"~", "!~"}:
            needle = next(iter(wanted)).strip("*")
            return lambda issue: any(needle in text for text in names(issue)) != negative
        if sign in {"=", "in"}:
            return lambda issue: not wanted.isdisjoint(names(issue))
        if negative:
            # A negative clause never matches an empty field.
            return lambda issue: bool(have := names(issue)) and wanted.isdisjoint(have)
        raise JqlError(f"The operator '{sign}' is not supported by the '{clause.field}' field.")

    # --- order --------------------------------------------------------------------------------

    def _order(self, query: Query) -> list[tuple[Callable[[Issue], Any], bool]]:
        if len(query.order) > MAX_ORDER:
            message = f"JQL can be ordered by at most {MAX_ORDER} fields."
            raise JqlError(message)
        keys: list[tuple[Callable[[Issue], Any], bool]] = []
        for name, descending in query.order:
            lower = name.lower()
            if lower in _DATES:
                keys.append((self._date_key(_DATES[lower]), descending))
            elif lower in _KEY_NAMES:
                keys.append((lambda issue: (issue.project.key, issue.number), descending))
            elif lower == "project":
                keys.append((lambda issue: issue.project.name.lower(), descending))
            else:
                found = self.world.catalogue.resolve(name)
                if found is None:
                    raise JqlError(
                        f"Field '{name}' does not exist or you do not have permission to view it."
                    )
                keys.append((self._text_key(found.id), descending))
        return keys

    def _date_key(self, name: str) -> Callable[[Issue], int]:
        get, tick = operator.attrgetter(name), self.world.options.order_ms
        return lambda issue: int(get(issue)) // tick

    def _text_key(self, field_id: str) -> Callable[[Issue], Any]:
        return lambda issue: min(_names(self.world.value(issue, field_id)), default="")


def _names(value: Any) -> list[str]:
    """What a JQL operand may call a value, in lower case."""
    if value is None:
        return []
    if isinstance(value, User):
        return [value.id.lower(), value.key.lower(), value.name.lower()]
    if isinstance(value, (str, int, float)):
        return [str(value).lower()]
    names = [getattr(value, name, None) for name in ("id", "name", "value", "key")]
    return [str(name).lower() for name in names if name is not None]
