"""The facts that formulas read, worked out when they are asked for.

Three circles: the `Case` (one event of one member), a `Segment` of its order (all of it, unless a level is
crossed within the order), and the `Choice` of lines and tenders that one rule made. Whatever comes from
the member's state is written into ``Case.record``, so that the decision can be repeated later from its
record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.engine.basis import BasisPart, Choice, basis_part, meet, tender_share
from loyalty_rules.engine.calendar import age
from loyalty_rules.engine.counters import figure, missing, spent
from loyalty_rules.engine.levels import rank
from loyalty_rules.engine.number import Number, ratio, total, whole
from loyalty_rules.engine.order import Order, Row
from loyalty_rules.engine.plan import Plan

NO_ROW: Row = MappingProxyType({})
NO_ORDER = Order((), None, 0)


@dataclass(slots=True)
class Case:
    """One event of one member on its way to a decision. ``day`` is the local day; ``record`` gathers the
    state facts that were read."""

    plan: Plan
    state: MemberState
    event: Event
    kind: EventKind
    day: int
    fields: Mapping[str, Value]
    order: Order | None = None
    record: dict[str, Value] = field(default_factory=dict)

    @property
    def lines_order(self) -> Order:
        """The order, or one without lines for an event that has none."""
        return NO_ORDER if self.order is None else self.order

    def noted(self, key: str, value: Value) -> Value:
        """``value``, after it was written into the record."""
        self.record[key] = value
        return value


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an order between two crossings of a level. ``fractions`` says how much of each line
    belongs to it (None: all of every line); ``ranks`` are the levels that hold in it, by tiers program
    (others are read from the state)."""

    number: int = 0
    ranks: Mapping[str, int] = field(default_factory=dict)
    fractions: Mapping[int, Number] | None = None

    def fraction(self, line: int) -> Number:
        """How much of a line belongs to this segment, 0 to 1."""
        return 1 if self.fractions is None else self.fractions.get(line, 0)

    def share(self, order: Order) -> Number:
        """How much of the order's money (of its lines, if it is free) belongs to this segment."""
        if self.fractions is None:
            return 1
        if order.total == 0:
            return ratio(total(self.fractions.values()), len(order.lines))
        money = total(order.lines[i].amount * part for i, part in self.fractions.items())
        return ratio(money, order.total)


class CaseFacts(dict[str, Value]):
    """The facts of a case within one segment, for one choice of lines and tenders.

    A mapping that fills itself: a key that is asked for the first time is worked out. The facts of a
    narrower choice ask those of the whole order for everything that does not hang on the choice.
    """

    __slots__ = ("_bases", "case", "choice", "segment", "whole")

    def __init__(
        self, case: Case, segment: Segment, choice: Choice, whole: CaseFacts | None = None
    ) -> None:
        super().__init__()
        self.case = case
        self.segment = segment
        self.choice = choice
        self.whole = self if whole is None else whole
        self._bases: dict[str, BasisPart] = {}

    def __missing__(self, key: str) -> Value:
        if key in _OF_CHOICE:
            value = _OF_CHOICE[key](self)
        elif key.endswith(".eligible"):
            value = eligible(self, key.removesuffix(".eligible"))
        elif self.whole is not self:
            value = self.whole[key]
        else:
            value = _of_case(self.case, self.segment, key)
        self[key] = value
        return value

    def chosen(self, choice: Choice) -> CaseFacts:
        """The facts for a rule that is about ``choice`` only."""
        if choice == self.whole.choice:
            return self.whole
        return CaseFacts(self.case, self.segment, choice, self.whole)

    def basis(self, program: str) -> BasisPart:
        """What the basis of a points program leaves of the whole order."""
        bases = self.whole._bases
        if program not in bases:
            account = self.case.plan.index.accounts[program]
            bases[program] = basis_part(
                self.case.plan, account.basis, self.case.lines_order, self.whole
            )
        return bases[program]


def whole_facts(case: Case, segment: Segment) -> CaseFacts:
    """The facts of a segment for rules that are about the whole order."""
    everything = Choice(tuple(range(len(case.lines_order.lines))), None)
    return CaseFacts(case, segment, everything)


