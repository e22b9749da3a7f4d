"""A late event takes its place in the member's own history: the account then stands as if all had come in
business order."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_rules.domain.effects import Effect, Granted, GrantWithdrawn
from loyalty_rules.domain.record_codec import read_effects
from loyalty_rules.ledger.statements import ENTRIES_AFTER
from loyalty_rules.service.ledger import Ledger
from tests.ledger.shop import STORES, back, bought, brought, opener
from tests.ledger.test_late_laws import (
    BASE,
    DRINK,
    FIRST,
    FOR_EVER,
    NOW,
    ledger_of,
    redemption,
    signup,
    state_of,
)
from tests.semantics.shop import rules


def beans(ledger: Ledger) -> object:
    return ledger.balance("m-1")["beans"].total


def test_a_return_that_now_belongs_to_a_later_purchase_leaves_the_first_one_whole() -> None:
    with ledger_of(FOR_EVER) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-04-01"))
        ledger.record(brought(("A", 1, "10.00"), id="r-1", day="2026-04-10"))
        ledger.record(bought("10.00", id="p-2", day="2026-04-05"))
        assert ledger.record(back("p-2", id="c-2", day="2026-04-12")).status == "refused"
        assert ledger.record(back("p-1", id="c-1", day="2026-04-12")).status == "booked"
        assert beans(ledger) == 0


@pytest.mark.parametrize("store", STORES)
def test_a_late_purchase_takes_the_place_of_the_first_one(store: str, tmp_path: Path) -> None:
    """The first order gives 7 more; the one that is first by its date has them in the end."""
    club = rules(BASE, FIRST)
    with opener(store, tmp_path)(club, now=lambda: NOW) as ledger:
        assert ledger.record(bought("10.00", id="p-1", day="2026-04-02")).points["beans"] == 17
        late = ledger.record(bought("20.00", id="p-0", day="2026-04-01"))
        assert (late.status, late.late, late.points["beans"]) == ("booked", True, 27 - 7)
        assert late.decision is not None
        assert late.decision.points["beans"] == 27
        assert late.decision.facts["~late"] is True
        assert late.notes == ("because of it `p-1` comes to 7 beans fewer",)
        assert beans(ledger) == 37
        again = ledger.record(bought("20.00", id="p-0", day="2026-04-01"))
        assert (again.status, again.points["beans"]) == ("duplicate", 20)
        assert ledger.record(back("p-1", id="c-1", day="2026-04-03")).points["beans"] == -10
        assert ledger.record(back("p-0", id="c-0", day="2026-04-04")).points["beans"] == -27
        assert ledger.verify().is_clean


def test_a_late_event_on_the_level_of_its_day() -> None:
    """A level reached before, on a day in between, doubles what was bought later."""
    with ledger_of(FOR_EVER) as ledger:
        ledger.record(bought("10.00", id="p-2", day="2026-04-10"))
        late = ledger.record(bought("100.00", id="p-1", day="2026-04-01"))
        [item] = [one for one in ledger.statement("m-1").history if one.event == "p-1"]
        assert item.late
        assert item.notes == late.notes
        assert "`p-2` comes to" in late.notes[0]
        assert ledger.statement("m-1").levels[0].level == "gold"


@pytest.mark.parametrize(
    ("replay", "day", "is_told_again"),
    [
        ("90 days", "2026-01-15", True),
        ("90 days", "2026-01-14", False),
        ("3 months", "2026-01-15", True),
        ("3 months", "2026-01-14", False),
        ("360 hours", "2026-03-31", True),
        ("360 hours", "2026-03-30", False),
        ("none", "2026-04-13", False),
    ],
)
def test_beyond_the_window_an_event_is_booked_alone(
    replay: str, day: str, is_told_again: bool
) -> None:
    """It is judged by what is known today: another order was the first."""
    club = rules(BASE, FIRST, more=f"late: {{replay: {replay}, then: book_alone}}")
    with ledger_of(club) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-04-14"))
        late = ledger.record(bought("20.00", id="p-0", day=day))
        assert late.late
        assert late.decision is not None
        assert late.decision.facts["~late"] is True
        assert late.decision.points["beans"] == (27 if is_told_again else 20)
        assert bool(late.notes) == is_told_again


def test_what_was_booked_alone_stays_as_it_was_judged() -> None:
    club = rules(BASE, FIRST, more="late: {replay: 10 days, then: book_alone}")
    with ledger_of(club) as ledger:
        ledger.record(bought("10.00", id="p-2", day="2026-04-14"))
        assert ledger.record(bought("20.00", id="p-1", day="2026-03-01")).points["beans"] == 20
        late = ledger.record(bought("30.00", id="p-3", day="2026-04-13"))
        assert late.decision is not None
        assert late.decision.points["beans"] == 37, "by date it comes before p-2"
        assert beans(ledger) == 10 + 20 + 37
        assert ledger.verify().is_clean


def test_a_return_that_asks_for_more_than_is_left_is_refused_at_its_place() -> None:
    with ledger_of(FOR_EVER) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-04-01"))
        ledger.record(bought("10.00", id="p-2", day="2026-04-10"))
        before = state_of(ledger)
        refused = ledger.record(back("p-1", ("1", 2), id="r-1", day="2026-04-05"))
        assert refused.refusal is not None
        assert refused.refusal.code == "return_exceeds_order"
        assert state_of(ledger) == before


def test_a_second_sign_up_gives_way_to_an_earlier_one_that_came_late() -> None:
    with ledger_of(FOR_EVER) as ledger:
        assert ledger.record(signup("2026-04-05", "s-2")).points["beans"] == 5
        late = ledger.record(signup("2026-04-01", "s-1"))
        assert (late.status, late.notes) == (
            "booked",
            ("because of it `s-2` comes to 5 beans fewer",),
        )
        assert beans(ledger) == 5


@pytest.mark.parametrize("store", STORES)
def test_a_redemption_that_was_accepted_stays_accepted(store: str, tmp_path: Path) -> None:
    """On its day the points were not there any more: they are owed."""
    club = rules(BASE, FIRST, more=DRINK)
    with opener(store, tmp_path)(club, now=lambda: NOW) as ledger:
        ledger.record(bought("53.00", id="p-1", day="2026-04-01"))
        assert ledger.record(redemption("2026-04-10")).points["beans"] == -50
        late = ledger.record(back("p-1", id="c-1", day="2026-04-05"))
        assert (late.status, late.points["beans"]) == ("booked", -60)
        assert beans(ledger) == -50
        books = ledger.verify().books["beans"]
        assert (books["spent"], books["reversed"], books["deficit"]) == (50, 60, -50)
        assert ledger.record(bought("70.00", id="p-2", day="2026-04-12")).points["beans"] == 77
        assert beans(ledger) == 27
        later = ledger.record(bought("10.00", id="p-3", day="2026-04-11"))
        assert later.points["beans"] == 10
        assert beans(ledger) == 37
        assert ledger.verify().is_clean
        assert ledger.rebuild().is_identical


def test_points_of_a_late_purchase_are_there_for_a_redemption_after_it() -> None:
    """The points of the order that ends first are spent first, though it came last."""
    club = rules(BASE, expiry="{after: 30 days}", more=DRINK)
    with ledger_of(club) as ledger:
        ledger.record(bought("60.00", id="p-2", day="2026-04-05"))
        ledger.record(redemption("2026-04-10"))
        ledger.record(bought("40.00", id="p-1", day="2026-04-01"))
        lots = ledger.balance("m-1")["beans"].lots
        assert [(lot.granted, lot.left) for lot in lots] == [(60, 50)]


def test_what_is_handed_out_is_withdrawn_by_a_message_of_its_own() -> None:
    """The first order of a member brings a mug; a late order is the first one."""
    mug = "{id: mug, event: purchase, when: order.number == 1, give: {type: product, sku: MUG}}"
    with ledger_of(rules(BASE, mug)) as ledger:
        first = ledger.record(bought("10.00", id="p-1", day="2026-04-10"))
        late = ledger.record(bought("10.00", id="p-0", day="2026-04-01"))
        assert first.decision is not None and late.decision is not None
        [given] = [one for one in first.decision.effects if isinstance(one, Granted)]
        handed = [one for one in logged(ledger)[-1] if isinstance(one, Granted | GrantWithdrawn)]
        assert handed[0] == GrantWithdrawn(given.grant, "product", 1)
        assert isinstance(handed[1], Granted)
        assert (handed[1].sku, handed[1].grant) != (given.sku, given.grant)


def logged(ledger: Ledger) -> list[tuple[Effect, ...]]:
    """The effects of each entry of the one account there is."""
    with ledger._store.reading() as execute:
        rows = execute(ENTRIES_AFTER, [(1, 0)])
    return [read_effects(str(row[3])) for row in rows]


def test_a_late_return_without_an_order_finds_what_was_bought_by_then() -> None:
    with ledger_of(FOR_EVER) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-04-01"))
        ledger.record(bought("20.00", id="p-2", day="2026-04-10"))
        ledger.record(brought(("A", 1, "10.00"), id="r-1", day="2026-04-05"))
        left = {
            order: ledger.record(back(order, ("1", 1), id=f"c-{order}", day="2026-04-12")).status
            for order in ("p-1", "p-2")
        }
        assert left == {"p-1": "refused", "p-2": "booked"}
        assert beans(ledger) == 0


def test_quoting_a_late_event_changes_nothing() -> None:
    with ledger_of(FOR_EVER) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-04-10"))
        before = state_of(ledger)
        quoted = ledger.quote(bought("20.00", id="p-0", day="2026-04-01"))
        assert (quoted.status, quoted.late) == ("booked", True)
        assert state_of(ledger) == before
        assert ledger.record(bought("20.00", id="p-0", day="2026-04-01")).points == quoted.points
