"""The figures of a run: what a history of events came to, gathered one decided event at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.levels import rank
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.plan import Outcome, Plan, Refusal, Trace
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.engine.stretches import EACH_TURN
from loyalty_rules.service.decision import Decision, in_points
from loyalty_rules.service.settling import LOST_PLAN

Status = Literal["decided", "booked", "held", "duplicate", "refused", "not_yet_decided"]

MATCHED: Final = "matched"
PARTLY: Final = "partly_matched"
LISTED: Final = "listed"
WAITING: Final = "waiting"

_NO_RULE: Final = ("passed", "restored", "taken")
"""What became of points without a rule, where nothing is returned: time, hands, a redemption undone."""

_TO_OTHERS: Final = ("given", "received", "pool_given", "pool_received")
"""Points on their way between members: they come out of what is spent, where they sum to nothing."""

EXAMPLES_MAX: Final = 3
"""So many places of each reason of refusal are kept; the decisions file has them all."""


@dataclass(frozen=True, slots=True)
class Example:
    """One refused event: where it stands (``year.jsonl:17``) or what it is called, and what is wrong."""

    place: str
    text: str


class Counted(NamedTuple):
    """What became of one event, as far as it counts: its id, a status, what was decided or why not;
    ``notes`` of a return that was matched in part; ``released``: returns that had waited for it; ``moved``:
    what it moved by book and program, where it came late and other events came to something else."""

    name: str
    status: Status
    decision: Decision | None
    refusal: Refusal | None
    notes: tuple[str, ...]
    released: tuple[Counted, ...]
    moved: tuple[tuple[str, str, int], ...] | None = None


@dataclass(slots=True)
class GivenByRule:
    """What one rule gave. ``points`` are units of the scale by program, ``taken`` what returns took of them;
    ``trimmed`` counts the events in which a limit cut its share, ``lost`` those in which another rule of
    its group won."""

    times: int = 0
    trimmed: int = 0
    lost: int = 0
    points: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Figures:
    """Everything that is counted. ``points`` were given, ``taken`` taken back by returns, ``spent`` by
    redemptions (less what their cancellations restored), and ``expired`` with time, in units of the scale by
    program; ``returns`` counts those that were matched with their purchases, matched in part, listed
    with a reason why not, or wait; ``levels`` are members by level and tiers program on the last day;
    ``missing`` counts, by rule and fact, the events in which a rule did not give because it was not
    told something. ``accounts`` are the programs that are shown: those of ``plan``, unless other versions of
    the rule set had more."""

    plan: Plan = field(repr=False)
    accounts: tuple[LotAccount, ...] = field(default=(), repr=False)
    statuses: Counter[Status] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    points: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)
    expired: Counter[str] = field(default_factory=Counter)
    returns: Counter[str] = field(default_factory=Counter)
    rules: dict[str, GivenByRule] = field(default_factory=dict)
    missing: Counter[tuple[str, str]] = field(default_factory=Counter)
    members: int = 0
    levels: dict[str, dict[str, int]] = field(default_factory=dict)
    broken_files: list[str] = field(default_factory=list)
    is_ledger: bool = False
    """Whether a ledger booked it."""

    def __post_init__(self) -> None:
        self.accounts = self.accounts or self.plan.model.accounts
        self.rules = {rule.id: GivenByRule() for rule in self.plan.model.rules}

    @property
    def events(self) -> int:
        """Everything that was read, unreadable lines too."""
        return sum(self.statuses.values())

    def refuse(self, refusal: Refusal, place: str) -> None:
        """Count an event that was refused."""
        self.statuses["refused"] += 1
        self.refused[refusal.code] += 1
        known = self.examples.setdefault(refusal.code, [])
        if len(known) < EXAMPLES_MAX:
            at = f"`{refusal.path}`: " if refusal.path else ""
            known.append(Example(place, at + refusal.reason))

    def count(self, type: str, answer: Counted) -> None:
        """Count what became of an event of a type, and of the returns that waited for it."""
        self.types[type] += 1
        is_return = type in RETURNS
        if answer.refusal is not None:
            self.refuse(answer.refusal, f"event {answer.name}")
        else:
            self.statuses[answer.status] += 1
        if is_return and answer.status != "duplicate":
            self.returns[_match(answer)] += 1
        self._give_or_take(is_return, answer)
        for released in answer.released:
            self._count_released(released)

    def _count_released(self, answer: Counted) -> None:
        """A return of an earlier run or of this one that is decided now; or an event that was made of the one
        that was counted."""
        event = None if answer.decision is None else answer.decision.event
        if event is not None and event.source.startswith("~"):
            self._give_or_take(event.type in RETURNS, answer)
            return
        if self.statuses["held"]:
            self.statuses["held"] -= 1
            self.returns[WAITING] -= 1
            if answer.refusal is not None:
                self.refuse(answer.refusal, f"event {answer.name}")
            else:
                self.statuses[answer.status] += 1
            self.returns[_match(answer)] += 1
        self._give_or_take(True, answer)

    def _give_or_take(self, is_return: bool, answer: Counted) -> None:
        if answer.refusal is not None:
            return
        if answer.decision is None:  # of two accounts of one member
            self._move(answer.moved or ())
            return
        outcome = answer.decision.outcome
        if answer.moved is not None:
            self._give_late(is_return, outcome, answer.moved)
            return
        for past in outcome.passed:
            self.give(past.trace)
        self._own(is_return, outcome)

    def _own(self, is_return: bool, outcome: Outcome) -> None:
        if is_return:
            self.take(outcome.points or {}, outcome.trace)
        else:
            self.give(outcome.trace)

    def _give_late(
        self, is_return: bool, outcome: Outcome, moved: Iterable[tuple[str, str, int]]
    ) -> None:
        """Of an event that took its place in the past the rules are those of its own decision. The sums are
        what it moved: what other events and time come to because of it, too."""
        totals = (self.points, self.taken, self.spent, self.expired)
        before = [Counter(one) for one in totals]
        self._own(is_return, outcome)
        for total, then in zip(totals, before, strict=True):
            total.clear()
            total.update(then)
        self._move(moved)

    def _move(self, moved: Iterable[tuple[str, str, int]]) -> None:
        totals = (self.points, self.taken, self.spent, self.expired)
        by_book = dict(zip(("issued", "reversed", "spent", "expired"), totals, strict=True))
        for book, program, units in moved:
            if book in by_book:  # points come out of the book of those that are issued
                by_book[book][program] += -units if book == "issued" else units

    def take(self, points: Mapping[str, int], trace: Iterable[Trace]) -> None:
        """Count what a return took: points below zero, where a rule that it pays more stands above."""
        self.taken.subtract(points)
        for one in trace:
            if one.outcome in ("passed", "restored"):
                self.taken.update({piece.program: piece.points for piece in one.given})
                self._without_rule(one)
                continue
            for piece in one.given:
                rule = self.rules.setdefault(one.rule, GivenByRule())
                rule.taken[piece.program] -= piece.points

    def give(self, trace: Iterable[Trace]) -> None:
        """Count what a decided event gave, and what time and hands did."""
        for one in trace:
            if one.outcome in _NO_RULE:
                self._without_rule(one)
                continue
            rule = self.rules.setdefault(one.rule, GivenByRule())  # it may be an earlier version's
            pieces = one.given
            if one.outcome == "redeemed":  # the first is what it cost
                self.spent[pieces[0].program] -= pieces[0].points
                pieces = pieces[1:]
            times = int(one.detail) if one.reason == EACH_TURN else 1
            if one.outcome in ("redeemed", "gave"):  # points, or something beside them
                rule.times += times
            rule.trimmed += one.trimmed > 0
            rule.lost += one.outcome == "lost"
            for piece in pieces:
                rule.points[piece.program] += piece.points
                self.points[piece.program] += piece.points
            if one.reason in ("missing", "no_table_row"):
                self.missing[(one.rule, one.detail or one.reason)] += 1

    def _without_rule(self, one: Trace) -> None:
        for piece in one.given:
            if one.reason.startswith("restored") or one.reason in _TO_OTHERS:
                self.spent[piece.program] -= piece.points
            elif one.reason in ("expired", "rest_dropped"):
                self.expired[piece.program] -= piece.points
            elif piece.points > 0:
                self.points[piece.program] += piece.points
            else:
                self.taken[piece.program] -= piece.points

    def read_levels(self, states: Iterable[MemberState], day: int) -> None:
        """Count members by the level that their figures give on a local day."""
        tables = self.plan.model.level_tables
        counted: dict[str, Counter[int]] = {table.id: Counter() for table in tables}
        self.members = 0
        for state in states:
            self.members += 1
            for table in tables:
                counted[table.id][rank(self.plan, state, table, day)] += 1
        self.levels = {
            table.id: {level.id: counted[table.id][at] for at, level in enumerate(table.levels)}
            for table in tables
        }

    def as_json(self) -> dict[str, object]:
        """The figures as plain data. Points are whole numbers, or text such as ``8.94`` where a program
        has a scale, because a number with a point would pass through a float in many readers."""
        return {
            "events": self.events,
            "by_status": self._by_status(),
            "by_type": dict(sorted(self.types.items())),
            "points": self.written(self.points, every=True),
            "taken_back": self.written(self.taken, every=True),
            "spent": self.written(self.spent, every=True),
            "expired": self.written(self.expired, every=True),
            "returns": {name: self.returns[name] for name in (MATCHED, PARTLY, LISTED, WAITING)},
            "rules": {name: self._of_rule(rule) for name, rule in self.rules.items()},
            "members": self.members,
            "levels": self.levels,
            "refused": {
                code: {
                    "events": count,
                    "examples": [
                        {"at": one.place, "reason": one.text} for one in self.examples[code]
                    ],
                }
                for code, count in sorted(self.refused.items())
            },
            "missing": [
                {"rule": rule, "fact": fact, "events": count}
                for (rule, fact), count in sorted(self.missing.items())
            ],
        }

    def _by_status(self) -> dict[str, int]:
        """The statuses of any run always, those of a ledger and of returns that wait where there are any."""
        shown: list[Status] = [*_STATUSES, *(name for name in _WHERE_ANY if self.statuses[name])]
        return {name: self.statuses[name] for name in shown}

    def _of_rule(self, rule: GivenByRule) -> dict[str, object]:
        found: dict[str, object] = {
            "times": rule.times,
            "points": self.written(rule.points),
            "trimmed": rule.trimmed,
            "lost": rule.lost,
        }
        taken = self.written(+rule.taken)
        return {**found, "taken_back": taken} if taken else found

    def written(self, units: Mapping[str, int], *, every: bool = False) -> dict[str, int | str]:
        """Points by program as JSON has them; programs without any only if ``every`` is asked for."""
        return {
            account.id: written_points(units.get(account.id, 0), account.scale)
            for account in self.accounts
            if every or account.id in units
        }


_STATUSES: Final[tuple[Status, ...]] = ("decided", "duplicate", "refused", "not_yet_decided")
_WHERE_ANY: Final[tuple[Status, ...]] = ("booked", "held")


def written_points(units: int, scale: int) -> int | str:
    """Points for JSON: a whole number, or exact text with the digits of the program's scale."""
    return units if scale == 0 else f"{in_points(units, scale):f}"


def _match(answer: Counted) -> str:
    if answer.status == "refused":
        return LISTED
    if answer.status == "held":
        return WAITING
    listed = [note for note in answer.notes if not note.startswith(LOST_PLAN)]
    return PARTLY if listed else MATCHED
