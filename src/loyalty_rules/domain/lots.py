"""The open lots of one program. Immutable: a changed one shares nearly everything with the one before, and
knows sums and ends by spans, so that thousands of lots cost a member little more than ten."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, overload

from loyalty_rules.base.records import Record
from loyalty_rules.domain.funding import Funding

_SPAN_LOTS: Final = 32
"""So many lots stand together, and are copied together."""


class Lot(Record, frozen=True):
    """Points granted together; ``left`` is what is not yet spent, expired or taken back.

    It is gone at ``expires_at`` (``None``: it has no date of its own), or when the timer ``ends_with`` of the
    member falls due, if that is named and comes first. While it ``waits`` nobody can spend it; ``usable_at``
    is when that ends (``None``: not by time), and an event of the kind ``freed_by`` ends it earlier. Of a lot
    that does not wait, ``usable_at`` is since when (``None``: since it was opened). ``order`` is the
    purchase that opened it, if one did, ``funding`` who pays for what is left.
    """

    id: str
    granted: int
    left: int
    opened_at: datetime
    expires_at: datetime | None = None
    ends_with: str = ""
    waits: bool = False
    usable_at: datetime | None = None
    freed_by: str = ""
    order: str = ""
    funding: Funding = ()


class _Span(NamedTuple):
    """Neighbours by id, and what is asked of all of them at once."""

    lots: Mapping[str, Lot]
    usable: int
    waiting: int
    first_end: datetime | None
    timers: frozenset[str]


class Lots(Sequence[Lot]):
    """Lots in the order in which they were opened, each with an id of its own."""

    __slots__ = ("_length", "_spans")

    def __init__(self, lots: Iterable[Lot] = ()) -> None:
        every = list(lots)
        self._spans: tuple[_Span, ...] = tuple(
            _span({lot.id: lot for lot in every[start : start + _SPAN_LOTS]})
            for start in range(0, len(every), _SPAN_LOTS)
        )
        self._length = len(every)

    @classmethod
    def of(cls, lots: Iterable[Lot] | None) -> Lots:
        """Any lots as `Lots`; nothing as none."""
        if type(lots) is Lots:
            return lots
        return _NO_LOTS if lots is None else cls(lots)

    @property
    def usable(self) -> int:
        """The points of those that do not wait."""
        return sum([span.usable for span in self._spans])

    @property
    def waiting(self) -> int:
        """The points of those that wait."""
        return sum([span.waiting for span in self._spans])

    @property
    def first_end(self) -> datetime | None:
        """The earliest date on which one of them ends; ``None``: none has a date."""
        ends = [span.first_end for span in self._spans if span.first_end is not None]
        return min(ends, default=None)

    @property
    def timers(self) -> frozenset[str]:
        """The timers with which any of them end."""
        return frozenset[str]().union(*[span.timers for span in self._spans])

    def that_wait(self) -> Iterator[Lot]:
        """Those that nobody can spend yet."""
        for span in self._spans:
            if span.waiting:
                yield from (lot for lot in span.lots.values() if lot.waits)

    def that_may_end(self, before: datetime, timers: Collection[str] = ()) -> Iterator[Lot]:
        """Those that end at ``before`` or earlier, or with one of ``timers``; and neighbours of these."""
        for span in self._spans:
            is_dated = span.first_end is not None and span.first_end <= before
            if is_dated or not span.timers.isdisjoint(timers):
                yield from span.lots.values()

    def get(self, id: str) -> Lot | None:
        """The one of that id."""
        return next((span.lots[id] for span in self._spans if id in span.lots), None)

    def add(self, lot: Lot) -> Lots:
        """The same with one more, opened last; it must not be there."""
        assert self.get(lot.id) is None, f"the lot `{lot.id}` is there already"
        last = self._spans[-1] if self._spans else None
        if last is None or len(last.lots) >= _SPAN_LOTS:
            return self._with((*self._spans, _span({lot.id: lot})), 1)
        return self._with((*self._spans[:-1], _span({**last.lots, lot.id: lot})), 1)

    def put(self, lot: Lot) -> Lots:
        """The same with another lot in the place of that of its id."""
        place = self._place(lot.id)
        span = _span({**self._spans[place].lots, lot.id: lot})
        return self._with((*self._spans[:place], span, *self._spans[place + 1 :]), 0)

    def without(self, id: str) -> Lots:
        """The same without the one of that id."""
        place = self._place(id)
        rest = {key: lot for key, lot in self._spans[place].lots.items() if key != id}
        spans = (_span(rest),) if rest else ()
        return self._with((*self._spans[:place], *spans, *self._spans[place + 1 :]), -1)

    def _place(self, id: str) -> int:
        return next(place for place, span in enumerate(self._spans) if id in span.lots)

    def _with(self, spans: tuple[_Span, ...], more: int) -> Lots:
        changed = Lots()
        changed._spans, changed._length = spans, self._length + more
        return changed

    def __iter__(self) -> Iterator[Lot]:
        for span in self._spans:
            yield from span.lots.values()

    def __bool__(self) -> bool:
        return self._length > 0

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Lot: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Lot, ...]: ...
    def __getitem__(self, place: int | slice) -> Lot | tuple[Lot, ...]:
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lots | tuple):
            return NotImplemented
        return tuple(self) == tuple(other)

    def __repr__(self) -> str:
        return f"Lots({list(self)!r})"


_NO_LOTS: Final = Lots()


def _span(lots: Mapping[str, Lot]) -> _Span:
    every = lots.values()
    return _Span(
        lots,
        sum([lot.left for lot in every if not lot.waits]),
        sum([lot.left for lot in every if lot.waits]),
        min([lot.expires_at for lot in every if lot.expires_at is not None], default=None),
        frozenset([lot.ends_with for lot in every if lot.ends_with]),
    )
