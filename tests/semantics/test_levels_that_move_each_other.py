"""Levels of several programs where what one of them gives counts for another one."""

from __future__ import annotations

from loyalty_rules import Decision
from tests.semantics.shop import rules
from tests.semantics.test_challenge import Life

MILES = "miles: {type: points, basis: {tax: included}, expiry: never, value: 0.01}"
FIRST = "{id: first, event: purchase, give: {type: bonus, program: miles, points: 5}}"


def tiers(window: str, *levels: str) -> str:
    named = ", ".join(levels)
    return f"{{type: tiers, window: {window}, levels: [{named}], keep: {{through: window}}}}"


def of(program: str, id: str, give: str) -> str:
    """A rule on changes of the level of a program."""
    when = f"""'event.program == "{program}"'"""
    return f"{{id: {id}, event: level_changed, when: {when}, give: {give}}}"


def told(decision: Decision) -> list[tuple[object, object]]:
    """What each change of a level led from and to."""
    events = [one.event.fields for one in decision.outcome.followed]
    return [(one["from"], one["to"]) for one in events]


def test_a_level_that_changes_twice_gives_twice() -> None:
    """The order makes silver and flyer; five miles for silver make an ace of the flyer."""
    wings = tiers("ever", "{id: ground}", "{id: flyer, at: {miles.earned: 5}}",
                  "{id: ace, at: {miles.earned: 10}}")  # fmt: skip
    status = tiers("ever", "{id: green}", "{id: silver, at: {orders: 1}}")
    life = Life(
        rules(
            FIRST,
            of("status", "gift", "{type: bonus, program: miles, points: 5}"),
            of("wings", "fee", "{type: bonus, program: beans, points: 7}"),
            programs=f"{MILES}\nstatus: {status}\nwings: {wings}",
        )
    )
    decision = life.day("03-10")
    assert told(decision) == [("green", "silver"), ("ground", "flyer"), ("flyer", "ace")]
    assert decision.points == {"beans": 14, "miles": 10}
    assert life.balance == 14
    assert life.state is not None
    assert [lot.left for lot in life.state.lots["beans"]] == [7, 7]


def test_a_level_that_an_age_had_reached_moves_others_when_it_is_read() -> None:
    """His wings end with March; only then it is seen that he came of age, and that gives them back."""
    grown = tiers(
        "ever", "{id: young}", "{id: adult, at: {orders: 1}, also_when: member.age >= 18}"
    )
    wings = tiers("month", "{id: low}", "{id: high, at: {miles.earned: 5}}")
    life = Life(
        rules(
            FIRST,
            of("grown", "gift", "{type: bonus, program: miles, points: 5}"),
            programs=f"{MILES}\nwings: {wings}\ngrown: {grown}",
        )
    )
    life.happen("signup", "2026-03-01T12:00:00Z", id="s", birthday="2008-03-15")
    life.day("03-10")
    [passed] = life.pass_to("2026-04-01T00:00:00+02:00")
    assert told(passed) == [("high", "low"), ("young", "adult"), ("low", "high")]
    assert life.state is not None
    assert sum(lot.left for lot in life.state.lots["miles"]) == 10
