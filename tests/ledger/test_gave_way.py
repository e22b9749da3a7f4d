"""What was booked, and gave way to what came late: it keeps its place, and stands again when it can."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from pathlib import Path

import pytest

from loyalty_rules import Event
from loyalty_rules.base.records import replace
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.domain.state import GAVE_WAY
from loyalty_rules.service.ledger import Ledger
from tests.ledger.shop import STORES, Opener, back, beans, bought, brought, opener
from tests.ledger.test_late_laws import NOW, ledger_of, signup
from tests.semantics.shop import rules

RULES = rules()
FIRST = bought("10.00", id="p-1", day="2026-03-10")
WHOLE = back("p-1", id="c-1", day="2026-03-12")
SECOND = bought("10.00", id="p-2", day="2026-03-14")
ITEM = brought(("A", 1, "10.00"), id="r-1", day="2026-03-23")
THIRD = bought("10.00", id="p-3", day="2026-03-25")


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return partial(opener(request.param, tmp_path), now=lambda: NOW)


def told(ledger: Ledger, events: tuple[Event, ...]) -> str:
    """The state after events; what is refused is sent again as long as others are accepted."""
    to_send = list(events)
    for _ in events:
        answers = [(one, ledger.record(one)) for one in to_send]
        to_send = [one for one, receipt in answers if receipt.status == "refused"]
    assert to_send == []
    [state] = ledger.states()
    return write_state(state)


def test_it_takes_from_what_was_bought_before_it_and_came_after_it(open_one: Opener) -> None:
    with open_one() as ledger:
        for event in (FIRST, ITEM, WHOLE):
            assert ledger.record(event).status == "booked"
        assert beans(ledger) == 0
        late = ledger.record(SECOND)
        assert late.late and late.notes == ("because of it `r-1` comes to 10 beans fewer",)
        assert beans(ledger) == 0
        assert ledger.verify().is_clean
        assert ledger.rebuild().is_identical


def test_in_any_order_the_account_stands_where_business_order_has_it() -> None:
    events = (FIRST, WHOLE, SECOND, ITEM)
    with ledger_of(RULES) as ledger:
        expected = told(ledger, events)
    for order in permutations(events):
        with ledger_of(RULES) as ledger:
            assert told(ledger, order) == expected, [one.id for one in order]
            assert ledger.verify().is_clean


def test_nothing_is_remembered_of_it_when_the_member_has_done_something_since(
    open_one: Opener,
) -> None:
    with open_one() as in_time, open_one() as late:
        for event in (FIRST, WHOLE):
            in_time.record(event)
        assert in_time.record(ITEM).status == "refused"
        for event in (FIRST, ITEM, WHOLE):
            late.record(event)
        [then], [state] = in_time.states(), late.states()
        assert GAVE_WAY in state.timers
        assert replace(state, timers={}) == replace(then, timers={})
        for ledger in (in_time, late):
            ledger.record(THIRD)
        [then], [state] = in_time.states(), late.states()
        assert state == then
        assert late.rebuild().is_identical


def test_a_second_sign_up_that_gave_way_keeps_its_place_too(open_one: Opener) -> None:
    with open_one() as ledger:
        for event in (signup("2026-03-20", "s-2"), signup("2026-03-01", "s-1")):
            assert ledger.record(event).status == "booked"
        receipt = ledger.record(bought("10.00", day="2026-03-10"))
        assert receipt.late
        assert beans(ledger) == 10
        assert ledger.verify().is_clean
