"""The scope, the facts and the functions that the tests of expressions use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import cast

from loyalty_rules.base.period import Window
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import (
    BOOLEAN,
    DAY,
    DURATION,
    LIST,
    MONEY,
    NUMBER,
    POINTS,
    TEXT,
    Kind,
)
from loyalty_rules.expr import (
    Checked,
    Expect,
    FunctionShape,
    Name,
    Scope,
    TableShape,
    check,
    to_python,
)

LEVEL = Kind("level", ("basic", "silver", "gold"), "status")
CABIN = Kind("text", ("economy", "business"))


def parse_window(text: str) -> Window | str:
    """Windows enough for tests: boxes, ever, rolling."""
    if text in ("day", "month", "year"):
        return Window("box", text)
    if text == "ever":
        return Window("ever")
    if found := re.fullmatch(r"last (\d+) (days|months)", text):
        return Window("rolling", found.group(2), int(found.group(1)))
    return f"write `last {text}` or `month`" if text.endswith("days") else "write `month` or `ever`"


def parse_day(text: str) -> int | str:
    """Gregorian days."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return "write a day as 2026-03-31"


NAMES = {
    "order.total": Name("order.total", MONEY, source="order_total"),
    "order.number": Name("order.number", NUMBER),
    "amount": Name("amount", MONEY, source="amount"),
    "quantity": Name("quantity", NUMBER, source="quantity"),
    "beans.eligible": Name("beans.eligible", MONEY, source="eligible", program="beans"),
    "beans.balance": Name("beans.balance", POINTS),
    "status.level": Name("status.level", LEVEL),
    "status.missing(spend)": Name("status.missing(spend)", MONEY),
    "member.segments": Name("member.segments", LIST),
    "member.joined": Name("member.joined", DAY),
    "event.store": Name("event.store", TEXT),
    "event.cabin": Name("event.cabin", CABIN),
    "event.gift": Name("event.gift", BOOLEAN),
    "event.trial": Name("event.trial", DURATION),
    "event.score": Name("event.score", NUMBER, linear=True),
    "event.day": Name("event.day", DAY, only_in_tables=True),
}
ITEM_NAMES = {
    "item.sku": Name("sku", TEXT, "item"),
    "item.category": Name("category", TEXT, "item"),
    "item.tags": Name("tags", LIST, "item"),
    "item.quantity": Name("quantity", NUMBER, "item"),
    "item.amount": Name("amount", MONEY, "item"),
}
TABLES = {
    "flight_points": TableShape(
        "flight_points", (("route", "exact", TEXT), ("cabin", "exact", CABIN)), NUMBER
    ),
    "fee": TableShape("fee", (("total", "at_least", MONEY),), MONEY),
    "season": TableShape("season", (("day", "at_least", DAY),), TEXT),
}
FUNCTIONS = {"skyline_miles": FunctionShape("skyline_miles", (NUMBER, MONEY), POINTS)}

BASE = Scope(
    names=NAMES,
    money_scale=2,
    parse_window=parse_window,
    parse_day=parse_day,
    figures={"spend": MONEY, "orders": NUMBER, "beans.earned": POINTS},
    tables=TABLES,
    functions=FUNCTIONS,
    item_names=ITEM_NAMES,
    elsewhere={"tender.type": "only `tenders` asks of tenders"},
    later={"friend.joined": "`friend.` is not decided yet"},
)


def _define(text: str, expect: Expect, scope: Scope) -> Checked:
    checked = check(text, scope, expect)
    assert isinstance(checked, Checked), checked
    return checked


def scope(*, row: bool = False) -> Scope:
    """The scope of a condition, or of a filter over items."""
    names = {**NAMES, **ITEM_NAMES} if row else NAMES
    elsewhere = {} if row else BASE.elsewhere
    return Scope(
        names=names,
        money_scale=2,
        parse_window=parse_window,
        parse_day=parse_day,
        figures=BASE.figures,
        tables=TABLES,
        functions=FUNCTIONS,
        item_names=ITEM_NAMES,
        elsewhere=elsewhere,
        later=BASE.later,
        row="item" if row else "",
        defines=DEFINES,
    )


_FILTER_SCOPE = Scope(
    names={**NAMES, **ITEM_NAMES},
    money_scale=2,
    parse_window=parse_window,
    parse_day=parse_day,
    row="item",
    item_names=ITEM_NAMES,
)
DEFINES: Mapping[str, object] = {
    "big": _define("order.total >= 100", "condition", BASE),
    "many": _define("any_item(item.quantity >= 10)", "condition", BASE),
    "coffee": _define(
        'item.category == "beans" or has(item.tags, "coffee")', "filter", _FILTER_SCOPE
    ),
}

WHEN = scope()
ITEMS = scope(row=True)


def good(text: str, expect: Expect = "value", within: Scope = WHEN) -> Checked:
    """The checked expression; a mistake in it fails the test."""
    checked = check(text, within, expect)
    assert isinstance(checked, Checked), checked
    return checked


def flight_points(route: Value, cabin: Value) -> Value:
    """Exact rows; another route has none."""
    rows: Mapping[Value, Value] = {("FRA", "economy"): 500, ("FRA", "business"): Fraction(1501, 2)}
    return rows.get((route, cabin))


def fee(total: Value) -> Value:
    """A step of money for each full 10.00, in minor units."""
    assert isinstance(total, (int, Fraction)), "no unknown and no other kind comes this far"
    return 50 + (total // 1000) * 25


def season(day: Value) -> Value:
    """Two seasons."""
    assert isinstance(day, int), "a day is a whole number"
    return "summer" if day % 365 < 180 else "winter"


def skyline_miles(steps: Value, amount: Value) -> Value:
    """Miles of a partner; none below zero."""
    assert isinstance(steps, (int, Fraction)) and isinstance(amount, (int, Fraction))
    return None if steps < 0 else steps * 3 + amount // 100


TABLE_CALLS: Mapping[str, Callable[..., Value]] = {
    "flight_points": flight_points,
    "fee": fee,
    "season": season,
}
FUNCTION_CALLS: Mapping[str, Callable[..., Value]] = {"skyline_miles": skyline_miles}


class Facts(dict[str, Value]):
    """Facts as an evaluator hands them over: every key is answered, unknown ones with None."""

    def __missing__(self, key: str) -> Value:
        return None


def rows(*lines: Mapping[str, Value]) -> Value:
    """Rows of order lines as facts hold them: mappings within a tuple, which `Value` has no word for."""
    return cast(Value, lines)


def run(
    checked: Checked, facts: Mapping[str, Value], row: Mapping[str, Value] | None = None
) -> Value:
    """The value by the generated code."""
    (code,) = to_python([checked.tree], TABLE_CALLS, FUNCTION_CALLS)
    return code(Facts(facts), row or {})
