"""Spend programs: whole steps of money within a window, with the rest carried or dropped."""

from __future__ import annotations

from fractions import Fraction

import pytest

from loyalty_rules.base.period import Window
from loyalty_rules.domain.vocabulary import MONEY
from loyalty_rules.engine.model import Counter, SpendAccount, Term
from tests.engine.build import EVER, ONE, Build, box, decided, points, purchase, run

AMOUNT = (Term(ONE, "amount"),)


def back(window: Window = EVER, rest="carry", seen=None):
    """5 points for each full 100.00."""
    b = Build()
    counter = Counter("back.spent", MONEY, events=("purchase",), adds=AMOUNT)
    rules = [b.rule("back", b.award("bonus", 5, per_full=10000, of=AMOUNT, carried="back.carried"))]
    if seen is not None:
        rules.append(
            b.rule(
                "look",
                when=lambda f, row: seen.append((f["back.spent"], f["back.missing"])) or False,
            )
        )
    spend = SpendAccount("back", counter.id, window, Fraction(10000), rest)
    return b.plan(*rules, counters=(counter,), spend_accounts=(spend,))


@pytest.mark.parametrize(("spent", "expected"), [("99.99", 0), ("100.00", 5), ("250.00", 10)])
def test_only_full_steps_are_paid(spent, expected):
    assert points(decided(back(), purchase(spent))) == expected


def test_the_rest_counts_with_the_next_order():
    first, second = run(back(), purchase("250.00", id="1"), purchase("50.00", id="2"))
    assert (points(first), points(second)) == (10, 5)


JANUARY = purchase("150.00", at="2026-01-31T12:00:00+00:00", id="1")
FEBRUARY = purchase("50.00", at="2026-02-01T12:00:00+00:00", id="2")


@pytest.mark.parametrize(("rest", "expected"), [("carry", 5), ("drop", 0)])
def test_at_the_edge_of_a_window_the_rest_is_carried_or_dropped(rest, expected):
    _, second = run(back(box("month"), rest), JANUARY, FEBRUARY)
    assert points(second) == expected


@pytest.mark.parametrize(("rest", "before"), [("carry", (5000, 5000)), ("drop", (0, 10000))])
def test_the_words_spent_and_missing(rest, before):
    seen = []
    plan = back(box("month"), rest, seen)
    run(plan, JANUARY, FEBRUARY, purchase("1.00", at="2026-02-02T12:00:00+00:00", id="3"))
    assert seen[0] == (0, 10000)
    assert seen[1] == before, "in February, before the second order"
    spent, missing = before
    assert seen[2] == (spent + 5000, 10000 if rest == "carry" else missing - 5000)


def test_steps_within_one_order_begin_with_nothing():
    first, second = run(
        back(box("order"), "drop"), purchase("150.00", id="1"), purchase("150.00", id="2")
    )
    assert (points(first), points(second)) == (5, 5)


def test_a_late_order_never_pays_a_step_twice():
    plan = back(box("month"), "drop")
    outcomes = run(
        plan,
        purchase("100.00", at="2026-01-20T12:00:00+00:00", id="1"),
        purchase("50.00", at="2026-01-10T12:00:00+00:00", id="2"),
        purchase("50.00", at="2026-01-11T12:00:00+00:00", id="3"),
    )
    assert [points(one) for one in outcomes] == [5, 0, 5]
