"""The figures of a program as of an instant, from the entries of its ledger, held against the postings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.errors import EventError
from loyalty_rules.ledger.accounts import whole, words
from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.ledger.statements import LIST_POSTINGS
from loyalty_rules.reports.counting import Counted
from loyalty_rules.reports.figures import (
    Allocation,
    Retention,
    allocation,
    cells,
    fifths,
    liability,
    lifetime_value,
    loyalty_index,
    promoter_score,
    retention,
    share,
    upsell_ratio,
)
from loyalty_rules.reports.reading import accounts_of
from loyalty_rules.service.opening import find
from loyalty_rules.service.rule_set import RuleSet

BOOKS: Final = ("issued", "reversed", "spent", "expired", "lots", "deficit")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a report cannot know. ``expected`` is the part of points that members are expected to spend,
    ``margin`` what is left of the money they spend, ``discount`` that of one period; ``days`` is its length.
    ``nps`` is the survey of the promoter score (and of surveys without a name), ``index`` begins the names of
    those of the loyalty index."""

    expected: Fraction = Fraction(1)
    margin: Fraction = Fraction(1)
    discount: Fraction = Fraction(1, 10)
    days: int = 365
    nps: str = "nps"
    index: str = "loyalty"


@dataclass(frozen=True, slots=True)
class ProgramFigures:
    """Points of one program, in points: ``issued`` less what was taken back, ``spent`` less what was given
    back, ``expired``, ``held`` and ``owed`` by members. Money is in minor units; None where the program says
    no ``value``."""

    program: str
    issued: Fraction
    spent: Fraction
    expired: Fraction
    held: Fraction
    owed: Fraction
    value_minor: Fraction | None
    liability_minor: Fraction | None
    allocation: Allocation | None

    @property
    def redemption_rate(self) -> Fraction | None:
        """Points spent of points issued."""
        return share(self.spent, self.issued)

    @property
    def breakage(self) -> Fraction | None:
        """The part of points issued that was not spent."""
        rate = self.redemption_rate
        return None if rate is None else 1 - rate


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What the postings of one program say beside the entries: ``books`` by name, in units of the scale;
    ``held`` and ``owed`` as the entries leave them."""

    program: str
    books: Mapping[str, int]
    held: int
    owed: int

    @property
    def differences(self) -> tuple[str, ...]:
        """What does not agree; empty if everything does."""
        found = []
        if total := sum(self.books.values()):
            found.append(f"the books sum to {total}, not to zero")
        if self.books.get("lots", 0) != self.held:
            found.append(f"members hold {self.held}, the book `lots` {self.books.get('lots', 0)}")
        if -self.books.get("deficit", 0) != self.owed:
            found.append(
                f"members owe {self.owed}, the book `deficit` {-self.books.get('deficit', 0)}"
            )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is known of a program at an instant. Money is in minor units of ``currency``."""

    ledger: str
    at: datetime
    currency: str
    scale: int
    parameters: Parameters
    members: int
    revenue_minor: Fraction
    programs: tuple[ProgramFigures, ...]
    retention: Retention
    spent_minor: Fraction
    lifetime_minor: Fraction | None
    promoter_score: Fraction | None
    scores: int
    loyalty_index: Fraction | None
    answers: int
    out_of_range: int
    upsell_ratio: Fraction | None
    rfm: Mapping[str, int]
    reconciled: tuple[Reconciled, ...]

    @property
    def is_reconciled(self) -> bool:
        """Whether the entries and the postings say the same."""
        return not any(one.differences for one in self.reconciled)


def report(
    store: Store,
    rules: RuleSet,
    at: datetime,
    *,
    now: datetime,
    parameters: Parameters | None = None,
    ledger: str = "main",
) -> Report:
    """The figures of a ledger as of an instant: of what was booked up to then. ``rules`` say how days, money
    and points are written and what a point is worth; none is run.

    Errors: ``EventError`` as ``from_the_future``; ``LedgerError`` when there is no such ledger;
    ``CorruptLedger``.
    """
    if at > now:
        raise EventError("from_the_future", "at", "nothing is known of that instant yet")
    asked, counted = parameters or Parameters(), Counted()
    number, _ = find(store, ledger)
    books: dict[str, Counter[str]] = {}
    with store.reading() as execute:
        for past in accounts_of(execute, number, at):
            counted.add(past, asked.nps, asked.index)
            for row in execute(LIST_POSTINGS, [(past.account,)]):
                sequence, _, book, program, points = row
                if whole(sequence) <= len(past.entries):
                    books.setdefault(words(program), Counter())[words(book)] += whole(points)
    return _made(rules, at, asked, counted, books, ledger)


