"""Shares sum to the whole, each within one unit of its quota."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.base.rounding import ROUNDINGS, Mode, round_exact
from loyalty_rules.base.shares import split, whole_parts

weights = st.lists(
    st.one_of(
        st.integers(0, 10**15), st.fractions(min_value=0, max_value=10**6, max_denominator=999)
    ),
    min_size=1,
    max_size=12,
)
totals = st.integers(-(10**15), 10**15)


def quotas(total: int, parts: list[Fraction | int]) -> list[Fraction]:
    whole = sum(parts, Fraction(0))
    if whole == 0:
        return [Fraction(total, len(parts))] * len(parts)
    return [total * Fraction(part) / whole for part in parts]


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        pytest.param(
            50_00, (120, 230, 300), (923, 1769, 2308), id="E10: the odd cent goes to the third"
        ),
        pytest.param(10_00, (50, 50, 50), (334, 333, 333), id="E11: of equal remainders the first"),
        pytest.param(
            13, (Fraction("10.01"), Fraction("2.99")), (10, 3), id="two rules, one rounding"
        ),
        pytest.param(50, (300, 150), (33, 17), id="E65: a household's pool"),
        pytest.param(5, (0, 0), (3, 2), id="weights of zero count as equal"),
        pytest.param(5, (0, 1, 0), (0, 5, 0), id="nothing for a weight of zero beside another"),
        pytest.param(
            -1000, (1, 1, 1), (-334, -333, -333), id="a negative total mirrors its opposite"
        ),
        pytest.param(0, (), (), id="nothing over nobody"),
        pytest.param(7, (0,), (7,), id="one takes all"),
    ],
)
def test_worked_examples(
    total: int, parts: tuple[Fraction | int, ...], expected: tuple[int, ...]
) -> None:
    assert split(total, parts) == expected


@given(totals, weights)
def test_shares_sum_to_the_whole(total: int, parts: list[Fraction | int]) -> None:
    assert sum(split(total, parts)) == total


@given(totals, weights)
def test_each_share_is_within_one_unit_of_its_quota(
    total: int, parts: list[Fraction | int]
) -> None:
    pairs = zip(split(total, parts), quotas(total, parts), strict=True)
    assert all(abs(share - quota) < 1 for share, quota in pairs)


@given(st.integers(0, 10**9), weights)
def test_no_smaller_remainder_is_served_before_a_larger_one(
    total: int, parts: list[Fraction | int]
) -> None:
    exact = quotas(total, parts)
    shares = split(total, parts)
    up = [i for i, share in enumerate(shares) if share > exact[i]]
    down = [i for i, share in enumerate(shares) if share < exact[i]]
    assert all((exact[u] % 1, -u) > (exact[d] % 1, -d) for u in up for d in down)


@given(totals, weights, st.fractions(min_value="1/1000", max_value=1000))
def test_only_the_proportion_of_weights_counts(
    total: int, parts: list[Fraction | int], scale: Fraction
) -> None:
    assert split(total, [part * scale for part in parts]) == split(total, parts)


@pytest.mark.parametrize("parts", [(-1,), (1, -1), (Fraction(-1, 3), 2)])
def test_a_negative_weight_is_an_error(parts: tuple[Fraction | int, ...]) -> None:
    with pytest.raises(ValueError, match="a weight must not be negative"):
        split(10, parts)


def test_a_total_that_nobody_takes_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to share 10 over"):
        split(10, ())


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=8),
    st.integers(1, 1000),
    st.sampled_from(sorted(ROUNDINGS)),
)
def test_whole_parts_sum_to_the_rounded_total_and_stay_next_to_the_exact_ones(
    numerators: list[int], denominator: int, mode: Mode
) -> None:
    total = round_exact(Fraction(sum(numerators), denominator), mode)
    parts = whole_parts(total, numerators, denominator)
    assert sum(parts) == total
    for part, numerator in zip(parts, numerators, strict=True):
        assert part == numerator // denominator or (
            numerator % denominator and part == numerator // denominator + 1
        )
