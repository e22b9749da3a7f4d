"""What the figures of a report are made of, counted account by account from the entries of a ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from loyalty_rules.domain.event import Purchase
from loyalty_rules.domain.merges import is_merged
from loyalty_rules.domain.referrals import FRIEND_ORDER
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.number import number_of
from loyalty_rules.ledger.history import PastEntry, everything
from loyalty_rules.ledger.postings import postings
from loyalty_rules.ledger.rows import lots_of
from loyalty_rules.reports.reading import Past

SPEND: Final = "spend"
ORDERS: Final = "orders"
"""The counters that ship: money and orders of each day, net of returns."""

NPS_MAX: Final = 10


@dataclass(slots=True)
class Counted:
    """What is known of all accounts together. Members are numbers; money is in minor units, net of returns;
    points are in units of the scale; days are ordinals.

    ``held`` and ``owed`` are points by program that members have and owe; ``kinds`` how many kinds of
    products each member bought; ``scores`` and ``answers`` what each member answered last.
    """

    spend: dict[int, Mapping[int, Fraction]] = field(default_factory=dict)
    orders: dict[int, Mapping[int, int]] = field(default_factory=dict)
    kinds: dict[int, int] = field(default_factory=dict)
    scores: dict[int, Fraction] = field(default_factory=dict)
    answers: dict[int, tuple[Fraction, ...]] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)
    members: int = 0
    out_of_range: int = 0

    def add(self, past: Past, nps: str, index: str) -> None:
        """Count one account. ``nps`` and ``index`` begin the names of the surveys that are asked for. Of who
        was erased nothing is known but his points."""
        effects = [one for entry in past.entries for one in entry.effects]
        if not effects:
            return
        for lot in lots_of(effects):
            self.held[lot.program] += lot.left
        if past.is_erased:
            for moved in postings(effects):
                if moved.book == "deficit":
                    self.owed[moved.program] -= moved.points
            return
        state = fold(MemberState("-"), effects)
        if not is_merged(state):
            self._member(past.account, [*everything(past.entries)], state, nps, index)

    def _member(
        self, member: int, past: Sequence[PastEntry], state: MemberState, nps: str, index: str
    ) -> None:
        self.members += 1
        self.owed.update(state.deficits)
        self.spend[member] = {day: Fraction(n) for day, n in _days(state, SPEND)}
        self.orders[member] = {day: int(n) for day, n in _days(state, ORDERS) if n > 0}
        if self.orders[member]:
            self.kinds[member] = len(_kinds(past))
        self._surveys(member, past, nps, index)

    def _surveys(self, member: int, past: Iterable[PastEntry], nps: str, index: str) -> None:
        """The last answer to each survey counts."""
        answers: dict[str, Fraction] = {}
        for entry in sorted(past, key=lambda one: one.event.occurred_at):
            event = entry.event
            score, name = event.fields.get("score"), event.fields.get("survey") or nps
            if event.type != "survey" or not isinstance(score, int | Decimal):
                continue
            known = Fraction(score)
            if str(name) == nps and 0 <= known <= NPS_MAX:
                self.scores[member] = known
            elif str(name).startswith(index) and 1 <= known <= 6:
                answers[str(name)] = known
            elif str(name) == nps or str(name).startswith(index):
                self.out_of_range += 1
        if answers:
            self.answers[member] = tuple(answers[name] for name in sorted(answers))

    def active(self, after: int, through: int) -> set[int]:
        """The members who bought on a day after one and through another."""
        return {
            member
            for member, days in self.orders.items()
            if any(after < day <= through for day in days)
        }

    def spent(self, after: int, through: int) -> Fraction:
        """The money of all members within such days."""
        return sum(
            (
                n
                for days in self.spend.values()
                for day, n in days.items()
                if after < day <= through
            ),
            Fraction(0),
        )


def _days(state: MemberState, counter: str) -> Iterator[tuple[int, Fraction]]:
    for day, value in state.counters.get(counter, {}).items():
        yield day, Fraction(number_of(value) or 0)


def _kinds(past: Iterable[PastEntry]) -> set[str]:
    """The categories (else the items) of what a member bought and kept."""
    bought: dict[tuple[str, str], Purchase] = {}
    back: dict[tuple[str, str], Mapping[str, Decimal]] = {}
    for entry in past:
        event = entry.event
        if isinstance(event, Purchase) and event.type != FRIEND_ORDER:
            bought[event.source, event.order or event.id] = event
        for one in entry.orders:
            if one.parts is not None:
                back[one.source, one.order] = _returned(one.parts)
    return {
        line.category or line.sku or ""
        for name, purchase in bought.items()
        for line in purchase.lines
        if line.quantity > back.get(name, {}).get(line.id, 0)
    } - {""}


def _returned(parts: Mapping[str, object]) -> dict[str, Decimal]:
    """How much of each line came back, from the record of an order."""
    returned = parts.get("returned", ())
    assert isinstance(returned, list | tuple), "a record lists what came back"
    return {str(line): Decimal(str(quantity)) for line, quantity in returned}
