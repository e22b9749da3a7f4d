"""Which fact was missing when a formula came out unknown. Asked only to explain, never to decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from loyalty_rules.domain.effects import Value
from loyalty_rules.engine.facts import NO_ROW, CaseFacts
from loyalty_rules.engine.model import Formula
from loyalty_rules.engine.order import Row
from loyalty_rules.engine.plan import Plan


class _Watched(dict[str, Value]):
    """A mapping that writes down which of its unknown values were read."""

    def __init__(self, source: Mapping[str, Value], prefix: str, unknown: list[str]) -> None:
        super().__init__()
        self._source = source
        self._prefix = prefix
        self._unknown = unknown

    def __missing__(self, key: str) -> Value:
        value = self._source[key]
        if value is None:
            self._unknown.append(self._prefix + key)
        if key in ("~lines", "~all_lines") and isinstance(value, tuple):
            rows = cast(tuple[Row, ...], value)
            return cast(Value, tuple(_Watched(row, "item.", self._unknown) for row in rows))
        return value

    def get(self, key: str, default: object = None) -> Value:
        return self[key]


def first_unknown(
    plan: Plan, formula: Formula, facts: CaseFacts, row: Row = NO_ROW, of: str = ""
) -> str:
    """The first unknown fact that ``formula`` reads (``item.category``); empty if it reads none.

    ``of`` is ``item`` or ``tender`` where ``row`` is one.
    """
    unknown: list[str] = []
    plan.code[formula.slot](_Watched(facts, "", unknown), _Watched(row, f"{of}.", unknown))
    first = unknown[0] if unknown else ""
    return "item.tax" if first.endswith(".eligible") else first
