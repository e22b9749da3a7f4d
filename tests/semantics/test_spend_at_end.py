"""Spend programs that are paid when their window closes, or that are counted again when a purchase comes
back. The examples stand in docs/programs/spend.md."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.semantics.shop import outcome, rules
from tests.semantics.test_challenge import Life

NOTHING = "{id: none, event: signup, give: {type: bonus, program: beans, points: 1}}"


def paid(*more: str, window: str = "month", step: str = "100.00", give: str = "") -> Life:
    give = give or "{type: bonus, program: beans, points: 5}"
    lines = ["type: spend", f"window: {window}", f"per_full: {step}", "pays: at_end"]
    text = "".join(f"  {line}\n" for line in [*lines, f"give: {give}", *more])
    return Life(rules(NOTHING, programs=f"back:\n{text}"))


def given_at(life: Life, to: str) -> dict[str, object]:
    """What passes until an instant gives, by the days of UTC on which it does."""
    found = {}
    for passed in life.pass_to(to):
        found[f"{passed.event.occurred_at:%m-%d %H:%M}"] = passed.points.get("beans", 0)
    return found


YEARLY = "{type: bonus, program: beans, points: 1, per: 1.00, of: spent}"


@pytest.mark.parametrize(
    ("amounts", "given"),
    [(["120.00", "35.00"], 150), (["49.99"], 0), (["300.00", "250.00"], 400)],
)
def test_a_year_is_paid_once_at_its_end(amounts: list[str], given: int) -> None:
    more = ("rest: drop", "limit: {points: 400, per: year}")
    life = paid(*more, window="year", step="50.00", give=YEARLY)
    for number, amount in enumerate(amounts, 1):
        assert life.day(f"03-0{number}", amount).points["beans"] == 0
    assert given_at(life, "2026-12-31T23:59:59+01:00") == {}
    assert given_at(life, "2027-01-01T00:00:00+01:00") == {"12-31 23:00": given}
    assert life.balance == given


def test_what_is_left_of_a_month_is_carried() -> None:
    life = paid("rest: carry")
    life.day("01-10", "250.00")
    assert given_at(life, "2026-02-01T00:00:00+01:00") == {"01-31 23:00": 10}
    life.day("02-10", "60.00")
    assert given_at(life, "2026-04-30T00:00:00+02:00") == {"02-28 23:00": 5}
    life.day("05-10", "89.99")
    assert given_at(life, "2026-06-01T00:00:00+02:00") == {"05-31 22:00": 0}
    life.day("06-10", "0.01")
    assert given_at(life, "2026-07-01T00:00:00+02:00") == {"06-30 22:00": 5}


def test_a_month_is_paid_before_the_next_purchase_if_nobody_advanced_the_clock() -> None:
    life = paid("rest: drop")
    life.day("01-10", "250.00")
    february = life.day("02-10", "60.00")
    assert [one.points for one in february.outcome.passed] == [{"beans": 10}]
    assert outcome(february, "back")[:2] == ("not_gave", "not_reached")
    assert life.balance == 10


@pytest.mark.parametrize(("on_return", "taken"), [("recount", -5), ("frozen", 0)])
def test_a_return_after_the_window_was_paid(on_return: str, taken: int) -> None:
    life = paid("rest: carry", f"on_return: {on_return}")
    life.day("01-10", "100.00")
    life.day("01-11", "120.00")
    life.pass_to("2026-02-01T00:00:00+01:00")
    assert life.balance == 10
    assert life.cancel("01-11", "2026-02-10T12:00:00Z").points["beans"] == taken
    assert life.balance == 10 + taken
    life.day("02-11", "99.99")
    life.pass_to("2026-03-01T00:00:00+01:00")
    assert life.balance == 10 + taken


def test_a_return_reaches_the_months_that_lived_on_what_was_carried() -> None:
    """150.00 carry 50.00 into February, where 50.00 more fill a step. Without the 150.00 both are lost."""
    life = paid("rest: carry")
    life.day("01-10", "150.00")
    life.day("02-10", "50.00")
    life.pass_to("2026-03-01T00:00:00+01:00")
    assert life.balance == 10
    assert life.cancel("01-10", "2026-03-10T12:00:00Z").points["beans"] == -10
    assert life.balance == 0


def test_a_return_before_the_window_closes_is_not_paid() -> None:
    life = paid("rest: drop")
    life.day("01-10", "100.00")
    life.cancel("01-10", "2026-01-20T12:00:00Z")
    assert given_at(life, "2026-03-01T00:00:00Z") == {}


@pytest.mark.parametrize("rest", ["carry", "drop"])
def test_what_was_paid_stays_as_it_was_when_all_of_the_present_window_comes_back(rest: str) -> None:
    life = paid(f"rest: {rest}")
    life.day("01-10", "130.00")
    life.pass_to("2026-02-01T00:00:00+01:00")
    assert life.state is not None
    before = life.state.instances, life.state.counters["beans.earned"], life.state.lots
    life.day("02-10", "50.00")
    assert life.cancel("02-10", "2026-02-11T12:00:00Z").points["beans"] == 0
    assert (life.state.instances, life.state.counters["beans.earned"], life.state.lots) == before
    life.day("02-12", "69.99" if rest == "carry" else "99.99")
    assert given_at(life, "2026-03-01T00:00:00+01:00") == {"02-28 23:00": 0}


def test_what_a_window_pays_counts_for_a_level_at_once() -> None:
    """Gold ends with January, and what January is paid in February makes silver on the first day."""
    levels = (
        "[{id: green}, {id: silver, at: {beans.earned: 10}}, {id: gold, at: {beans.earned: 50}}]"
    )
    keys = f"type: tiers, window: month, levels: {levels}, keep: {{through: window}}"
    spend = "type: spend, window: month, per_full: 100.00, pays: at_end, rest: drop"
    give = "{type: bonus, program: beans, points: 5}"
    text = f"status: {{{keys}}}\nback: {{{spend}, give: {give}}}"
    first = "{id: first, event: purchase, give: {type: bonus, program: beans, points: 50}}"
    told = "{id: told, event: level_changed, give: {type: voucher, amount: 1.00, valid: 9 days}}"
    life = Life(rules(first, told, programs=text))
    life.day("01-10", "250.00")
    assert life.state is not None
    assert life.state.levels["status"].id == "gold"
    [passed] = life.pass_to("2026-02-01T00:00:00+01:00")
    assert life.state.levels["status"].id == "silver"
    [followed] = passed.outcome.followed
    assert (followed.event.fields["from"], followed.event.fields["to"]) == ("gold", "silver")


def test_a_late_purchase_counts_in_the_present_window() -> None:
    life = paid("rest: drop")
    life.day("02-10", "60.00")
    life.day("01-10", "40.00")
    assert given_at(life, "2026-03-01T00:00:00+01:00") == {"02-28 23:00": 5}


def test_words_of_the_program_tell_how_far_the_window_has_come() -> None:
    give = "give: {type: bonus, program: beans, points: 1}"
    near = f"{{id: near, event: purchase, when: back.missing <= 20.00, {give}}}"
    keys = "window: month, per_full: 100.00, pays: at_end, rest: drop"
    text = f"back: {{type: spend, {keys}, {give}}}"
    life = Life(rules(near, programs=text))
    life.day("01-10", "85.00")
    assert life.day("01-11", "5.00").points["beans"] == 1


def steps(*more: str, window: str = "ever", rest: str = "carry") -> Life:
    lines = ["type: spend", f"window: {window}", "per_full: 100.00", f"rest: {rest}", *more]
    give = "give: {type: bonus, program: beans, points: 5}"
    text = "".join(f"  {line}\n" for line in [*lines, give])
    return Life(rules(NOTHING, programs=f"back:\n{text}"))


@pytest.mark.parametrize(
    ("more", "balance", "fills"),
    [
        ((), 5, "50.00"),
        (("on_return: recount",), 0, "50.00"),
        (("on_return: frozen",), 5, "90.00"),
    ],
)
def test_a_step_that_a_later_purchase_filled(
    more: tuple[str, ...], balance: int, fills: str
) -> None:
    life = steps(*more)
    life.day("01-10", "60.00")
    assert life.day("01-11", "50.00").points["beans"] == 5
    life.cancel("01-10", "2026-01-20T12:00:00Z")
    assert life.balance == balance
    cent_less = str(Decimal(fills) - Decimal("0.01"))
    assert life.day("01-21", cent_less).points["beans"] == 0
    assert life.day("01-22", "0.01").points["beans"] == 5


@pytest.mark.parametrize(("rest", "given"), [("carry", [0, 5, 5]), ("drop", [0, 0, 5])])
def test_what_is_counted_again_keeps_its_windows(rest: str, given: list[int]) -> None:
    life = steps("on_return: recount", window="month", rest=rest)
    bought = [("01-31", "60.00"), ("02-01", "50.00"), ("02-02", "90.00")]
    assert [life.day(*one).points["beans"] for one in bought] == given
    life.cancel("02-01", "2026-02-10T12:00:00Z")
    assert life.balance == (5 if rest == "carry" else 0)
