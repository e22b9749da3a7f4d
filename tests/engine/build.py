"""Small rule sets and events made by hand, without YAML and without the expression language: a formula
is a Python function of the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from loyalty_rules.base.period import Window
from loyalty_rules.builtin.calendars import Gregorian
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Event, Line, Purchase, Tender
from loyalty_rules.domain.kinds import SHIPPED_KINDS
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import BOOLEAN, MONEY, NUMBER, POINTS, EventKind
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.model import (
    Award,
    Basis,
    Counter,
    Currency,
    Figure,
    Formula,
    LevelStep,
    LevelTable,
    Limit,
    LotAccount,
    Model,
    Quantity,
    Rule,
    Term,
)
from loyalty_rules.engine.plan import Facts, Outcome, Plan

EVER = Window("ever")
ONE = Fraction(1)
Run = Callable[[Facts, Facts], Value]

ORDERS = Counter("orders", NUMBER, events=("purchase",))
SPEND = Counter("spend", MONEY, events=("purchase",), adds=(Term(ONE, "order_total"),))


class Build:
    """A rule set in the making: it numbers the formulas that its parts use."""

    def __init__(self) -> None:
        self.code: list[Run] = []

    def formula(self, run: Run, text: str = "", *, tables: bool = False) -> Formula:
        self.code.append(run)
        return Formula(len(self.code) - 1, None, BOOLEAN, text, uses_tables=tables)

    def constant(self, value: Value) -> Formula:
        return self.formula(lambda facts, row: value, str(value))

    def rate(self, rate: object) -> Formula:
        """A number written as text (``"1.5"``), or a formula."""
        return rate if isinstance(rate, Formula) else self.constant(number(rate))

    def award(
        self,
        role: Any,
        rate: object,
        *,
        per: object = None,
        per_full: object = None,
        of: str | Iterable[Term] = "eligible",
        program: str = "beans",
        at_least: object = None,
        carried: str | None = None,
    ) -> Award:
        step = per_full if per is None else per
        quantity = None
        if step is not None:
            terms = (Term(ONE, of, program),) if isinstance(of, str) else tuple(of)  # type: ignore[arg-type]
            least = None if at_least is None else Fraction(number(at_least))
            whole = per_full is not None
            quantity = Quantity(terms, Fraction(number(step)), whole, least, carried)
        return Award(role, program, self.rate(rate), quantity)

    def points(self, rate: object = 1, per: object = 100, **more: Any) -> Award:
        """``rate`` points for each ``per`` minor units of the eligible amount."""
        return self.award("points", rate, per=per, **more)

    def stepped(self, rate: object, per_full: object, **more: Any) -> Award:
        return self.award("points", rate, per_full=per_full, **more)

    def once(self, rate: object, **more: Any) -> Award:
        """Points given once, and multiplied."""
        return self.award("points", rate, **more)

    def bonus(self, rate: object, **more: Any) -> Award:
        return self.award("bonus", rate, **more)

    def times(self, times: object, program: str = "beans") -> Award:
        return self.award("multiplier", times, program=program)

    def rule(
        self, id: str, *awards: Award, events: tuple[str, ...] = ("purchase",), **more: Any
    ) -> Rule:
        """A rule; ``when``, ``items`` and ``tenders`` may be plain functions."""
        when = more.pop("when", ())
        conditions = when if isinstance(when, tuple) else (when,)
        for word in ("items", "tenders"):
            if callable(more.get(word)):
                more[word] = self.formula(more[word], word)
        return Rule(id, events, awards, tuple(self.formula(run) for run in conditions), **more)

    def plan(self, *rules: Rule, accounts: Iterable[LotAccount] | None = None, **more: Any) -> Plan:
        made = tuple(accounts) if accounts is not None else (account(),)
        counters = (ORDERS, SPEND, *booked(made), *more.pop("counters", ()))
        figures = tuple(Figure(one.id, one.id, EVER) for one in booked(made))
        figures += tuple(more.pop("figures", ()))
        zone = more.pop("zone", "Europe/Berlin")
        settings: dict[str, Any] = {
            "currency": Currency("EUR", 2),
            "calendar": "gregorian",
            "week_starts": 0,
            "leap_day": "feb_28",
            "kinds": SHIPPED_KINDS,
            **more,
        }
        model = Model(
            "club",
            "1",
            zone=zone,
            accounts=made,
            counters=counters,
            figures=figures,
            rules=tuple(sorted(rules, key=lambda rule: (-rule.priority, rule.id))),
            **settings,
        )
        return Plan(model, tuple(self.code), Gregorian(), ZoneInfo(zone), "digest")


def number(written: object) -> int | Fraction:
    if isinstance(written, (int, Fraction)):
        return written
    exact = Fraction(str(written))
    return exact.numerator if exact.denominator == 1 else exact


def account(id: str = "beans", *, tax: Any = "included", **more: Any) -> LotAccount:
    basis = more.pop("basis", None) or Basis(tax)
    return LotAccount(id, basis, **more)


def booked(accounts: Iterable[LotAccount]) -> tuple[Counter, ...]:
    feeds: tuple[Any, ...] = ("earned", "base", "spent")
    return tuple(
        Counter(f"{one.id}.{feed}", POINTS, fed_by=feed, program=one.id)
        for one in accounts
        for feed in feeds
    )


def levels(
    *thresholds: tuple[str, int], figure: str = "beans.earned", tier_at: Any = "before", **more: Any
) -> LevelTable:
    """A table: ``levels(("gold", 1000))`` stands above ``basic``."""
    steps = [LevelStep("basic")]
    for id, at in thresholds:
        steps.append(LevelStep(id, (((figure, Fraction(at)),),)))
    return LevelTable(more.pop("id", "status"), more.pop("window", EVER), tuple(steps), tier_at)


def limit(what: Any, cap: object, per: str | Window = "ever", **more: Any) -> Limit:
    window = per if isinstance(per, Window) else box(per)
    return Limit(more.pop("key", "limit"), what, Fraction(number(cap)), window, **more)


def box(unit: str) -> Window:
    return Window(unit) if unit in ("ever", "order", "line") else Window("box", unit)  # type: ignore[arg-type]


def line(amount: str, **more: Any) -> Line:
    """A line by its amount; numbers are written as text."""
    for word in ("quantity", "tax", "discount", "unit_price"):
        if word in more:
            more[word] = Decimal(more[word])
    return Line(more.pop("id", ""), more.pop("quantity", Decimal(1)), Decimal(amount), **more)


def purchase(
    *lines: str | Line,
    at: str = "2026-03-07T12:00:00+00:00",
    tenders: Iterable[tuple[str, str]] | None = None,
    id: str = "inv-1",
    **more: Any,
) -> Purchase:
    made = [one if isinstance(one, Line) else line(one) for one in lines]
    numbered = tuple(
        Line(**{**{name: getattr(one, name) for name in Line.__slots__}, "id": one.id or str(i)})
        for i, one in enumerate(made, 1)
    )
    paid = None
    if tenders is not None:
        paid = tuple(Tender(type, Decimal(amount)) for type, amount in tenders)
    instant = datetime.fromisoformat(at).astimezone(UTC)
    more = {"currency": "EUR", "member": "m-1", **more}
    return Purchase(id, "purchase", occurred_at=instant, lines=numbered, tenders=paid, **more)


def event(
    type: str, at: str = "2026-03-07T12:00:00+00:00", id: str = "ev-1", **fields: Any
) -> Event:
    return Event(id, type, "m-1", datetime.fromisoformat(at).astimezone(UTC), fields=fields)


def member(**parts: Any) -> MemberState:
    return MemberState("m-1", **parts)


def decided(plan: Plan, one: Event, state: MemberState | None = None) -> Outcome:
    """The outcome of an event that must be decided."""
    outcome = decide(plan, member() if state is None else state, one)
    assert outcome.status == "decided", outcome.refusal
    return outcome


def run(plan: Plan, *events: Event, state: MemberState | None = None) -> list[Outcome]:
    """The outcomes of one member's events, each with the state that the one before left."""
    outcomes: list[Outcome] = []
    for one in events:
        outcomes.append(decided(plan, one, outcomes[-1].state if outcomes else state))
    return outcomes


def points(outcome: Outcome, program: str = "beans") -> int:
    assert outcome.points is not None
    return outcome.points[program]


def given(outcome: Outcome) -> Mapping[str, int]:
    """What each rule that gave anything gave, all programs together."""
    return {
        trace.rule: sum(one.points for one in trace.given)
        for trace in outcome.trace
        if trace.outcome == "gave"
    }


def reason(outcome: Outcome, rule: str) -> tuple[str, str, str]:
    """Outcome, reason and detail of a rule."""
    trace = next(one for one in outcome.trace if one.rule == rule)
    return trace.outcome, trace.reason, trace.detail


def kind(name: str, *fields: Any, about: Any = "member", decided: bool = True) -> EventKind:
    return EventKind(name, about, 40, tuple(fields), (), decided)
