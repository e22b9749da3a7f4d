"""What all members share, as one group of bookings sees it: read when a decision asks for it, lent to one
event after another, and written with the group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import TypeVar

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.sharing import Lent, lent
from loyalty_rules.ledger.shared import UNUSED, Counted, find_counted, uses_of, write_counted
from loyalty_rules.ledger.statements import LOCK_LANE, Work

Decided = TypeVar("Decided")


@dataclass(slots=True)
class Lane:
    """The counters of budgets in one ledger. ``is_used``: the rules in force have budgets, so whatever is
    decided is lent them."""

    ledger: int
    is_used: bool
    _stored: dict[str, Counted] = field(default_factory=dict)
    _now: dict[str, Counted] = field(default_factory=dict)
    _uses: list[tuple[str, int, int | Fraction]] = field(default_factory=list)
    _is_taken: bool = False

    def decide(
        self,
        state: MemberState,
        decide: Callable[[MemberState], Decided],
        *,
        is_used: bool | None = None,
    ) -> Work[Decided]:
        """What ``decide`` makes of a member who is lent what all share. What it asks for is read, and then it
        is asked again; so it must be pure. ``is_used`` says it of other rules than those in force.

        Errors: ``CorruptLedger``; what ``decide`` raises.
        """
        if not (self.is_used if is_used is None else is_used):
            return decide(state)
        while True:
            loan = Lent(MappingProxyType(self.stand()))
            decided = decide(lent(state, loan))
            if not loan.asked:
                return decided
            yield from self.read(loan.asked)

    def stand(self) -> dict[str, Days]:
        """What all members have used, of the counters that were read."""
        return {name: one.days for name, one in self._now.items()}

    def read(self, counters: Iterable[str]) -> Work[None]:
        """Read counters that were not read before, once nobody else can change them.

        Errors: ``CorruptLedger``.
        """
        unread = {name for name in counters if name not in self._stored}
        if not unread:
            return
        if not self._is_taken:
            yield LOCK_LANE, [(self.ledger,)]
            self._is_taken = True
        self._stored |= yield from find_counted(self.ledger, unread)
        for name in unread:
            self._now[name] = self._stored[name]
        self._add(one for one in self._uses if one[0] in unread)

    def use(self, effects: Iterable[Effect]) -> None:
        """Count what is booked: the next event is lent it, and it is written with the group."""
        uses = list(uses_of(effects))
        self._uses += uses
        self._add(one for one in uses if one[0] in self._stored)

    @contextmanager
    def tried(self) -> Iterator[None]:
        """What is used in this block is forgotten at its end."""
        booked = tuple(self._uses)
        try:
            yield
        finally:
            self._uses = [*booked]
            self._now = dict(self._stored)
            self._add(one for one in booked if one[0] in self._stored)

    def writes(self) -> Work[None]:
        """Write what was used, of counters that nobody asked for, too.

        Errors: ``CorruptLedger``; ``Retry`` when somebody else has used them meanwhile.
        """
        yield from self.read(name for name, _, _ in self._uses)
        used = {name: self._now[name] for name, _, _ in self._uses}
        yield from write_counted(self.ledger, self._stored, used)

    def _add(self, uses: Iterable[tuple[str, int, int | Fraction]]) -> None:
        for name, day, value in uses:
            self._now[name] = self._now.get(name, UNUSED).after(day, value)