def eligible(facts: CaseFacts, program: str) -> Number | None:
    """Money of the chosen lines and tenders that the program's basis leaves, in minor units."""
    part = facts.basis(program)
    amounts = [part.amounts[i] for i in facts.choice.lines]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    share = tender_share(facts.case.lines_order, meet(facts.choice.tenders, part.tenders))
    return whole(total(known) * share)


def _amount(facts: CaseFacts) -> Value:
    order, choice = facts.case.lines_order, facts.choice
    money = total(order.lines[i].amount for i in choice.lines)
    return whole(money * tender_share(order, choice.tenders))


def _quantity(facts: CaseFacts) -> Value:
    order, choice = facts.case.lines_order, facts.choice
    pieces = total(order.lines[i].quantity for i in choice.lines)
    return whole(pieces * tender_share(order, choice.tenders))


def _rows(facts: CaseFacts) -> Value:
    order = facts.case.lines_order
    return _as_fact(tuple(order.lines[i].row for i in facts.choice.lines))


def _all_rows(facts: CaseFacts) -> Value:
    return _as_fact(tuple(line.row for line in facts.case.lines_order.lines))


def _as_fact(rows: tuple[Row, ...]) -> Value:
    """Rows are no value that an expression can hold; only its functions over lines read these keys."""
    return cast(Value, rows)


_OF_CHOICE = {
    "amount": _amount,
    "quantity": _quantity,
    "~lines": _rows,
    "~all_lines": _all_rows,
}


def _of_case(case: Case, segment: Segment, key: str) -> Value:
    """A fact that does not hang on the choice of lines."""
    index = case.plan.index
    if key in index.figures:
        return _figure(case, key)
    if key in index.carried:
        return _counted(case, key)
    head, _, word = key.partition(".")
    if head == "event":
        return case.day if word == "day" else case.fields.get(word)
    if head == "member":
        return _of_member(case, word)
    if head == "order":
        return _of_order(case, word)
    if head in index.level_tables and word == "level":
        return segment.ranks[head] if head in segment.ranks else _rank(case, head)
    if head in index.accounts:
        return _of_account(case, head, word)
    if head in index.spend_accounts:
        return _of_spend(case, head, word)
    if key == "~day":
        return case.day
    raise AssertionError(f"nothing knows the fact `{key}`")


def _figure(case: Case, key: str) -> Value:
    one = case.plan.index.figures[key]
    counter = case.plan.index.counters[one.counter]
    return case.noted(key, figure(case.plan, case.state, counter, one.window, case.day))


def _rank(case: Case, table: str) -> int:
    level_table = case.plan.index.level_tables[table]
    found = rank(case.plan, case.state, level_table, case.day, case.record)
    case.record[f"{table}.level"] = found
    return found


def _of_member(case: Case, word: str) -> Value:
    profile = case.state.profile
    if word == "age":
        birthday = case.noted("member.birthday", profile.get("birthday"))
        return age(case.plan, birthday, case.day) if isinstance(birthday, int) else None
    return case.noted(f"member.{word}", profile.get(word))


def _of_order(case: Case, word: str) -> Value:
    if word == "total":
        return None if case.order is None else case.order.total
    assert word == "number", f"an order has no `{word}`"
    before = Days.of(case.state.counters.get("orders")).total()
    return case.noted("order.number", whole(before + 1))


def _of_account(case: Case, program: str, word: str) -> Value:
    scale = case.plan.index.accounts[program].scale
    if word == "balance":
        units = sum(lot.left for lot in case.state.lots.get(program, ()))
        return case.noted(f"{program}.balance", ratio(units, 10**scale))
    assert word == "pending", f"`{program}` has no `{word}`"
    return 0  # no points wait yet: `pending` is refused by the rule set's check


def _of_spend(case: Case, program: str, word: str) -> Value:
    account = case.plan.index.spend_accounts[program]
    so_far = spent(case.plan, case.state, account, case.day)
    if word == "spent":
        return case.noted(f"{program}.spent", so_far.spent)
    assert word == "missing", f"`{program}` has no `{word}`"
    return case.noted(f"{program}.missing", missing(account, so_far.counted))


def _counted(case: Case, key: str) -> Value:
    account = case.plan.index.carried[key]
    return case.noted(key, spent(case.plan, case.state, account, case.day).counted)
