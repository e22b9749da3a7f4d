"""Events held until all have come: the first as they are, the rest packed, all in business order at last."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator
from itertools import groupby, takewhile
from operator import itemgetter
from typing import Final, NamedTuple

from loyalty_rules.domain.canonical import digest
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.merges import MERGE
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.service.unlinked import skus_of

AS_THEY_ARE_MAX: Final = 200_000
"""So many events and lines of orders are held as objects, which is fastest (about 0.7 KB each). What comes
after them is packed to about a third of the room, for about twice the time."""


Name = tuple[str, str] | str
"""An id within its source; bare where there is no source, to keep a million of them small."""


def name_of(source: str, own: str) -> Name:
    """The name of an event or an order."""
    return (source, own) if source else own


class Asked:
    """What the returns of a history will ask for, so that nobody has to keep all orders."""

    def __init__(self) -> None:
        self._orders: set[Name] = set()
        self._items: dict[str, set[str]] = {}

    def add(self, event: Event) -> None:
        """Note what an event asks for, if it is a return."""
        if event.type not in RETURNS:
            return
        order = event.fields.get("order")
        if isinstance(order, str):
            self._orders.add(name_of(event.source, order))
        else:
            self._items.setdefault(event.member, set()).update(skus_of(event))

    def wants(self, purchase: Purchase) -> bool:
        """Whether a return asks for this order, or for any of its items."""
        if name_of(purchase.source, purchase.order or purchase.id) in self._orders:
            return True
        items = self._items.get(purchase.member)
        return items is not None and any(line.sku in items for line in purchase.lines)


class _Held(NamedTuple):
    """An event under its business key, which is spread out so that a million of them stay small."""

    instant: object
    sequence: int
    rank: int
    source: str
    id: str
    event: Event | bytes


_KEY: Final = itemgetter(0, 1, 2, 3, 4)


class HeldEvents:
    """Events in any order; `in_business_order` gives them back in theirs."""

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._weight = 0
        self._names: set[Name] = set()
        self.repeated: set[Name] = set()
        """The ids that came more than once; only of these the content must be looked at."""
        self.asked = Asked()
        self.has_merges = False

    def __len__(self) -> int:
        return len(self._held)

    def add(self, event: Event) -> None:
        """Hold one more."""
        self.asked.add(event)
        self.has_merges = self.has_merges or event.type == MERGE
        self._weight += 1 + (len(event.lines) if isinstance(event, Purchase) else 0)
        kept = event if self._weight <= AS_THEY_ARE_MAX else _pack(event)
        name = name_of(event.source, event.id)
        if name in self._names:
            self.repeated.add(name)
        self._names.add(name)
        self._held.append(_Held(*business_key(event), kept))

    def before(self, event: Event) -> Iterator[Event]:
        """The events before one in business order, without it or others of its id."""
        key, name = business_key(event), name_of(event.source, event.id)
        earlier = takewhile(lambda one: business_key(one) < key, self.in_business_order())
        return (one for one in earlier if name_of(one.source, one.id) != name)

    def in_business_order(self) -> Iterator[Event]:
        """Every event. Events of one key (one id used twice at one instant) come by their content, so that
        nothing hangs on the order in which they came."""
        self._held.sort(key=_KEY)
        for _, run in groupby(self._held, key=_KEY):
            same = [_unpack(one.event) for one in run]
            yield from same if len(same) == 1 else sorted(same, key=digest)


def _pack(event: Event) -> bytes:
    return zlib.compress(pickle.dumps(event, protocol=5), 1)


def _unpack(held: Event | bytes) -> Event:
    if isinstance(held, Event):
        return held
    event = pickle.loads(zlib.decompress(held))  # our own bytes, never left this process
    assert isinstance(event, Event)
    return event
