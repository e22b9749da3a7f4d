"""The dated entries of a counter: what any mapping does, with sums that a long history does not slow down."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import Value

DAYS = st.integers(min_value=738_000, max_value=738_200)
NUMBERS = st.one_of(st.integers(-50, 50), st.fractions(-5, 5, max_denominator=4))
VALUES: st.SearchStrategy[Value] = st.one_of(NUMBERS, st.tuples(st.text(max_size=2)))


def kept(entries: list[tuple[int, Value]]) -> Days:
    days = Days()
    for day, value in entries:
        days = days.put(day, value)
    return days


@given(st.lists(st.tuples(DAYS, VALUES), max_size=60))
def test_days_hold_what_was_put_in_last_in_the_order_of_the_days(
    entries: list[tuple[int, Value]],
) -> None:
    days, plain = kept(entries), dict(entries)
    assert list(days.items()) == sorted(plain.items(), key=lambda entry: entry[0])
    assert len(days) == len(plain)
    assert days == plain == Days(plain)


@given(st.lists(st.tuples(DAYS, NUMBERS), max_size=60), DAYS, DAYS)
def test_the_sum_of_a_stretch_is_the_sum_of_its_days(
    entries: list[tuple[int, int | Fraction]], first: int, after: int
) -> None:
    days = kept(list(entries))
    inside = [value for day, value in dict(entries).items() if first <= day < after]
    assert days.total_between(first, after) == sum(inside)
    assert days.total() == sum(dict(entries).values())


@given(st.lists(st.tuples(DAYS, VALUES), max_size=20), DAYS, VALUES)
def test_a_put_leaves_what_was_there_as_it_was(
    entries: list[tuple[int, Value]], day: int, value: Value
) -> None:
    days = kept(entries)
    days.put(day, value)
    assert days == dict(entries)
    assert days.total() == kept(entries).total()


def test_values_that_are_no_numbers_take_no_part_in_sums() -> None:
    days = Days({738_000: ("altona",), 738_001: 5})
    assert days.total() == days.total_between(738_000, 738_002) == 5


def test_days_of_days_are_these_and_of_nothing_are_none() -> None:
    days = Days({738_000: 1})
    assert Days.of(days) is days
    assert Days.of({738_000: 1}) == days
    assert len(Days.of(None)) == 0


def test_days_only_grow_unless_a_number_is_below_zero() -> None:
    assert Days({1: 5, 40: 0, 90: ("text",)}).only_grow()
    assert not Days({1: 5, 40: -1}).only_grow()
    assert not Days({40: -1}).put(40, 3).only_grow(), "it was once, which is all that is remembered"


@given(
    st.dictionaries(st.integers(1, 200), st.integers(0, 9)),
    st.integers(1, 200),
    st.integers(1, 200),
)
def test_the_days_of_a_stretch_are_those_in_it(
    entries: dict[int, int], first: int, after: int
) -> None:
    inside = sorted((day, value) for day, value in entries.items() if first <= day < after)
    assert list(Days(entries).between(first, after)) == inside
