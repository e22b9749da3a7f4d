"""Networks of members who bring each other, and a plain model of what everybody is to have in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from loyalty_rules import Event, Ledger, RuleSet, parse_event
from tests.semantics.shop import rules

START = datetime(2026, 3, 1, 12, tzinfo=UTC)

_REFER = """
refer:
  type: referral
  qualifies: {event: purchase, when: order.total >= %s}
  levels_at_most: 3
  repeat: %s
  rewards:
    - {to: friend, give: {type: bonus, program: beans, points: 200}}
    - to: referrer
      level: 1
      give: {type: bonus, program: beans, points: 10, per: 1.00, of: order.total}
      limit: none
    - to: referrer
      level: {from: 2, through: 3}
      give: {type: bonus, program: beans, points: 1, per: 10, of: previous}
      ignore_below: 5
      limit: none
"""


def referring(*, repeat: bool, least: str = "30.00", points: str = "", more: str = "") -> RuleSet:
    """A friend gets 200, who brought him 10 for each euro of it, and each above a tenth of the one below."""
    rule = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"
    return rules(
        rule,
        points="transfers: {limit: none}" + points,
        more=more,
        programs=_REFER % (least, "true" if repeat else "false"),
    )


@dataclass(slots=True)
class Order:
    """What a member bought: euros of each line, and which of them came back."""

    id: str
    member: str
    at: datetime
    lines: tuple[int, ...]
    back: dict[int, datetime] = field(default_factory=dict)

    def left(self, at: datetime | None = None) -> int:
        """Euros that are left of it, at an instant or in the end."""
        gone = {line for line, when in self.back.items() if at is None or when <= at}
        return sum(n for line, n in enumerate(self.lines) if line not in gone)


@dataclass(slots=True)
class Network:
    """Who was brought by whom, and all orders."""

    brought_by: dict[str, str]
    orders: list[Order]
    repeat: bool

    def links(self) -> Iterator[Event]:
        for number, (friend, above) in enumerate(self.brought_by.items()):
            at = START - timedelta(days=30) + timedelta(minutes=number)
            yield event(f"link-{friend}", "referral", above, at, friend=friend)

    def events(self) -> Iterator[Event]:
        """Orders and what came back of them, each in order of its member."""
        for one in self.orders:
            lines = [
                {"id": str(n), "quantity": 1, "amount": f"{euros}.00"}
                for n, euros in enumerate(one.lines)
            ]
            yield event(one.id, "purchase", one.member, one.at, currency="EUR", lines=lines)
            for line, at in one.back.items():
                back = [{"line": str(line), "quantity": 1}]
                name = f"{one.id}-back-{line}"
                yield event(name, "return", one.member, at, order=one.id, lines=back)

    def points(self) -> dict[str, int]:
        """What everybody is to have, by the words of the rule set alone."""
        found: dict[str, int] = {}
        for one in self.orders:
            found[one.member] = found.get(one.member, 0) + one.left()
        for one in self._qualifying():
            found[one.member] += 200
            member, points = self.brought_by.get(one.member), 10 * one.left()
            for _ in range(3):
                if member is None:
                    break
                found[member] = found.get(member, 0) + points
                points = points // 10 if points / 10 >= 5 else 0
                member = self.brought_by.get(member)
        return found

    def _qualifying(self) -> Iterator[Order]:
        for friend in self.brought_by:
            yield from self._of(sorted((o for o in self.orders if o.member == friend), key=_time))

    def _of(self, orders: list[Order]) -> Iterator[Order]:
        if self.repeat:
            yield from (one for one in orders if one.left() >= 30)
            return
        present: Order | None = None
        for one in orders:
            if present is not None and present.left(one.at) < 30:
                present = None
            if present is None and one.left(one.at) >= 30:
                present = one
        if present is not None and present.left() >= 30:
            yield present


def _time(order: Order) -> datetime:
    return order.at


def event(id: str, type: str, member: str, at: datetime, **fields: object) -> Event:
    head = {"id": id, "type": type, "member": member, "occurred_at": at.isoformat()}
    return parse_event({**head, **fields})


def network(random: Random, *, repeat: bool, members: int = 6, orders: int = 9) -> Network:
    """A forest of members, and orders of theirs of which some lines come back later."""
    names = [f"m-{number}" for number in range(members)]
    brought = {
        name: names[random.randrange(number)]
        for number, name in enumerate(names)
        if number and random.random() < 0.85
    }
    found: list[Order] = []
    for number in range(orders):
        at = START + timedelta(hours=random.randrange(0, 600), seconds=number)
        lines = tuple(random.choice((5, 10, 20, 31, 47)) for _ in range(random.randint(1, 3)))
        one = Order(f"o-{number}", random.choice(names), at, lines)
        for line in range(len(lines)):
            if random.random() < 0.25:
                one.back[line] = at + timedelta(hours=random.randrange(1, 300), seconds=line + 1)
        found.append(one)
    return Network(brought, found, repeat)


def totals(ledger: Ledger, members: Iterable[str]) -> dict[str, int]:
    """What members have, less what they owe; nothing left out."""
    found = {member: int(ledger.balance(member)["beans"].total) for member in members}
    return {member: points for member, points in found.items() if points}
