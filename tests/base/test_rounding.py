"""Rounding is exact in every mode, on both sides of zero."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.base.rounding import ROUNDINGS, Mode, round_exact

DECIMAL_MODES: dict[Mode, str] = {
    "floor": ROUND_FLOOR,
    "ceil": ROUND_CEILING,
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
}
numbers = st.fractions(min_value=-(10**15), max_value=10**15, max_denominator=10**6)
modes = st.sampled_from(sorted(ROUNDINGS))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("12.50", (12, 13, 13, 12), id="a half above an even number"),
        pytest.param("13.50", (13, 14, 14, 14), id="a half above an odd number"),
        pytest.param("-12.50", (-13, -12, -13, -12), id="a half below zero goes away from it"),
        pytest.param("-0.50", (-1, 0, -1, 0), id="minus a half"),
        pytest.param(
            "0.4999999999999999999999", (0, 1, 0, 0), id="no float could tell it from 0.5"
        ),
        pytest.param("29.985", (29, 30, 30, 30), id="19.99 x 1.5"),
        pytest.param("7", (7, 7, 7, 7), id="whole already"),
    ],
)
def test_e03_the_four_modes(value: str, expected: tuple[int, ...]) -> None:
    exact = Fraction(value)
    assert tuple(round_exact(exact, mode) for mode in ROUNDINGS) == expected


def test_e04_what_binary_floats_get_wrong() -> None:
    assert round_exact(Fraction("4.35") * 100, "floor") == 435
    assert round_exact(Fraction("0.29") * 100, "floor") == 29


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=3), modes)
def test_every_mode_is_the_one_that_decimal_arithmetic_knows(value: Decimal, mode: Mode) -> None:
    expected = int(value.to_integral_value(DECIMAL_MODES[mode]))
    assert round_exact(Fraction(value), mode) == expected


@given(numbers, modes)
def test_rounding_moves_a_number_by_less_than_one(value: Fraction, mode: Mode) -> None:
    assert abs(round_exact(value, mode) - value) < 1


@given(numbers)
def test_a_reversal_is_rounded_like_its_award(value: Fraction) -> None:
    assert round_exact(-value, "half_up") == -round_exact(value, "half_up")
    assert round_exact(-value, "half_even") == -round_exact(value, "half_even")
    assert round_exact(-value, "floor") == -round_exact(value, "ceil")


@given(st.integers(), modes)
def test_a_whole_number_stays_as_it_is(value: int, mode: Mode) -> None:
    assert round_exact(value, mode) == round_exact(Fraction(value), mode) == value
