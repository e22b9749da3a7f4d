"""The figures of a run: what a history of events came to, gathered one decided event at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.levels import rank
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.plan import Plan, Refusal, Trace
from loyalty_rules.service.decision import in_points

Status = Literal["decided", "booked", "held", "duplicate", "refused", "not_yet_decided"]

EXAMPLES_MAX: Final = 3
"""So many places of each reason of refusal are kept; the decisions file has them all."""


@dataclass(frozen=True, slots=True)
class Example:
    """One refused event: where it stands (``year.jsonl:17``) or what it is called, and what is wrong."""

    place: str
    text: str


@dataclass(slots=True)
class GivenByRule:
    """What one rule gave. ``points`` are units of the scale by program; ``trimmed`` counts the events in
    which a limit cut its share, ``lost`` those in which another rule of its group won."""

    times: int = 0
    trimmed: int = 0
    lost: int = 0
    points: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Figures:
    """Everything that is counted. ``points`` are units of the scale by program; ``levels`` are members by
    level and tiers program on the last day; ``missing`` counts, by rule and fact, the events in which a
    rule did not give because it was not told something. ``accounts`` are the programs that are shown: those
    of ``plan``, unless other versions of the rule set had more."""

    plan: Plan = field(repr=False)
    accounts: tuple[LotAccount, ...] = field(default=(), repr=False)
    statuses: Counter[Status] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    points: Counter[str] = field(default_factory=Counter)
    rules: dict[str, GivenByRule] = field(default_factory=dict)
    missing: Counter[tuple[str, str]] = field(default_factory=Counter)
    members: int = 0
    levels: dict[str, dict[str, int]] = field(default_factory=dict)
    broken_files: list[str] = field(default_factory=list)

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

    def give(self, points: Mapping[str, int], trace: Iterable[Trace]) -> None:
        """Count what a decided event gave."""
        self.points.update(points)
        for one in trace:
            rule = self.rules.setdefault(one.rule, GivenByRule())  # it may be an earlier version's
            given = sum(piece.points for piece in one.given)
            rule.times += given > 0
            rule.trimmed += one.trimmed > 0
            rule.lost += one.outcome == "lost"
            for piece in one.given:
                rule.points[piece.program] += piece.points
            if one.reason in ("missing", "no_table_row"):
                self.missing[(one.rule, one.detail or one.reason)] += 1

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
        """The statuses of a run in memory always, those of a ledger where there are any."""
        shown: list[Status] = [*_STATUSES, *(name for name in _IN_A_LEDGER if self.statuses[name])]
        return {name: self.statuses[name] for name in shown}

    def _of_rule(self, rule: GivenByRule) -> dict[str, object]:
        return {
            "times": rule.times,
            "points": self.written(rule.points),
            "trimmed": rule.trimmed,
            "lost": rule.lost,
        }

    def written(self, units: Mapping[str, int], *, every: bool = False) -> dict[str, int | str]:
        """Points by program as JSON has them; programs without any only if ``every`` is asked for."""
        return {
            account.id: written_points(units.get(account.id, 0), account.scale)
            for account in self.accounts
            if every or account.id in units
        }


_STATUSES: Final[tuple[Status, ...]] = ("decided", "duplicate", "refused", "not_yet_decided")
_IN_A_LEDGER: Final[tuple[Status, ...]] = ("booked", "held")


def written_points(units: int, scale: int) -> int | str:
    """Points for JSON: a whole number, or exact text with the digits of the program's scale."""
    return units if scale == 0 else f"{in_points(units, scale):f}"
