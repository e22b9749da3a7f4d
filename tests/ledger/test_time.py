"""Time in a ledger: what falls due is booked once, by the next event or by whoever advances the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import EventError, Ledger, open_ledger, parse_event
from loyalty_rules.ledger.statements import DUE_ACCOUNTS
from tests.ledger.shop import STORES, Opener, back, bought, opener, sound
from tests.semantics.shop import BASE, purchase, rules

RULES = rules(expiry="{after: 3 months}", points="pending: 14 days")
START = datetime(2026, 3, 10, 12, tzinfo=UTC)
FREE = datetime(2026, 3, 23, 23, tzinfo=UTC)
ENDS = datetime(2026, 6, 10, 22, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=STORES)
def clock_and_ledger(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Clock, Ledger]]:
    clock = Clock()
    opened: Opener = opener(request.param, tmp_path)
    with opened(RULES, now=clock) as ledger:
        yield clock, ledger


def history(ledger: Ledger, member: str = "m-1") -> list[str]:
    return [f"{one.type} {dict(one.points)}" for one in ledger.statement(member).history]


def test_a_balance_is_as_of_now_and_writes_nothing(clock_and_ledger: tuple[Clock, Ledger]) -> None:
    clock, ledger = clock_and_ledger
    ledger.record(bought("100.00"))
    beans = ledger.balance("m-1")["beans"]
    assert (beans.available, beans.pending) == (0, 100)
    clock.now = FREE
    assert ledger.balance("m-1")["beans"].available == 100
    assert ledger.balance("m-1", at=ENDS - timedelta(microseconds=1))["beans"].available == 100
    assert ledger.balance("m-1", at=ENDS)["beans"].total == 0
    assert history(ledger) == ["purchase {'beans': 100}"]
    assert ledger.statement("m-1", at=ENDS).at == ENDS
    with pytest.raises(EventError, match="stands at") as problem:
        ledger.balance("m-1", at=START - timedelta(days=1))
    assert problem.value.code == "backwards"


def test_what_falls_due_is_booked_once_at_each_instant(
    clock_and_ledger: tuple[Clock, Ledger],
) -> None:
    clock, ledger = clock_and_ledger
    ledger.record(bought("100.00"))
    clock.now = ENDS + timedelta(days=1)
    done = ledger.advance()
    assert (done.members, done.entries) == (1, 2)
    assert history(ledger) == ["purchase {'beans': 100}", "clock {}", "clock {'beans': -100}"]
    assert [one.event for one in ledger.statement("m-1").history][1:] == [
        "~clock/2026-03-23T23:00:00+00:00",
        "~clock/2026-06-10T22:00:00+00:00",
    ]
    again = ledger.advance()
    assert (again.members, again.entries) == (0, 0)
    assert ledger.verify().is_clean
    assert ledger.rebuild().is_identical


def test_the_next_event_books_what_advance_would_have_booked(tmp_path: Path) -> None:
    ends, opened = [], opener("sqlite", tmp_path)
    for steps in ([], [FREE], [FREE - timedelta(days=1), FREE, ENDS]):
        clock = Clock()
        with opened(RULES, now=clock) as ledger:
            ledger.record(bought("100.00"))
            for to in steps:
                clock.now = to
                ledger.advance()
            clock.now = ENDS + timedelta(days=2)
            ledger.record(bought("7.00", id="p-2", day="2026-06-11"))
            ends.append((history(ledger), list(ledger.states())))
            assert ledger.verify().is_clean
    assert ends[0] == ends[1] == ends[2]
    assert ends[0][0][-1] == "purchase {'beans': 7}"


def test_several_members_may_have_something_due_at_one_instant(
    clock_and_ledger: tuple[Clock, Ledger],
) -> None:
    clock, ledger = clock_and_ledger
    for number in range(5):
        event = purchase("10.00", id=f"p-{number}", at="2026-03-10T12:00:00Z", member=f"m-{number}")
        ledger.record(parse_event(event))
    clock.now = FREE
    assert (ledger.advance().members, ledger.advance().members) == (5, 0)
    assert ledger.verify().is_clean


def test_only_accounts_that_are_due_are_asked_for(clock_and_ledger: tuple[Clock, Ledger]) -> None:
    clock, ledger = clock_and_ledger
    ledger.record(bought("10.00"))
    clock.now = FREE
    ledger.record(parse_event(purchase("10.00", id="q", at="2026-03-20T12:00:00Z", member="m-2")))

    def rows(to: datetime) -> int:
        with ledger._store.reading() as run:
            place = (ledger._setting.ledger, int(to.timestamp() * 1_000_000))
            return len(run(DUE_ACCOUNTS, [place]))

    asked = [rows(FREE - timedelta(microseconds=1)), rows(FREE), rows(FREE + timedelta(days=30))]
    assert asked == [0, 1, 2]
    ledger.advance()
    assert rows(FREE) == 0


def test_a_ledger_is_not_advanced_into_the_future_nor_backwards(
    clock_and_ledger: tuple[Clock, Ledger],
) -> None:
    clock, ledger = clock_and_ledger
    ledger.record(bought("10.00"))
    for to, code in (
        (clock.now + timedelta(seconds=1), "from_the_future"),
        (clock.now.replace(tzinfo=None), "bad_time"),
    ):
        with pytest.raises(EventError) as problem:
            ledger.advance(to)
        assert problem.value.code == code
    clock.now = FREE
    ledger.advance()
    with pytest.raises(EventError) as problem:
        ledger.advance(FREE - timedelta(days=1))
    assert problem.value.code == "backwards"


def test_a_refused_event_books_no_time(clock_and_ledger: tuple[Clock, Ledger]) -> None:
    clock, ledger = clock_and_ledger
    ledger.record(bought("10.00"))
    clock.now = ENDS
    refused = ledger.record(bought("10.00", id="p-2", day="2026-06-01", currency="USD"))
    assert refused.status == "refused"
    assert history(ledger) == ["purchase {'beans': 10}"]


MONTHLY = (
    "{id: monthly, event: clock, every: month, give: {type: bonus, program: beans, points: 5}}"
)


def test_rules_of_the_clock_are_booked_at_their_turns(tmp_path: Path) -> None:
    clock = Clock()
    with opener("sqlite", tmp_path)(rules(BASE, MONTHLY), now=clock) as ledger:
        ledger.record(bought("10.00"))
        clock.now = datetime(2026, 5, 20, tzinfo=UTC)
        assert ledger.balance("m-1")["beans"].available == 20
        assert ledger.advance().entries == 2
        assert ledger.advance().entries == 0
        gave = [[given.rule for given in one.gave] for one in ledger.statement("m-1").history]
        assert gave == [["base"], ["monthly"], ["monthly"]]
        assert ledger.verify().is_clean
        assert ledger.rebuild().is_identical


def test_a_till_whose_clock_runs_ahead_makes_no_month_end_twice(tmp_path: Path) -> None:
    """Its event comes before the month's end and says that it was after it: the turn passes only once."""
    clock = Clock()
    end = datetime(2026, 3, 31, 22, tzinfo=UTC)
    with opener("sqlite", tmp_path)(rules(BASE, MONTHLY), now=clock) as ledger:
        ledger.record(bought("10.00"))
        clock.now = end - timedelta(minutes=1)
        ahead = purchase("1.00", id="ahead", at=(end + timedelta(minutes=1)).isoformat())
        assert ledger.record(parse_event(ahead)).status == "booked"
        clock.now = end + timedelta(minutes=10)
        ledger.advance()
        ledger.record(parse_event(purchase("1.00", id="after", at=clock.now.isoformat())))
        assert ledger.balance("m-1")["beans"].available == 10 + 5 + 1 + 1
        assert ledger.verify().is_clean


