"""The dated entries of one counter. Immutable: a changed one shares nearly everything with the one before,
and knows the sum of any stretch of days, so that a long history costs a member's next event nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from loyalty_rules.domain.effects import Value

_SPAN_DAYS: Final = 32
"""So many days stand together, and are copied together."""


_Span = tuple[Mapping[int, Value], int | Fraction, int, int, bool]
"""The entries of neighbouring days, the sum of those that are numbers, the first day and the last, and
whether a number was ever below zero. (A tuple without names is made in a tenth of the time.)"""

_EMPTY: Final[_Span] = ({}, 0, sys.maxsize, 0, False)


class Days(Mapping[int, Value]):
    """Values by local day, in the order of their days."""

    __slots__ = ("_spans",)

    def __init__(self, entries: Mapping[int, Value] | None = None) -> None:
        self._spans: dict[int, _Span] = {}
        for day, value in (entries or {}).items():
            _put(self._spans, day, value)

    @classmethod
    def of(cls, entries: Mapping[int, Value] | None) -> Days:
        """Any entries as `Days`; nothing as no days."""
        if type(entries) is Days:
            return entries
        return cls(entries) if entries else _NO_DAYS

    def at(self, day: int) -> Value:
        """The value of a day, None if it has none."""
        return self._spans.get(day // _SPAN_DAYS, _EMPTY)[0].get(day)

    def put(self, day: int, value: Value) -> Days:
        """The same with another value for one day."""
        changed = Days.__new__(Days)
        changed._spans = self._spans.copy()
        _put(changed._spans, day, value)
        return changed

    def without(self, day: int) -> Days:
        """The same without what stands at one day."""
        return Days({other: value for other, value in self.items() if other != day})

    def plain(self) -> dict[int, Value]:
        """The same as a dict, in the order of the days."""
        spans = [self._spans[number][0] for number in sorted(self._spans)]
        return {day: value for entries in spans for day, value in sorted(entries.items())}

    def total(self) -> int | Fraction:
        """The sum of the numbers of all days."""
        return sum([span[1] for span in self._spans.values()])

    def total_between(self, first: int, after: int) -> int | Fraction:
        """The sum of the numbers from the day ``first`` up to ``after`` (excluded)."""
        found = list[int | Fraction]()
        for entries, total, begin, end, _ in self._spans.values():
            if first <= begin and end < after:
                found.append(total)
            elif first <= end and begin < after:
                found += [
                    value if type(value) is int else _number(value)
                    for day, value in entries.items()
                    if first <= day < after
                ]
        return sum(found)

    def only_grow(self) -> bool:
        """Whether no number is below zero (nor was since these days were read), so that more days never sum
        to less."""
        return not any(span[4] for span in self._spans.values())

    def between(self, first: int, after: int) -> Iterator[tuple[int, Value]]:
        """The entries from the day ``first`` up to ``after`` (excluded), in the order of their days."""
        spans = range(first // _SPAN_DAYS, (after - 1) // _SPAN_DAYS + 1)
        for number in sorted(one for one in self._spans if one in spans):
            for day, value in sorted(self._spans[number][0].items()):
                if first <= day < after:
                    yield day, value

    def __getitem__(self, day: int) -> Value:
        return self._spans.get(day // _SPAN_DAYS, _EMPTY)[0][day]

    def __contains__(self, day: object) -> bool:
        return isinstance(day, int) and day in self._spans.get(day // _SPAN_DAYS, _EMPTY)[0]

    def __iter__(self) -> Iterator[int]:
        for number in sorted(self._spans):
            yield from sorted(self._spans[number][0])

    def __bool__(self) -> bool:
        return bool(self._spans)  # none of which is empty

    def __len__(self) -> int:
        return sum(len(span[0]) for span in self._spans.values())

    def __repr__(self) -> str:
        return f"Days({dict(self)!r})"


_NO_DAYS: Final = Days()


def _put(spans: dict[int, _Span], day: int, value: Value) -> None:
    """Put a value into ``spans``; those that stand there are not changed but replaced."""
    entries, total, first, last, below = spans.get(day // _SPAN_DAYS, _EMPTY)
    number = _number(value)
    if day in entries:
        total -= _number(entries[day])
    first, last = day if day < first else first, day if day > last else last
    total, below = total + number, below or number < 0
    spans[day // _SPAN_DAYS] = ({**entries, day: value}, total, first, last, below)


def _number(value: Value) -> int | Fraction:
    if type(value) is int:  # nearly always
        return value
    return value if isinstance(value, (int, Fraction)) else 0
