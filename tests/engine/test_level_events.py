"""What follows from another level: rules on ``level_changed``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from loyalty_rules.base.period import Window
from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import LotOpened
from loyalty_rules.domain.vocabulary import NUMBER
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.model import Counter, Keep
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.time import advance
from tests.engine.build import Build, account, event, given, levels, points, purchase, run
from tests.engine.returns import Club, cancellation

YEAR = Window("box", "year")
ON_CHANGE = ("level_changed",)


def club(*, on_return: Any = "immediate", keep: Keep = Keep("window", "requalify")) -> Plan:  # noqa: B008
    """Silver from 500 and gold from 1,000 beans; miles for reaching gold, and for leaving it."""
    b = Build()

    def reached(facts: Any, row: Any) -> bool:
        return facts["event.program"] == "status" and facts["event.to"] == "gold"

    def left(facts: Any, row: Any) -> bool:
        return facts["event.from"] == "gold"

    table = replace(levels(("silver", 500), ("gold", 1000), window=YEAR), keep=keep)
    return b.plan(
        b.rule("earn", b.points()),
        b.rule("welcome", b.bonus(100, program="miles"), events=ON_CHANGE, when=reached),
        b.rule("goodbye", b.bonus(7, program="miles"), events=ON_CHANGE, when=left),
        accounts=(account(), account(id="miles")),
        level_tables=(replace(table, on_return=on_return),),
    )


def bought(amount: str, day: str) -> Any:
    return purchase(amount, id=day, at=f"{day}T12:00:00+00:00")


def test_a_level_that_is_reached_is_an_event_right_behind_its_cause() -> None:
    first, second, third = run(
        club(),
        bought("900.00", "2026-03-01"),
        bought("100.00", "2026-03-02"),
        bought("5.00", "2026-03-03"),
    )
    assert given(first) == {"earn": 900}, "silver gives nothing"
    assert given(second) == {"earn": 100, "welcome": 100}
    assert (points(second), points(second, "miles")) == (100, 100)
    assert given(third) == {"earn": 5}
    [followed] = second.followed
    assert followed.event.id == "~level_changed//2026-03-02/status"
    assert dict(followed.event.fields) == {"program": "status", "from": "silver", "to": "gold"}
    assert followed.before.levels["status"].id == "gold", "levels are settled before"
    lots = [one.lot for one in second.effects if isinstance(one, LotOpened)]
    assert lots == ["/2026-03-02/1", "/~level_changed//2026-03-02/status/1"]


def test_its_effects_belong_to_its_cause() -> None:
    first, second = run(club(), bought("900.00", "2026-03-01"), bought("100.00", "2026-03-02"))
    assert fold(first.state, second.effects) == second.state
    assert second.order is not None
    assert [share.program for share in second.order.shares] == ["beans"]


def test_a_new_member_on_the_lowest_level_has_changed_nothing() -> None:
    [only] = run(club(), bought("1.00", "2026-03-01"))
    assert only.followed == ()


def test_a_level_that_a_return_or_time_ends_is_an_event_too() -> None:
    returning = Club(club())
    returning.buy(bought("1000.00", "2026-03-01"))
    back = returning.give_back(cancellation("2026-03-01", at="2026-03-05T12:00:00+00:00"))
    assert points(back, "miles") == 7
    assert given(back)["goodbye"] == 7
    [only] = run(club(), bought("1000.00", "2026-03-01"))
    [ended] = advance(club(), only.state, datetime.fromisoformat("2027-06-01T12:00:00+00:00"))
    assert points(ended, "miles") == 7
    assert ended.followed[0].event.id == "~level_changed//~clock/2026-12-31T23:00:00+00:00/status"


def test_a_level_that_somebody_gives_is_an_event_too() -> None:
    adjustment = event("adjustment", program="status", level="gold", floor=True)
    [only] = run(club(), adjustment)
    assert points(only, "miles") == 100


def test_another_level_may_follow_from_a_level() -> None:
    """Gold gives 100 miles, and 100 miles make a flyer, whom a rule greets."""
    b = Build()

    def became(program: str, level: str) -> Any:
        return lambda facts, row: (facts["event.program"], facts["event.to"]) == (program, level)

    flyer = levels(("flyer", 100), id="wings", figure="miles.earned")
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule(
            "gold", b.bonus(100, program="miles"), events=ON_CHANGE, when=became("status", "gold")
        ),
        b.rule(
            "greet", b.bonus(1, program="crumbs"), events=ON_CHANGE, when=became("wings", "flyer")
        ),
        accounts=(account(), account(id="miles"), account(id="crumbs")),
        level_tables=(levels(("gold", 10)), flyer),
    )
    [only] = run(plan, bought("10.00", "2026-03-01"))
    assert given(only) == {"earn": 10, "gold": 100, "greet": 1}
    assert [one.event.id.rsplit("/", 1)[1] for one in only.followed] == ["status", "wings"]
    assert only.state.levels["wings"].id == "flyer"


def test_a_counter_may_count_changes_of_level() -> None:
    b = Build()
    ups = Counter("ups", NUMBER, events=ON_CHANGE)
    plan = b.plan(b.rule("earn", b.points()), counters=[ups], level_tables=(levels(("gold", 10)),))
    [only] = run(plan, bought("10.00", "2026-03-01"))
    assert list(only.state.counters["ups"].values()) == [1]


def test_an_event_that_is_refused_changes_no_level() -> None:
    outcome: Outcome = decide(
        club(), run(club(), bought("1.00", "2026-03-01"))[0].state, event("adjustment", program="x")
    )
    assert (outcome.status, outcome.followed, outcome.effects) == ("refused", (), ())