def test_other_rules_ask_every_account_again(tmp_path: Path) -> None:
    """Points that were given under rules that end them end all the same; what is due is asked of the rules
    that are in force."""
    clock, opened = Clock(), opener("sqlite", tmp_path)
    with opened(RULES, file="one.db", now=clock) as ledger:
        ledger.record(bought("10.00"))
    clock.now = ENDS
    with opened(rules(), file="one.db", now=clock) as ledger:
        assert ledger.advance().members == 1
        assert ledger.balance("m-1")["beans"].total == 0
        assert ledger.verify().is_clean


days = st.integers(0, 400)


@settings(max_examples=25)
@given(st.lists(days, min_size=1, max_size=6), st.lists(days, max_size=5), st.data())
def test_a_ledger_that_is_advanced_often_is_one_that_never_was(
    bought_on: list[int], advanced_on: list[int], data: st.DataObject
) -> None:
    """The same entries in the same order, and the same states, whenever the clock was advanced."""
    rule_set = rules(
        BASE,
        MONTHLY,
        expiry=data.draw(
            st.sampled_from(["{after: 40 days}", "{after: 2 months, from: activity}"])
        ),
        points=data.draw(st.sampled_from(["pending: 14 days", "pending: none"])),
    )
    ends = []
    for cuts in ([], advanced_on):
        clock = Clock()
        with open_ledger("memory:", rule_set, now=clock) as ledger:
            steps = [(day, 0, number) for number, day in enumerate(bought_on)]
            for day, is_cut, number in sorted([*steps, *((day, 1, 0) for day in set(cuts))]):
                clock.now = START + timedelta(days=day, hours=is_cut)
                if is_cut:
                    ledger.advance()
                else:
                    at = clock.now.isoformat()
                    ledger.record(parse_event(purchase("10.00", id=f"p-{number}", at=at)))
            clock.now = START + timedelta(days=500)
            ledger.advance()
            ends.append((ledger.statement("m-1").history, list(ledger.states())))
            assert ledger.verify().is_clean
    assert ends[0] == ends[1]


def test_an_instant_at_which_nothing_fell_due_after_all_may_pass_again(tmp_path: Path) -> None:
    """The only points that ended with January are told to have come back before; then others end with it."""
    ends = rules(expiry="{end_of: month}")
    clock = Clock()
    for store in STORES:
        with sound(opener(store, tmp_path)(ends, now=clock)) as ledger:
            clock.now = datetime(2026, 2, 1, 12, tzinfo=UTC)
            ledger.record(bought("10.00", day="2026-01-10"))
            assert ledger.advance().entries == 1
            ledger.record(back("p-1", day="2026-01-20"))
            ledger.record(bought("20.00", id="p-2", day="2026-01-25"))
            clock.now += timedelta(days=1)
            assert (ledger.advance().entries, ledger.advance().entries) == (1, 0)
            assert [
                one.event for one in ledger.statement("m-1").history if one.type == "clock"
            ] == [
                "~clock/2026-01-31T23:00:00+00:00",
                "~clock/2026-01-31T23:00:00+00:00/5",
            ]
            assert ledger.balance("m-1")["beans"].total == 0
            ledger.record(bought("30.00", id="p-3", day="2026-02-01"))
            assert ledger.balance("m-1")["beans"].total == 30
