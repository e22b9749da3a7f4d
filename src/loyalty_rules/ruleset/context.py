"""What is known of a rule set while its parts are being built: unit, time, kinds of events, names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.base.elsewhere import day_elsewhere
from loyalty_rules.base.period import Calendar, Duration, Window
from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.domain.vocabulary import MONEY, NUMBER, EventKind, Kind
from loyalty_rules.engine.model import Counter, Currency, Term
from loyalty_rules.expr import TableShape
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.forms import day_cure, read_window
from loyalty_rules.ruleset.nodes import Node
from loyalty_rules.sdk import Declared
from loyalty_rules.sdk.registry import Registry

Built = TypeVar("Built")

LEADING_MAX: Final = 20
"""How many parts of one sort may lead from one to the next."""

SHIPPED_COUNTERS: Final[tuple[Counter, ...]] = (
    Counter("orders", NUMBER, events=("purchase",)),
    Counter("spend", MONEY, events=("purchase",), adds=(Term(Fraction(1), "order_total"),)),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """The unit and the time of a rule set: everything that the head of the file says."""

    id: str
    version: str
    title: str
    currency: Currency
    zone: ZoneInfo
    calendar: Calendar
    week_starts: int
    leap_day: str
    replay: Duration | None


class Lazy(Mapping[str, Built]):
    """Parts that are built when they are first asked for, so that the order of a file never counts.

    ``build(name)`` may ask for others. Where a part asks for itself, directly or by way of others,
    ``cycle(names)`` is told which parts lead to each other; where parts lead on and on, ``too_deep(name)``
    is told where they were left. Both give what stands in.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        build: Callable[[str], Built],
        cycle: Callable[[tuple[str, ...]], Built],
        too_deep: Callable[[str], Built],
    ) -> None:
        self._names = dict.fromkeys(names)
        self._build = build
        self._cycle = cycle
        self._too_deep = too_deep
        self._built: dict[str, Built] = {}
        self._under_way: list[str] = []

    def __getitem__(self, name: str) -> Built:
        if name in self._built:
            return self._built[name]
        if name not in self._names:
            raise KeyError(name)
        if name in self._under_way:
            return self._cycle(_from_least(self._under_way[self._under_way.index(name) :]))
        if len(self._under_way) >= LEADING_MAX:
            return self._too_deep(name)
        self._under_way.append(name)
        try:
            self._built[name] = self._build(name)
        finally:
            self._under_way.pop()
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


def _from_least(names: list[str]) -> tuple[str, ...]:
    """A round of names told from the least one on, wherever it was entered."""
    first = names.index(min(names))
    return (*names[first:], *names[:first])


@dataclass(slots=True)
class Context:
    """Everything that the builders of one rule set share. Filled from top to bottom by ``build``."""

    findings: Findings
    registry: Registry
    setting: Setting
    kinds: Mapping[str, EventKind] = field(default_factory=dict)
    tables: Mapping[str, TableShape] = field(default_factory=dict)
    declared: Mapping[str, Declared] = field(default_factory=dict)
    program_types: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Kind] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Names whose own declaration holds a mistake: nobody who uses them is to blame."""

    def window(self, text: str) -> Window | str:
        """A window of the language, or the cure."""
        window = read_window(text)
        if isinstance(window, Window) and "." in window.unit:
            return self._period(window)
        return window

    def _period(self, window: Window) -> Window | str:
        """A box of periods, which only memberships have."""
        name = window.unit.partition(".")[0]
        types = self.program_types
        if types.get(name) == "membership" or name in self.broken:
            return window
        known = sorted(f"{one}.period" for one, kind in types.items() if kind == "membership")
        if known:
            return did_you_mean(window.unit, known)
        return "declare a `type: membership` under `programs` first, or write `year`"

    def refuse_window(self, place: Node | Span, text: str, cure: str) -> None:
        """Report a text that `window` gave a cure for."""
        self.findings.add("bad_window", place, f"`{text}` is not a window", cure)

    def day(self, text: str) -> int | str:
        """A day in the rule set's calendar, or the cure."""
        try:
            return self.setting.calendar.parse(text)
        except ValueError as error:
            return day_cure(text) if day_elsewhere(text) else str(error)

    def counter_of(self, figure: str) -> str:
        """The id of the counter behind a figure (an alias stands for another figure)."""
        return self.aliases.get(figure, figure)
