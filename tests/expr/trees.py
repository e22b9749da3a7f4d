"""Random expressions of every kind and random facts for them, from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from random import Random

from loyalty_rules.domain.effects import Value
from tests.expr.setting import Facts, rows

DAY_0 = date(2025, 6, 1).toordinal()
WINDOWS = ("day", "month", "year", "ever", "last 30 days", "last 3 months")


class Texts:
    """Writes random well-typed expressions. ``depth`` bounds how far parts nest."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def of(self, kind: str, depth: int, row: bool = False, iterates: bool = True) -> str:
        """A text of one kind. ``row``: item names may stand in it; ``iterates``: any_item may."""
        makers = self._leaves(kind, row)
        if depth > 0:
            makers = makers + self._branches(kind, depth - 1, row, iterates) * 2
        return self.random.choice(makers)()

    def _number(self) -> str:
        whole = self.random.choice((0, 1, 2, 3, 5, 10, 12, 40, 250))
        return (
            f"{whole}"
            if self.random.random() < 0.6
            else f"{whole}.{self.random.randrange(1, 99):02}"
        )

    def _divisor(self) -> str:
        return self.random.choice(("2", "3", "0.5", "10", "7"))

    def _pick(self, *texts: str) -> Callable[[], str]:
        return lambda: self.random.choice(texts)

    def _within(self, figure: str) -> Callable[[], str]:
        return lambda: f'within({figure}, "{self.random.choice(WINDOWS)}")'

    def _leaves(self, kind: str, row: bool) -> list[Callable[[], str]]:
        leaves: dict[str, list[Callable[[], str]]] = {
            "number": [
                self._pick("order.number", "event.score", "quantity"),
                self._pick("order.number", *(["item.quantity"] if row else [])),
                self._within("orders"),
            ],
            "money": [
                self._pick("order.total", "amount", "beans.eligible", "status.missing(spend)"),
                self._pick("order.total", *(["item.amount"] if row else [])),
                self._within("spend"),
            ],
            "points": [lambda: "beans.balance", self._within("beans.earned")],
            "text": [self._pick("event.store", "event.cabin", *(["item.sku"] if row else []))],
            "list": [self._pick("member.segments", *(["item.tags"] if row else []))],
            "day": [lambda: "member.joined"],
            "boolean": [
                lambda: "event.gift",
                lambda: "event.gift",
                self._pick("big", "event.gift"),
            ],
        }
        if row:
            leaves["boolean"].append(lambda: "coffee")
        return leaves[kind]

    def _branches(
        self, kind: str, depth: int, row: bool, iterates: bool
    ) -> list[Callable[[], str]]:
        def sub(of: str) -> str:
            return self.of(of, depth, row, iterates)

        if kind in ("number", "money", "points"):
            return self._amounts(kind, depth, row, iterates, sub)
        if kind == "text":
            return [
                lambda: f'default({sub("text")}, "economy")',
                lambda: "season(event.day)",
                lambda: "season(member.joined)",
            ]
        if kind == "day":
            return [
                lambda: f'default(member.joined, "2025-0{self.random.randrange(1, 9)}-11")',
                lambda: f'{self.random.choice(("min", "max"))}(member.joined, "2025-05-20")',
            ]
        if kind == "boolean":
            return self._truths(depth, row, iterates, sub)
        return self._leaves(kind, row)

    def _amounts(
        self, kind: str, depth: int, row: bool, iterates: bool, sub: Callable[[str], str]
    ) -> list[Callable[[], str]]:
        pick = self.random.choice
        makers: list[Callable[[], str]] = [
            lambda: f"({sub(kind)} {pick('+-')} {sub(kind)})",
            lambda: f"({sub(kind)} {pick('+-')} {self._number()})",
            lambda: f"({sub(kind)} * {self._number()})",
            lambda: f"{sub('number')} * ({sub(kind)})",
            lambda: f"({sub(kind)}) / {self._divisor()}",
            lambda: f"({sub(kind)}) / ({sub('number')})",
            lambda: f"({sub(kind)}) % {self._divisor()}",
            lambda: f"({sub(kind)}) % ({sub(kind)})",
            lambda: f"-({sub(kind)})",
            lambda: f"abs({sub(kind)})",
            lambda: f"{pick(('min', 'max'))}({sub(kind)}, {sub(kind)}, {self._number()})",
            lambda: f"default({sub(kind)}, {self._number()})",
            lambda: self._round(sub(kind)),
        ]
        if kind == "number":
            makers += [
                lambda: f"({sub('money')}) / ({sub('money')})",
                lambda: f"({sub(pick(('money', 'points', 'number')))}) // {self._divisor()}",
                lambda: f"len({sub(pick(('list', 'text')))})",
                lambda: f"days_since({sub('day')})",
                lambda: f"(days_since({sub('day')}) + len({sub('list')}))",
                lambda: 'flight_points(default(event.store, "FRA"), event.cabin)',
            ]
            makers += [lambda: f"count_of({self.of('boolean', depth, True, False)})"] * (
                2 * iterates
            )
            makers += [lambda: "sum_of(item.quantity)"] * (not row)
        if kind == "money":
            makers += [lambda: f"fee({sub('money')})"]
            makers += [lambda: f"amount_of({self.of('boolean', depth, True, False)})"] * (
                2 * iterates
            )
            makers += [lambda: "sum_of(item.amount)"] * (not row)
        if kind == "points":
            makers += [lambda: f"skyline_miles({sub('number')}, {sub('money')})"] * 2
        return makers

    def _round(self, inner: str) -> str:
        mode = self.random.choice(("floor", "ceil", "half_up", "half_even"))
        return f'round({inner}, "{mode}", {self.random.choice(("1", "0.5", "0.05", "10"))})'

    def _truths(
        self, depth: int, row: bool, iterates: bool, sub: Callable[[str], str]
    ) -> list[Callable[[], str]]:
        pick = self.random.choice
        order = ("<", "<=", ">", ">=", "==", "!=")

        def compared() -> str:
            kind = pick(("number", "money", "points"))
            other = sub(kind) if self.random.random() < 0.5 else self._number()
            return f"{sub(kind)} {pick(order)} {other}"

        makers: list[Callable[[], str]] = [
            compared,
            compared,
            lambda: f"{self._number()} <= {sub(pick(('number', 'money')))} < {self._number()}",
            lambda: f"({sub('boolean')} {pick(('and', 'or'))} {sub('boolean')})",
            lambda: (
                f"({sub('boolean')} {pick(('and', 'or'))} {sub('boolean')} or {sub('boolean')})"
            ),
            lambda: f"not ({sub('boolean')})",
            lambda: f'{sub("text")} {pick(("==", "!="))} "{pick(("economy", "business"))}"',
            lambda: f'status.level {pick(order)} "{pick(("basic", "silver", "gold"))}"',
            lambda: f'event.store {pick(("in", "not in"))} ["a", "FRA"]',
            lambda: f"{sub('number')} {pick(('in', 'not in'))} [1, 2.5, 40]",
            lambda: f'has({sub("list")}, "{pick(("vip", "coffee"))}")',
            lambda: f"has({sub('list')}, {sub('text')})",
            lambda: f"known({sub(pick(('number', 'text', 'boolean')))})",
            lambda: f"default({sub('boolean')}, {pick(('true', 'false'))})",
            lambda: f"({sub('boolean')}) {pick(('==', '!='))} ({sub('boolean')})",
            lambda: f'{sub("day")} {pick(order)} "2025-03-01"',
            lambda: f'event.trial == "{pick(("14 days", "1 month"))}"',
        ]
        if iterates:
            makers += [lambda: f"any_item({self.of('boolean', depth, True, False)})"] * 3
            makers += [lambda: "many"]
        return makers


