"""The clock of the machine is wrong, is set back, or leaps: what a ledger does then, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from loyalty_rules import Event, EventError, Ledger, LedgerError
from loyalty_rules.domain.record_codec import write_state
from tests.ledger.shop import STORES, Opener, back, beans, bought, opener
from tests.semantics.shop import rules

DAY = timedelta(days=1)
RULES = rules(expiry="{after: 30 days}")


class Clock:
    """Says what it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 10, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=STORES)
def ledger(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Iterator[Ledger]:
    open_one: Opener = opener(request.param, tmp_path)
    with open_one(RULES, now=clock) as ledger:
        yield ledger
        clock.now = max(clock.now, datetime(2026, 12, 31, tzinfo=UTC))
        assert ledger.verify().findings == []
        assert ledger.rebuild().is_identical


def on(day: int, id: str, amount: str = "10.00") -> Event:
    return bought(amount, id=id, day=f"2026-03-{day:02}")


def refusal(ledger: Ledger, event: Event) -> str:
    receipt = ledger.record(event)
    assert receipt.status == "refused" and receipt.refusal is not None
    return receipt.refusal.code


def test_a_clock_that_is_set_back_takes_nothing_back(ledger: Ledger, clock: Clock) -> None:
    ledger.record(on(10, "p-1"))
    clock.now -= 3 * DAY
    assert ledger.record(on(10, "p-1")).status == "duplicate"
    assert beans(ledger) == 10  # shown as of his last event
    assert refusal(ledger, on(9, "p-2")) == "from_the_future"
    late = ledger.record(on(6, "p-3"))
    assert (late.status, late.late, late.sequence) == ("booked", True, 2)
    assert beans(ledger) == 20
    clock.now += 3 * DAY
    assert ledger.record(on(9, "p-2")).status == "booked"  # sent again, its id was free
    assert beans(ledger) == 30


def test_what_was_booked_by_a_clock_that_went_back_stands_as_if_it_never_had(
    ledger: Ledger, clock: Clock, tmp_path: Path
) -> None:
    events = [on(day, f"p-{day}", f"{day}.00") for day in (3, 5, 8, 10)]
    with opener("memory", tmp_path)(
        RULES, now=lambda: datetime(2026, 3, 10, 15, tzinfo=UTC)
    ) as right:
        right.record_many(events)
        for number, event in enumerate(events):
            clock.now = event.occurred_at + timedelta(minutes=(-1) ** number)
            assert ledger.record(event).status == "booked"
        clock.now = datetime(2026, 3, 10, 15, tzinfo=UTC)
        [mine], [theirs] = list(ledger.states()), list(right.states())
        assert mine.lots == theirs.lots
        assert beans(ledger) == beans(right) == 26


def test_time_is_not_advanced_backwards_and_a_clock_that_was_set_back_is_told(
    ledger: Ledger, clock: Clock
) -> None:
    ledger.record(on(10, "p-1"))
    ledger.advance()
    before = [write_state(state) for state in ledger.states()]
    clock.now -= DAY
    with pytest.raises(EventError) as told:
        ledger.advance()
    assert told.value.code == "backwards"
    assert [write_state(state) for state in ledger.states()] == before
    clock.now += DAY
    assert ledger.advance().entries == 0


def test_a_clock_that_leaps_forwards_books_nothing_that_was_not_asked_for(
    ledger: Ledger, clock: Clock
) -> None:
    """Points that would end by then are shown as ended, and are there again when the clock is right."""
    ledger.record(on(10, "p-1"))
    right, clock.now = clock.now, datetime(2099, 1, 1, tzinfo=UTC)
    assert beans(ledger) == 0
    receipt = ledger.record(on(10, "p-2"))
    assert (receipt.status, receipt.late) == ("booked", False)
    clock.now = right
    assert beans(ledger) == 20
    assert [item.type for item in ledger.statement("m-1").history] == ["purchase", "purchase"]


def test_an_instant_that_is_named_keeps_a_leaping_clock_from_ending_points(
    ledger: Ledger, clock: Clock
) -> None:
    """A nightly job that names its night is not carried away."""
    ledger.record(on(10, "p-1"))
    right, clock.now = clock.now, datetime(2099, 1, 1, tzinfo=UTC)
    assert ledger.advance(right).entries == 0
    clock.now = right + DAY
    assert ledger.advance(right + DAY).entries == 0
    assert beans(ledger) == 10


def test_a_return_that_waits_is_given_up_by_a_leaping_clock_and_can_be_sent_again(
    ledger: Ledger, clock: Clock
) -> None:
    held = back("p-1", ("1", 1), day="2026-03-10")
    assert ledger.record(held).status == "held"
    right, clock.now = clock.now, datetime(2027, 1, 1, tzinfo=UTC)
    assert ledger.record(on(10, "p-1")).status == "booked"
    clock.now = right
    again = ledger.record(held)
    assert again.status in ("booked", "duplicate")
    assert beans(ledger) == 0


@pytest.mark.parametrize("year", [1969, 2200, 9999])
def test_a_clock_that_cannot_be_right_is_told_so(year: int, ledger: Ledger, clock: Clock) -> None:
    right, clock.now = (
        clock.now,
        datetime(year, 12, 31, 23, 59, 59, tzinfo=timezone(-12 * timedelta(hours=1))),
    )
    for act in (
        lambda: ledger.record(on(10, "p-1")),
        lambda: ledger.record_many([on(10, "p-1")]),
        lambda: ledger.balance("m-1"),
        ledger.advance,
        ledger.verify,
    ):
        with pytest.raises(LedgerError, match=f"says {year}.*: set it right"):
            act()
    clock.now = right
    assert ledger.record(on(10, "p-1")).status == "booked"


def test_a_clock_that_was_never_set_refuses_what_happens(ledger: Ledger, clock: Clock) -> None:
    right, clock.now = clock.now, datetime(1970, 1, 1, tzinfo=UTC)
    assert refusal(ledger, on(10, "p-1")) == "from_the_future"
    clock.now = right
    assert ledger.record(on(10, "p-1")).status == "booked"


def test_a_clock_without_an_offset_is_told_so(ledger: Ledger, clock: Clock) -> None:
    right, clock.now = clock.now, datetime(2026, 3, 10, 15)
    with pytest.raises(LedgerError, match="with an offset"):
        ledger.record(on(10, "p-1"))
    clock.now = right