def _made(
    rules: RuleSet,
    at: datetime,
    asked: Parameters,
    counted: Counted,
    books: Mapping[str, Counter[str]],
    ledger: str,
) -> Report:
    model, today = rules.plan.model, local_day(at, rules.plan.zone)
    start, before = today - asked.days, today - 2 * asked.days
    stayed = retention(counted.active(before, start), counted.active(start, today))
    spent = counted.spent(start, today)
    margin = spent * asked.margin / stayed.now if stayed.now else Fraction(0)
    revenue = counted.spent(0, today)
    programs = sorted({*books, *counted.held, *counted.owed})
    return Report(
        ledger,
        at,
        model.currency.code,
        model.currency.scale,
        asked,
        counted.members,
        revenue,
        _programs(rules, programs, books, counted, revenue, asked.expected),
        stayed,
        spent,
        lifetime_value(margin, stayed.rate, asked.discount),
        promoter_score(counted.scores.values()),
        len(counted.scores),
        loyalty_index(one for answers in counted.answers.values() for one in answers),
        sum(len(one) for one in counted.answers.values()),
        counted.out_of_range,
        upsell_ratio(counted.kinds.values()),
        _rfm(counted, today),
        tuple(
            Reconciled(
                program,
                {book: books.get(program, Counter())[book] for book in BOOKS},
                counted.held[program],
                counted.owed[program],
            )
            for program in programs
        ),
    )


def _programs(
    rules: RuleSet,
    programs: Sequence[str],
    books: Mapping[str, Counter[str]],
    counted: Counted,
    revenue: Fraction,
    expected: Fraction,
) -> tuple[ProgramFigures, ...]:
    accounts = rules.plan.index.accounts
    alone = {
        name: Fraction(-books[name]["issued"] - books[name]["reversed"], 10 ** accounts[name].scale)
        * Fraction(accounts[name].value or 0)
        * expected
        for name in programs
        if name in accounts and name in books
    }
    together = allocation(revenue, sum(alone.values(), Fraction(0)), None)
    found = []
    for name in programs:
        account, own = accounts.get(name), books.get(name, Counter())
        unit = 10 ** (account.scale if account else 0)
        issued = Fraction(-own["issued"] - own["reversed"], unit)
        spent, held = Fraction(own["spent"], unit), Fraction(counted.held[name], unit)
        value = None if account is None or account.value is None else Fraction(account.value)
        found.append(
            ProgramFigures(
                name,
                issued,
                spent,
                Fraction(own["expired"], unit),
                held,
                Fraction(counted.owed[name], unit),
                value,
                None if value is None else liability(held, value, expected),
                None if value is None else _part(together, alone, name, spent, issued * expected),
            )
        )
    return tuple(found)


def _part(
    together: Allocation, alone: Mapping[str, Fraction], name: str, spent: Fraction, will: Fraction
) -> Allocation:
    """The part of one program in what is allocated to all points: ``will`` is what is to be spent of it."""
    all_points = sum(alone.values(), Fraction(0))
    part = alone.get(name, Fraction(0)) / all_points if all_points else Fraction(0)
    points = together.points * part
    done = min(share(spent, will) or Fraction(0), Fraction(1))
    return Allocation(together.goods, points, points * done)


def _rfm(counted: Counted, today: int) -> Mapping[str, int]:
    """Members by how lately, how often and for how much they bought, in fifths."""
    bought = {member: days for member, days in counted.orders.items() if days}
    return cells(
        [
            fifths({member: Fraction(max(days) - today) for member, days in bought.items()}),
            fifths({member: Fraction(sum(days.values())) for member, days in bought.items()}),
            fifths({one: sum(counted.spend[one].values(), Fraction(0)) for one in bought}),
        ]
    )
