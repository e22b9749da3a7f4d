"""Settlement: who owes whom what for points, in a period of booking. Made of the effects of a ledger alone.

An entry belongs to the period in which it was booked, whatever day its event was on: so the statement of a
period that is over stays the same for ever. Amounts are exact until the end, and rounded once so that debits
are credits to the last unit: each line is rounded up to the end of the period, less what it was rounded to
before it. So the statements of periods that follow each other sum to that of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.funding import OPERATOR
from loyalty_rules.ledger.charges import ACCOUNT, BREAKAGE, FUND, MARGIN, Charge, charges
from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.ledger.history import PastEntry
from loyalty_rules.ledger.postings import postings
from loyalty_rules.reports.reading import accounts_of
from loyalty_rules.reports.rounding import balanced, rounded_to
from loyalty_rules.service.opening import find
from loyalty_rules.service.rule_set import RuleSet

_LAST_INSTANT: Final = timedelta(microseconds=1)

LineKey = tuple[str, str, str, str]
"""Book, party, program, cause."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement: ``points`` in units of the scale of ``program``, ``amount_minor`` rounded,
    ``exact`` before rounding, both in minor units; above zero a debit, below zero a credit."""

    book: str
    party: str
    program: str
    cause: str
    points: int
    amount_minor: int
    exact: Fraction


@dataclass(frozen=True, slots=True)
class Correction:
    """Something that was booked in the period and is of a day before it: ``effective`` is that day."""

    effective: date
    book: str
    party: str
    program: str
    cause: str
    points: int
    exact: Fraction


@dataclass(frozen=True, slots=True)
class Remaining:
    """Points of one payer that members held at the end: what was paid for them (``paid``), what they are
    expected to cost (``cost``), exact, in minor units."""

    party: str
    program: str
    points: int
    paid: Fraction
    cost: Fraction

    @property
    def margin(self) -> Fraction:
        """What is left of the payment if all of them are spent."""
        return self.paid - self.cost


@dataclass(frozen=True, slots=True)
class Settlement:
    """The statement of a period, from ``first`` through ``last`` (days of the rule set's zone).

    ``lines`` sum to zero. ``unpriced`` are points, by program, that members held at the end and nobody asked
    who pays for. ``is_closed``: the period was over when the statement was made.
    """

    ledger: str
    first: date
    last: date
    is_closed: bool
    currency: str
    scale: int
    lines: tuple[Line, ...] = ()
    corrections: tuple[Correction, ...] = ()
    remaining: tuple[Remaining, ...] = ()
    unpriced: Mapping[str, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)

    @property
    def partners(self) -> tuple[str, ...]:
        """Everybody who has a line of an account, but for the operator, by name."""
        named = {line.party for line in self.lines if line.book == ACCOUNT}
        return tuple(sorted(named - {OPERATOR}))

    def of(self, book: str, party: str | None = None) -> tuple[Line, ...]:
        """The lines of a book, perhaps of one party."""
        return tuple(
            line
            for line in self.lines
            if line.book == book and (party is None or line.party == party)
        )

    def balance_minor(self, partner: str) -> int:
        """What a partner owes the operator (below zero: is owed) for the period, in minor units."""
        return sum(line.amount_minor for line in self.of(ACCOUNT, partner))

    @property
    def margin_minor(self) -> int:
        """What the operator has gained on points that were spent, in minor units."""
        return -sum(line.amount_minor for line in self.of(MARGIN))

    @property
    def breakage_minor(self) -> int:
        """What had been paid for points that have expired, in minor units."""
        return -sum(line.amount_minor for line in self.of(BREAKAGE))

    @property
    def fund_minor(self) -> int:
        """By how much what is held for points of members has grown, in minor units."""
        return -sum(line.amount_minor for line in self.of(FUND))

    @property
    def debits_minor(self) -> int:
        """All debits together, which are the credits."""
        return sum(line.amount_minor for line in self.lines if line.amount_minor > 0)

    @property
    def credits_minor(self) -> int:
        """All credits together, above zero."""
        return -sum(line.amount_minor for line in self.lines if line.amount_minor < 0)


def settle(
    store: Store,
    rules: RuleSet,
    first: date,
    last: date,
    *,
    now: datetime,
    ledger: str = "main",
) -> Settlement:
    """The settlement of a period of a ledger. ``rules`` say how days, money and points are written; none is
    run. ``now`` says which periods are over.

    Errors: ``EventError`` as ``backwards`` (it ends before it begins) or ``from_the_future`` (it has not
    begun); ``LedgerError`` when there is no such ledger; ``CorruptLedger``.
    """
    number, _ = find(store, ledger)
    zone = rules.plan.zone
    start = start_of_day(first.toordinal(), zone)
    end = start_of_day(last.toordinal() + 1, zone)
    if end <= start:
        raise EventError("backwards", "through", "the period ends before it begins")
    if start > now:
        raise EventError("from_the_future", "from", "the period has not begun")
    sums = _Sums(start)
    with store.reading() as execute:
        for past in accounts_of(execute, number, min(end - _LAST_INSTANT, now)):
            for entry in past.entries:
                sums.add(entry, date.fromordinal(local_day(entry.event.occurred_at, zone)), first)
    model = rules.plan.model
    return Settlement(
        ledger,
        first,
        last,
        end <= now,
        model.currency.code,
        model.currency.scale,
        tuple(sums.lines()),
        tuple(sums.corrections()),
        tuple(sums.remaining()),
        sums.unpriced(),
        {account.id: account.scale for account in model.accounts},
    )


@dataclass(slots=True)
class _Sum:
    """Points, money and expected cost."""

    points: int = 0
    amount: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)

    def add(self, one: Charge) -> None:
        self.points += one.points
        self.amount += one.amount
        self.cost += one.cost


def _rounded(sums: Mapping[LineKey, _Sum]) -> dict[LineKey, int]:
    """Every line in minor units. What a partner owes, what is held for whose points, margin and breakage are
    rounded first, so that they balance; then the lines of each, so that they sum to it."""
    groups: dict[tuple[str, str], dict[LineKey, Fraction]] = {}
    for key in sorted(sums):
        party = key[1] if key[0] in (ACCOUNT, FUND) else ""
        groups.setdefault((key[0], party), {})[key] = sums[key].amount
    totals = balanced({name: sum(own.values(), Fraction(0)) for name, own in groups.items()})
    found: dict[LineKey, int] = {}
    for name, own in groups.items():
        found |= rounded_to(totals[name], own)
    return found


@dataclass(slots=True)
class _Sums:
    """What was booked before the period, and up to its end."""

    start: datetime
    before: dict[LineKey, _Sum] = field(default_factory=dict)
    through: dict[LineKey, _Sum] = field(default_factory=dict)
    earlier: dict[tuple[date, LineKey], _Sum] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)

    def add(self, entry: PastEntry, effective: date, first: date) -> None:
        """Add one entry, whose event was on a day."""
        is_before = entry.received_at < self.start
        for one in charges(entry.effects):
            key = one[:4]
            self.through.setdefault(key, _Sum()).add(one)
            if is_before:
                self.before.setdefault(key, _Sum()).add(one)
            elif effective < first:
                self.earlier.setdefault((effective, key), _Sum()).add(one)
        for moved in postings(entry.effects):
            if moved.book == "lots":
                self.held[moved.program] = self.held.get(moved.program, 0) + moved.points

    def lines(self) -> Iterable[Line]:
        """What the period adds, in the order of books, parties, programs and causes."""
        now, then = _rounded(self.through), _rounded(self.before)
        for key in sorted(self.through):
            were, are = self.before.get(key, _Sum()), self.through[key]
            points, exact = are.points - were.points, are.amount - were.amount
            amount = now[key] - then.get(key, 0)
            if points or exact or amount:
                yield Line(*key, points, amount, exact)

    def corrections(self) -> Iterable[Correction]:
        """What belongs to days before the period."""
        for (day, key), one in sorted(self.earlier.items()):
            yield Correction(day, *key, one.points, one.amount)

    def remaining(self) -> Iterable[Remaining]:
        """What members hold at the end, by payer."""
        found: dict[tuple[str, str], _Sum] = {}
        for (book, party, program, _), one in self.through.items():
            if book == FUND:
                held = found.setdefault((party, program), _Sum())
                held.points += one.points
                held.amount -= one.amount
                held.cost += one.cost
        for (party, program), one in sorted(found.items()):
            if one.points or one.amount:
                yield Remaining(party, program, one.points, one.amount, one.cost)

    def unpriced(self) -> dict[str, int]:
        """Points that members hold at the end and that have no payer."""
        paid: dict[str, int] = {}
        for one in self.remaining():
            paid[one.program] = paid.get(one.program, 0) + one.points
        left = {program: points - paid.get(program, 0) for program, points in self.held.items()}
        return {program: points for program, points in sorted(left.items()) if points}
