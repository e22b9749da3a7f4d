"""Events of a scenario: the shape that events are sent in, with everything filled in that goes without
saying, and mistakes at their places in the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.base.suggest import did_you_mean, nearest
from loyalty_rules.domain.codec import keys_of, parse_event
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Event, Line, Purchase
from loyalty_rules.domain.kinds import DERIVED_KINDS, OWN_KINDS
from loyalty_rules.domain.orders import KNOWN_LINE_KEYS
from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.forms import read_instant
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar, Sequence
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.testing.scenarios.model import ALONE, PlacedEvent

SHORT: Final = "purchase"
"""``purchase: 45.00`` is an order of one line."""

_NAMES: Final = frozenset(
    {"id", "member", "order", "line", "sku", "redemption", "friend", "store", "partner"}
    | {"into", "to", "household"}
)
"""Keys whose value is a name, also where it looks like a number."""

_WITH_ITEMS: Final = (SHORT, "redemption")
"""Events whose lines are those of an order: what is bought, and what a reward is taken for."""

_NO_TYPE: Final = "write `type: signup`, or another kind; `purchase: 45.00` is an order of one line"

_PATH = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(slots=True)
class EventReader:
    """Reads the events of one scenario in their order. ``members`` are those whom it names."""

    rules: RuleSet
    members: tuple[str, ...]
    findings: Findings
    _counts: Counter[str] = field(default_factory=Counter)
    _orders: dict[str, Purchase] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)

    def read(self, node: Node, at: datetime, place: int = 0) -> PlacedEvent | None:
        """The event of a map, at ``at`` unless it says its own instant; None where it has a mistake.
        ``place``: so many events of its step stand before it."""
        if not isinstance(node, Mapping):
            return None  # its shape was reported
        kind = self._kind(node)
        if kind is None or not self._known_keys(node, kind):
            return None
        plain: dict[str, object] = {
            key.text: _plain(value, key.text) for key, value in node if key.text != SHORT
        }
        plain["type"] = kind.name
        self._fill(plain, node, kind.name)
        # of one instant, what is written first happens first; an event sent again is the same event
        place = self._places.setdefault(str(plain["id"]), place)
        if place and node.get("occurred_at") is None:
            plain.setdefault("sequence", place)
        if not self._time(plain, node, at) or not self._member(plain, node):
            return None
        return self._parsed(plain, node)

    def cart(self, node: Mapping, member: str, at: datetime) -> Event | None:
        """The cart of a quote, whose lines stand in ``node``: a redemption that names nothing."""
        own = {"type": "redemption", "id": "quote", "member": member}
        place = (node.start, node.end, node.source)
        head = ((Scalar(k, "plain", *place), Scalar(v, "plain", *place)) for k, v in own.items())
        lines = (entry for entry in node.entries if entry[0].text == "lines")
        placed = self.read(Mapping((*head, *lines), *place), at)
        return None if placed is None else placed.event

    def _parsed(self, plain: dict[str, object], node: Mapping) -> PlacedEvent | None:
        try:
            event = parse_event(plain)
        except EventError as problem:
            self.findings.add("bad_event", place_of(node, problem.path), problem.reason)
            return None
        if isinstance(event, Purchase):
            self._orders.setdefault(event.order, event)
        return PlacedEvent(event, span_of(node))

    def _kind(self, node: Mapping) -> EventKind | None:
        kinds = {
            kind.name: kind
            for kind in self.rules.plan.model.kinds
            if kind.name not in (*OWN_KINDS, *DERIVED_KINDS)
        }
        written = node.get("type")
        short = node.get(SHORT)
        if short is not None and written is None:
            return kinds[SHORT] if self._is_short(short) else None
        if not isinstance(written, Scalar):
            near = next((key.text for key, _ in node if nearest(key.text, [SHORT])), None)
            help = f"did you mean `{SHORT}`?" if near else _NO_TYPE
            self.findings.add("missing_key", span_of(node), "this event says no `type`", help)
            return None
        if written.text not in kinds:
            help = did_you_mean(written.text, kinds)
            self.findings.add("unknown_event", written, f"unknown event `{written.text}`", help)
            return None
        return kinds[written.text]

    def _is_short(self, node: Node) -> bool:
        if isinstance(node, Scalar) and node.number is not None:
            return True
        help = "write `purchase: 45.00`, or `type: purchase` and `lines:`"
        message = "`purchase` is the amount of an order of one line"
        self.findings.add("wrong_type", node, message, help)
        return False

    def _known_keys(self, node: Mapping, kind: EventKind) -> bool:
        """Whether every key of the event and of its lines means something."""
        known = {*keys_of(kind.name), *(one.name for one in kind.fields)}
        if node.get("type") is None:
            known.add(SHORT)
        found = list(self._unknown(node, known))
        lines = node.get("lines")
        if kind.name in _WITH_ITEMS and isinstance(lines, Sequence):
            of_lines = {*KNOWN_LINE_KEYS, *(one.name for one in kind.item_fields)}
            for line in lines:
                if isinstance(line, Mapping):
                    found += self._unknown(line, of_lines)
        return not found

    def _unknown(self, node: Mapping, known: set[str]) -> Iterator[Scalar]:
        for key, _ in node:
            if key.text not in known:
                help = did_you_mean(key.text, known)
                self.findings.add("unknown_key", key, f"unknown key `{key.text}`", help)
                yield key

    def _fill(self, plain: dict[str, object], node: Mapping, kind: str) -> None:
        """What goes without saying: id, currency, quantities, the lines of a whole return."""
        self._counts[kind] += 1
        plain.setdefault("id", f"{kind}-{self._counts[kind]}")
        if kind in _WITH_ITEMS and (node.get("lines") or kind == SHORT):
            plain.setdefault("currency", self.rules.plan.model.currency.code)
            short = node.get(SHORT)
            if isinstance(short, Scalar):
                plain.setdefault("lines", [{"amount": short.value}])
            for line in _maps(plain.get("lines")):
                line.setdefault("quantity", 1)
        if kind == "return":
            order = self._orders.get(str(plain.get("order")))
            if order is not None:
                _fill_return(plain, order)

    def _time(self, plain: dict[str, object], node: Mapping, at: datetime) -> bool:
        written = node.get("occurred_at")
        if isinstance(written, Scalar):
            own = read_instant(written.text, self.rules.plan.zone)
            if isinstance(own, str):
                message = f"`{written.text}` is not an instant"
                self.findings.add("wrong_form", written, message, own)
                return False
            at = own
        plain["occurred_at"] = at.isoformat()
        return True

    def _member(self, plain: dict[str, object], node: Mapping) -> bool:
        written = node.get("member")
        if written is None:
            if len(self.members) > 1:
                help = f"write `member: {self.members[0]}`, or another of them"
                message = "this event does not say whose it is"
                self.findings.add("missing_key", span_of(node), message, help)
                return False
            plain["member"] = self.members[0] if self.members else ALONE
        elif self.members and plain["member"] not in self.members:
            message = f"unknown member `{plain['member']}`"
            help = did_you_mean(str(plain["member"]), self.members)
            self.findings.add("unknown_name", written, message, help)
            return False
        return True


def span_of(node: Mapping) -> Span:
    """Where a reader looks for a map: its first entry."""
    if not node.entries:
        return node.span
    key, value = node.entries[0]
    return node.source.span(key.start, value.end if isinstance(value, Scalar) else key.end)


def place_of(node: Mapping, path: str) -> Span | Node:
    """The place of ``lines[0].amount`` in an event, or the nearest above it."""
    here: Node = node
    for number, name in _PATH.findall(path):
        inner: Node | None = None
        if isinstance(here, Sequence) and number and int(number) < len(here.items):
            inner = here.items[int(number)]
        elif isinstance(here, Mapping) and name:
            inner = here.get(name) or (here.get(SHORT) if name == "lines" else None)
        if inner is None:
            break
        here = inner
    return span_of(here) if isinstance(here, Mapping) else here


def _plain(node: Node, key: str) -> object:
    """A node as a program would send it."""
    if isinstance(node, Scalar):
        return node.text if key in _NAMES else node.value
    if isinstance(node, Sequence):
        return [_plain(item, key) for item in node]
    return {inner.text: _plain(value, inner.text) for inner, value in node}


def _maps(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


def _fill_return(plain: dict[str, object], order: Purchase) -> None:
    """A return without lines is of the whole order; a line without a quantity is all of that line."""
    bought: dict[str, Line] = {line.id: line for line in order.lines}
    plain.setdefault("lines", [{"line": name} for name in bought])
    for line in _maps(plain["lines"]):
        whole = bought.get(str(line.get("line")))
        if whole is not None:
            line.setdefault("quantity", Decimal(whole.quantity))