def random_text(random: Random, depth: int = 4, *, row: bool = False) -> str:
    """One expression of a random kind, or (``row``) a filter; most are conditions, as in rule sets."""
    kinds = ("boolean", "boolean", "boolean", "number", "money", "points", "text")
    kind = "boolean" if row else random.choice(kinds)
    return Texts(random).of(kind, random.randrange(1, depth + 1), row)


def _number(random: Random) -> Value:
    return random.choice((0, 1, 2, 3, 12, 40, -3, Fraction(5, 2), Fraction(7, 3), Fraction(4)))


def _minor(random: Random) -> Value:
    return random.choice((0, 1, 99, 100, 1000, 2505, 5000, 10001, -1250, Fraction(1, 3)))


def random_line(random: Random, unknown: float = 0.04) -> Mapping[str, Value]:
    """The row of one order line; what is unknown is absent or None."""
    row: dict[str, Value] = {
        "sku": random.choice(("a", "FRA", "economy")),
        "category": random.choice(("beans", "cups")),
        "tags": random.choice(((), ("coffee",), ("vip", "a"))),
        "quantity": _number(random),
        "amount": _minor(random),
    }
    for key in tuple(row):
        if random.random() < unknown:
            row[key] = None
    return row


def random_facts(random: Random, unknown: float = 0.04) -> Mapping[str, Value]:
    """Facts for every name of the tests' scope, some of them unknown."""

    def maybe(value: Value) -> Value:
        return None if random.random() < unknown else value

    def number() -> Value:
        return maybe(_number(random))

    def minor() -> Value:
        return maybe(_minor(random))

    lines = tuple(random_line(random, unknown) for _ in range(random.randrange(4)))
    facts: dict[str, Value] = {
        "~lines": rows(*lines[:2]),
        "~all_lines": rows(*lines),
        "~day": DAY_0,
        "event.store": maybe(random.choice(("a", "FRA", "b"))),
        "event.cabin": maybe(random.choice(("economy", "business"))),
        "event.gift": maybe(random.random() < 0.5),
        "event.trial": maybe("14 days"),
        "event.day": DAY_0,
        "event.score": number(),
        "order.number": number(),
        "quantity": number(),
        "member.segments": maybe(random.choice(((), ("vip",), ("a", "coffee")))),
        "member.joined": maybe(DAY_0 - random.randrange(900)),
        "status.level": maybe(random.randrange(3)),
    }
    for key in ("order.total", "amount", "beans.eligible", "status.missing(spend)"):
        facts[key] = minor()
    facts["beans.balance"] = number()
    for window in WINDOWS:
        facts[f"within(spend, {window})"] = minor()
        facts[f"within(orders, {window})"] = number()
        facts[f"within(beans.earned, {window})"] = number()
    return Facts(facts)
