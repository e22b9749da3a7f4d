"""Spend programs: a give for each full step of money spent. The examples stand in docs/programs/spend.md."""

from __future__ import annotations

import pytest

from tests.semantics.shop import decide, history, purchase, rules


def back(window: str = "month", rest: str = "carry", give: str = "", more: str = "") -> str:
    give = give or "{type: bonus, program: beans, points: 5}"
    return f"""\
back:
  type: spend
  window: {window}
  per_full: 100.00
  rest: {rest}
  give: {give}
  {more}
"""


NOTHING = "{id: none, event: signup, give: {type: bonus, program: beans, points: 1}}"


@pytest.mark.parametrize(
    ("amount", "expected"), [("99.99", 0), ("100.00", 5), ("250.00", 10), ("0.00", 0)]
)
def test_each_full_step_pays_once(amount: str, expected: int) -> None:
    decision = decide(rules(NOTHING, programs=back()), purchase(amount))
    assert decision.points["beans"] == expected


def test_what_is_left_of_a_step_counts_for_the_next_purchase() -> None:
    decisions = history(
        rules(NOTHING, programs=back()),
        [purchase("250.00", id="a"), purchase("49.99", id="b"), purchase("0.01", id="c")],
    )
    assert [decision.points["beans"] for decision in decisions] == [10, 0, 5]


@pytest.mark.parametrize(("rest", "expected"), [("carry", 5), ("drop", 0)])
def test_the_rest_of_a_month_is_carried_or_dropped(rest: str, expected: int) -> None:
    """250.00 on the last evening of January leave 50.00; 60.00 come a minute into February."""
    _, last = history(
        rules(NOTHING, programs=back(rest=rest)),
        [
            purchase("250.00", id="a", at="2026-01-31T22:59:30Z"),
            purchase("60.00", id="b", at="2026-01-31T23:00:30Z"),
        ],
    )
    assert last.points["beans"] == expected


def test_within_one_month_two_purchases_fill_a_step_together() -> None:
    _, last = history(
        rules(NOTHING, programs=back(rest="drop")),
        [
            purchase("250.00", id="a", at="2026-01-31T22:00:00Z"),
            purchase("60.00", id="b", at="2026-01-31T22:59:59Z"),
        ],
    )
    assert last.points["beans"] == 5


def test_a_share_of_what_was_spent() -> None:
    """2 % back as points of a cent: 2 points for every 1.00 of each full 100.00."""
    give = "{type: points, program: beans, points: 2, per: 1.00, of: spent}"
    decision = decide(rules(NOTHING, programs=back(give=give)), purchase("250.00"))
    assert decision.points["beans"] == 400


def test_with_window_order_nothing_is_remembered() -> None:
    decisions = history(
        rules(NOTHING, programs=back(window="order", rest="drop")),
        [purchase("99.99", id="a"), purchase("100.00", id="b")],
    )
    assert [decision.points["beans"] for decision in decisions] == [0, 5]


def test_only_chosen_lines_count() -> None:
    more = "items: item.category == 'coffee'"
    event = purchase(
        {"amount": "99.00", "category": "coffee"}, {"amount": "500.00", "category": "books"}
    )
    assert decide(rules(NOTHING, programs=back(more=more)), event).points["beans"] == 0


def test_a_limit_caps_what_steps_pay() -> None:
    decision = decide(
        rules(NOTHING, programs=back(more="limit: {points: 12, per: month}")), purchase("1000.00")
    )
    assert decision.points["beans"] == 12


def test_words_of_the_program_tell_what_was_spent_and_what_is_missing() -> None:
    near = (
        "{id: near, event: purchase, when: back.missing <= 20.00 and back.spent >= 80.00, "
        "give: {type: bonus, program: beans, points: 1}}"
    )
    decisions = history(
        rules(near, programs=back()),
        [purchase("80.00", id="a"), purchase("1.00", id="b")],
    )
    assert [decision.points["beans"] for decision in decisions] == [0, 1]


PIECES = """\
cups:
  type: spend
  of: quantity
  window: month
  per_full: 10
  rest: drop
  give: {type: bonus, program: beans, points: 2, per: 1, of: spent}
regulars:
  type: tiers
  window: month
  levels: [{id: new}, {id: known, at: {cups.spent: 7}}]
  keep: {through: window}
"""


def test_steps_of_pieces_are_counted_and_told_in_pieces() -> None:
    """6 cups and 1 and 3: the tenth fills the step of 10, which gives 2 for each of its pieces."""

    def bonus(name: str, points: int, when: str) -> str:
        give = f"{{type: bonus, program: beans, points: {points}}}"
        return f"{{id: {name}, event: purchase, when: {when}, give: {give}}}"

    rule_set = rules(
        bonus("five-so-far", 100, "cups.spent >= 5"),
        bonus("three-to-go", 1000, "cups.missing <= 3"),
        bonus("regular", 10000, "regulars.level == 'known'"),
        programs=PIECES,
    )
    events = [
        purchase({"amount": "1.00", "quantity": number}, id=f"p-{number}") for number in (6, 1, 3)
    ]
    decisions = history(rule_set, events)
    assert [decision.points["beans"] for decision in decisions] == [0, 100, 11120]
    told = [str(decision.explain()) for decision in decisions]
    assert "the step of 10 is not full yet: 4 missing" in told[0]
    assert "`cups.spent >= 5`: yes, it was 6" in told[1]
    assert "1 of cups.spent missing (it asks for 7 of cups.spent, the member has 6)" in told[0]
