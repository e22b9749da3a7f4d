"""The facts that formulas read, worked out when they are asked for.

Three circles: the `Case` (one event of one member), a `Segment` of its order (all of it, unless a level is
crossed within the order), and the `Choice` of lines and tenders that one rule made. Whatever comes from
the member's state is written into ``Case.record``, for whoever explains the decision, and goes through
``Case.recall``, so that the decision can be repeated later from what was known then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from types import MappingProxyType
from typing import cast

from loyalty_rules.base.period import Window
from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.referrals import FRIEND_ORDER
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.engine.basis import BasisPart, Choice, basis_part, meet, tender_share
from loyalty_rules.engine.calendar import age
from loyalty_rules.engine.codes import presented
from loyalty_rules.engine.counters import figure, values_met
from loyalty_rules.engine.level_figures import (
    NONE_BARRED,
    Figures,
    lacking,
    level_figure,
    rank_of,
    rank_of_id,
    unreturned_rank,
)
from loyalty_rules.engine.level_holds import fixed_rank, held_rank, last_standing, running
from loyalty_rules.engine.model import Counter, LevelStep, LevelTable
from loyalty_rules.engine.number import Number, number_of, ratio, total, whole
from loyalty_rules.engine.order import Order, Row
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.program_facts import counted, of_account, of_membership, of_spend

NO_ROW: Row = MappingProxyType({})
NO_ORDER = Order((), None, 0)


@dataclass(slots=True)
class Case:
    """One event of one member on its way to a decision. ``day`` is the local day; ``record`` gathers the
    state facts that were read.

    ``memory`` is what is known of the member from before the event, by key. ``sealed``: the event was
    decided before and is judged again by what was known then; ``state`` is not asked any more.
    """

    plan: Plan
    state: MemberState
    event: Event
    kind: EventKind
    day: int
    fields: Mapping[str, Value]
    order: Order | None = None
    record: dict[str, Value] = field(default_factory=dict)
    memory: dict[str, Value] = field(default_factory=dict)
    sealed: bool = False

    @property
    def lines_order(self) -> Order:
        """The order, or one without lines for an event that has none."""
        return NO_ORDER if self.order is None else self.order

    def noted(self, key: str, value: Value) -> Value:
        """``value``, after it was written into the record."""
        self.record[key] = value
        return value

    def unrecorded(self) -> Case:
        """The same case, with a record of its own of what is read from now on."""
        own = (self.plan, self.state, self.event, self.kind, self.day, self.fields, self.order)
        return Case(*own, memory=self.memory, sealed=self.sealed)

    def recall(self, key: str, work_out: Callable[[], Value]) -> Value:
        """What is known of the member under ``key``, worked out from his state the first time."""
        memory = self.memory
        if key not in memory:
            assert not self.sealed, f"nobody remembers `{key}` of an order that was decided"
            memory[key] = work_out()
        return memory[key]

    def recall_number(self, key: str, work_out: Callable[[], Value]) -> Number:
        """The same, of a number."""
        number = number_of(self.recall(key, work_out))
        assert number is not None, f"`{key}` is never unknown"
        return number


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
            value = of_case(self.case, self.segment, key)
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


def of_case(case: Case, segment: Segment, key: str) -> Value:
    """A fact that does not hang on the choice of lines."""
    index = case.plan.index
    if key in index.figures:
        return _figure(case, key)
    if key in index.carried:
        return counted(case, key)
    head, word = _parts_of(key)
    if head == "event":
        return case.day if word == "day" else case.fields.get(word)
    if head == "member":
        return _of_member(case, word)
    if head == "friend":
        return case.fields.get(key)
    if head == "order":
        return _of_order(case, word)
    if head in index.level_tables:
        if word == "level":
            return segment.ranks[head] if head in segment.ranks else _level(case, head)
        return case.noted(key, case.recall(key, partial(_of_level, case, head, word)))
    if head in index.accounts:
        return of_account(case, head, word)
    if head in index.spend_accounts:
        return of_spend(case, head, word)
    if head in index.memberships:
        return of_membership(case, head, word)
    if head in index.coupons:
        return presented(case.plan, case.event, head)
    if key == "~day":
        return case.day
    raise AssertionError(f"nothing knows the fact `{key}`")


@lru_cache(maxsize=4096)
def _parts_of(key: str) -> tuple[str, str]:
    """What a key is about, and the word that it asks for."""
    head, _, word = key.partition(".")
    return head, word


def _figure(case: Case, key: str) -> Value:
    one = case.plan.index.figures[key]
    counter = case.plan.index.counters[one.counter]
    return case.noted(
        key,
        case.recall(key, lambda: figure(case.plan, case.state, counter, one.window, case.day)),
    )


def figures_before(case: Case, table: LevelTable) -> Figures:
    """The figures that a table reads, by counter, as they stood before the event."""
    found = {}
    for name in case.plan.index.level_figures[table.id]:
        key = _within_key(name, table.window)
        figures = partial(level_figure, case.plan, case.state, table, name, case.day)
        found[name] = case.recall_number(f"~{key}", figures)
        case.noted(key, found[name])
    return found


@lru_cache(maxsize=4096)
def _within_key(counter: str, window: Window) -> str:
    """What a figure of a table is called."""
    return f"within({counter}, {window})"


def level_before(case: Case, table: LevelTable) -> int:
    """The rank (lowest 0) of the level on which the member stood before the event."""
    figures, barred = figures_before(case, table), barred_before(case, table)
    kept = case.recall_number(kept_key(table), partial(_kept_before, case, table, figures, barred))
    fixed = fixed_before(case, table)
    return max(rank_of(table, figures, barred), int(kept)) if fixed is None else fixed


def kept_key(table: LevelTable) -> str:
    """Under which key is remembered what lasts of the levels of a table."""
    return f"~kept({table.id})"


def _kept_before(case: Case, table: LevelTable, figures: Figures, barred: frozenset[int]) -> Number:
    recorded = case.state.levels.get(table.id)
    if recorded is None:
        return 0
    held = held_rank(table, running(case.plan, table, recorded.holds, case.day))
    rank = rank_of_id(table, recorded.id)
    return max(held, unreturned_rank(case.plan, case.state, table, figures, case.day, rank, barred))


def fixed_before(case: Case, table: LevelTable) -> int | None:
    """The rank at which somebody fixed the member, whatever his figures; None if nobody did."""
    key = f"~fixed({table.id})"
    recorded = case.state.levels.get(table.id)
    if not case.sealed and recorded is not None:  # nobody remembers what hardly ever is
        fixed = fixed_rank(table, running(case.plan, table, recorded.holds, case.day))
        if fixed is not None:
            case.memory[key] = fixed
    found = case.memory.get(key)
    return found if isinstance(found, int) else None


def barred_before(case: Case, table: LevelTable) -> frozenset[int]:
    """The ranks of a table whose ``also_when`` was not true of the member before the event."""
    if not any(level.also_when for level in table.levels):
        return NONE_BARRED
    facts = whole_facts(case, Segment())
    return frozenset(
        rank
        for rank, level in enumerate(table.levels)
        if level.also_when
        and case.recall(f"~also({table.id}.{level.id})", partial(also_met, level, facts))
        is not True
    )


def also_met(level: LevelStep, facts: CaseFacts) -> bool:
    """Whether all that a level asks of the member beside figures is true; unknown is not true."""
    code = facts.case.plan.code
    return all(code[formula.slot](facts, NO_ROW) is True for formula in level.also_when)


def met_before(case: Case, table: LevelTable, counter: Counter) -> tuple[Value, ...]:
    """The different values that a counter of a table had met before the event."""
    met = case.recall(
        f"~met({counter.id}, {table.window})",
        lambda: values_met(case.plan, case.state, counter, table.window, case.day),
    )
    assert isinstance(met, tuple), "different values stand in a list"
    return met


def _level(case: Case, table: str) -> Value:
    found = level_before(case, case.plan.index.level_tables[table])
    return case.noted(f"{table}.level", found)


def _of_level(case: Case, name: str, word: str) -> Value:
    """Since when and through which day he stands on his level, or what the next asks of a figure still."""
    table, recorded = case.plan.index.level_tables[name], case.state.levels.get(name)
    if word == "since":
        return None if recorded is None else local_day(recorded.since, case.plan.zone)
    if word == "until":
        return None if recorded is None else last_standing(case.plan, table, recorded)
    counter = word.removeprefix("missing(").removesuffix(")")
    assert word == f"missing({counter})", f"`{name}` has no `{word}`"
    present = level_before(case, table)
    if present + 1 == len(table.levels):
        return 0
    return dict(lacking(table, present + 1, figures_before(case, table))).get(counter, 0)


def _of_member(case: Case, word: str) -> Value:
    if word == "age":
        birthday = profile_fact(case, "birthday")
        return age(case.plan, birthday, case.day) if isinstance(birthday, int) else None
    return profile_fact(case, word)


def profile_fact(case: Case, word: str) -> Value:
    """What the member's profile says, None if it says nothing."""
    key = f"member.{word}"
    if case.sealed:  # only what was known is remembered
        return case.noted(key, case.memory.get(key))
    return case.noted(key, case.recall(key, lambda: case.state.profile.get(word)))


def _of_order(case: Case, word: str) -> Value:
    if word == "total":
        return None if case.order is None else case.order.total
    assert word == "number", f"an order has no `{word}`"
    if case.event.type == FRIEND_ORDER:  # it counts those of the friend
        return case.fields.get(word)
    return case.noted("order.number", case.recall("order.number", lambda: _order_number(case)))


def _order_number(case: Case) -> Number:
    return whole(Days.of(case.state.counters.get("orders")).total() + 1)
