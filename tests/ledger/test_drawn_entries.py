"""A draw stays as it was drawn: the entries that took part are the same for ever, whatever comes to light of
those who have them, and nobody enters once more."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger
from loyalty_rules.base.records import replace
from loyalty_rules.service.raffle_entries import Entries, entries_among
from tests.ledger.networks import event
from tests.ledger.shop import STORES, Opener, back, opener, sound
from tests.ledger.test_raffles import SUMMER, TICKETS, buys, drawing, won_by_hand
from tests.semantics.shop import rules

ONCE = "{id: once, event: purchase, limit: {times: 1}, give: {type: entry, raffle: summer, entries: 1}}"
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
LIVES = (
    buys("ana", "40.00", "p-1", "2026-07-01"),
    buys("ben", "20.00", "p-2", "2026-07-02"),
    buys("cem", "20.00", "p-3", "2026-07-03"),
)


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def lived(
    open_one: Opener, *events: Event, rule: str = ONCE, winners: int = 2, per_member: int = 1
) -> Ledger:
    """A ledger in which these were booked."""
    world = rules(rule, programs=SUMMER % (winners, per_member))
    ledger = open_one(world, now=lambda: NOW)
    books(ledger, *events)
    return ledger


def books(ledger: Ledger, *events: Event) -> None:
    for one in events:
        receipt = ledger.record(one)
        assert receipt.status == "booked", receipt.refusal


def merging(member: str = "ben", into: str = "ana") -> Event:
    at = datetime(2026, 9, 10, tzinfo=UTC)
    return event(f"m-{member}", "merge", member, at, into=into)


def list_of(ledger: Ledger) -> Entries:
    return entries_among(ledger.states(), "summer")


def ids(ledger: Ledger) -> list[str]:
    return sorted(entry for entry, _ in list_of(ledger).entries)


def told(ledger: Ledger) -> list[tuple[str, str, str]]:
    return sorted((one.kind, one.grant, one.action) for one in ledger.outbox())


def won(ledger: Ledger) -> int:
    return sum(int(ledger.balance(one)["beans"].total) for one in list_of(ledger).members)


@pytest.mark.parametrize(
    ("member", "into"), [("ben", "ana"), ("ana", "ben"), ("cem", "ben"), ("cem", "ana")]
)
@pytest.mark.parametrize("winners", [1, 3])
def test_who_took_part_under_two_names_did_so(
    open_one: Opener, member: str, into: str, winners: int
) -> None:
    """One member would have had one entry; but both of them were in the draw, and may have won."""
    with sound(lived(open_one, *LIVES, drawing(), winners=winners)) as ledger:
        before, prizes, handed = list_of(ledger), won(ledger), told(ledger)
        books(ledger, merging(member, into))
        after = list_of(ledger)
        assert after.is_drawn and after.digest == before.digest
        assert {entry for entry, _ in after.entries} == {entry for entry, _ in before.entries}
        assert (won(ledger), told(ledger)) == (prizes, handed)
        assert prizes == 500 * winners


def test_a_chain_of_names_took_part_as_all_of_them(open_one: Opener) -> None:
    with sound(lived(open_one, *LIVES, drawing(), winners=3)) as ledger:
        before, handed = list_of(ledger), told(ledger)
        books(ledger, merging("ben", "ana"), merging("ana", "cem"))
        after = list_of(ledger)
        assert (after.digest, after.members) == (before.digest, ("cem",))
        assert (won(ledger), told(ledger)) == (1500, handed)
        late = buys("ben", "60.00", "late", "2026-08-30")
        assert ledger.record(late).late
        assert list_of(ledger).digest == before.digest


def test_who_is_one_before_the_draw_enters_once(open_one: Opener) -> None:
    with sound(lived(open_one, *LIVES, winners=3)) as ledger:
        books(ledger, merging())
        assert ids(ledger) == ["/p-1/once/g1/1", "/p-3/once/g1/1"]
        for number, name in enumerate(("ben", "ana")):
            books(ledger, buys(name, "60.00", f"x-{number}", "2026-08-30"))
        assert ids(ledger) == ["/p-1/once/g1/1", "/p-3/once/g1/1"]
        books(ledger, drawing())
        assert (ids(ledger), won(ledger)) == (["/p-1/once/g1/1", "/p-3/once/g1/1"], 1000)
        books(ledger, buys("ben", "60.00", "x-3", "2026-09-15"))
        assert (ids(ledger), won(ledger)) == (["/p-1/once/g1/1", "/p-3/once/g1/1"], 1000)


def test_nobody_enters_afterwards_through_the_name_of_one_who_did_not_take_part(
    open_one: Opener,
) -> None:
    """His entry came too late and was in no draw; it is in none either as that of somebody who took part."""
    with sound(lived(open_one, *LIVES, drawing(), rule=TICKETS)) as ledger:
        before, prizes = list_of(ledger), won(ledger)
        books(ledger, buys("dan", "60.00", "late", "2026-08-30"))
        assert list_of(ledger).digest == before.digest
        books(ledger, merging("dan", "ana"))
        assert (list_of(ledger).digest, won(ledger)) == (before.digest, prizes)
        books(ledger, merging("ben", "dan"))
        assert (list_of(ledger).digest, won(ledger)) == (before.digest, prizes)


@pytest.mark.parametrize("rule", [ONCE, TICKETS])
def test_what_comes_late_after_the_draw_was_in_none(open_one: Opener, rule: str) -> None:
    """It would have had entries of its own, or have taken the place of the one that was drawn."""
    with sound(lived(open_one, *LIVES, drawing(), rule=rule)) as ledger:
        before, prizes, handed = list_of(ledger), won(ledger), told(ledger)
        for number, day in enumerate(("2026-06-30", "2026-08-30")):
            late = ledger.record(buys("ana", "60.00", f"late-{number}", day))
            assert late.late and late.moved is not None, "it took its place"
        assert (list_of(ledger).digest, won(ledger), told(ledger)) == (
            before.digest,
            prizes,
            handed,
        )


@pytest.mark.parametrize("day", ["2026-08-30", "2026-09-15"])
def test_what_comes_back_once_it_was_drawn_stays_in_the_draw(open_one: Opener, day: str) -> None:
    """Even what had come back before the draw, and was told after it."""
    with sound(lived(open_one, *LIVES, drawing(), rule=TICKETS)) as ledger:
        before, prizes = list_of(ledger), won(ledger)
        books(ledger, merging())
        for order in ("p-1", "p-2"):
            books(ledger, back(order, id=f"r-{order}", member="ben", day=day))
        assert (list_of(ledger).digest, won(ledger)) == (before.digest, prizes)


MONTHLY = (
    "{id: monthly, event: clock, every: month, give: {type: entry, raffle: summer, entries: 1}}"
)


def test_what_time_gave_before_the_draw_is_drawn_once(open_one: Opener) -> None:
    """Where the history is told again, time has passed before the draw is."""
    with sound(lived(open_one, LIVES[0], rule=MONTHLY)) as ledger:
        ledger.advance(datetime(2026, 8, 31, 23, tzinfo=UTC))
        books(ledger, drawing())
        before, prizes, handed = list_of(ledger), won(ledger), told(ledger)
        assert (len(before.entries), prizes) == (2, 500)
        late = ledger.record(buys("ana", "60.00", "late", "2026-07-15"))
        assert late.late and late.moved is not None, "it took its place"
        assert (list_of(ledger).digest, won(ledger), told(ledger)) == (
            before.digest,
            prizes,
            handed,
        )


def test_what_time_gives_everybody_is_an_entry_of_each(tmp_path: Path) -> None:
    """All were given by one instant; none is taken for another one, whoever has the last account."""
    winners: set[str] = set()
    for seed in map(str, range(12)):
        with sound(lived(opener("memory", tmp_path), *LIVES, rule=MONTHLY, winners=1)) as ledger:
            ledger.advance(datetime(2026, 8, 31, 23, tzinfo=UTC))
            there = list_of(ledger)
            owners = {entry: there.members[number - 1] for entry, number in there.entries}
            assert len(owners) == len(there.entries) == 6
            books(ledger, drawing(seed))
            [winner] = won_by_hand(owners, seed, 1, 1)
            assert int(ledger.balance(winner)["beans"].total) == won(ledger) == 500
            winners.add(winner)
    assert winners == {"ana", "ben", "cem"}


def test_what_is_due_before_the_draw_takes_part_in_it(open_one: Opener) -> None:
    """Nobody has to advance the clock first, and the record of the draw says what the list says."""
    with sound(lived(open_one, *LIVES, drawing(), rule=MONTHLY)) as ledger:
        assert (len(ids(ledger)), won(ledger)) == (6, 1000)
        assert any(list_of(ledger).digest in line for line in ledger.export())


@pytest.mark.parametrize(("member", "into"), [("ben", "ana"), ("ana", "cem")])
def test_what_time_gave_to_each_of_two_names_took_part_twice(
    open_one: Opener, member: str, into: str
) -> None:
    with sound(lived(open_one, *LIVES, drawing(), rule=MONTHLY, winners=3)) as ledger:
        before, prizes, handed = list_of(ledger), won(ledger), told(ledger)
        books(ledger, merging(member, into))
        after = list_of(ledger)
        assert after.digest == before.digest
        assert (won(ledger), told(ledger)) == (prizes, handed)
        books(ledger, buys("ben", "60.00", "late", "2026-07-15"))
        assert list_of(ledger).digest == before.digest


@pytest.mark.parametrize("rule", [TICKETS, MONTHLY])
def test_a_draw_that_is_told_when_members_have_bought_since_is_the_same(
    open_one: Opener, rule: str
) -> None:
    since = (buys("ana", "60.00", "p-4", "2026-09-10"), buys("dan", "60.00", "p-5", "2026-09-10"))
    with sound(lived(open_one, *LIVES, drawing(), *since, rule=rule)) as ledger:
        in_order, prizes = list_of(ledger), won(ledger)
    with sound(lived(open_one, *LIVES, *since, drawing(), rule=rule)) as ledger:
        assert (list_of(ledger), won(ledger)) == (in_order, prizes)
        assert any(in_order.digest in line for line in ledger.export())
        books(ledger, buys("ben", "60.00", "late", "2026-07-15"))
        assert (list_of(ledger), won(ledger)) == (in_order, prizes)


FEW = MONTHLY.replace("give:", "budget: {times: 3, per: ever}, give:")


@pytest.mark.parametrize("told_for", ["the-shop", "ana", "cem"])
def test_what_is_due_before_the_draw_and_scarce_takes_part_as_often_as_there_is_of_it(
    open_one: Opener, told_for: str
) -> None:
    """Nobody draws among entries that the budget did not give, and nobody wins without one."""
    draw = replace(drawing(), member=told_for)
    with sound(lived(open_one, *LIVES, draw, rule=FEW, winners=3)) as ledger:
        there = list_of(ledger)
        assert len(there.entries) == 3
        assert any(there.digest in line for line in ledger.export())
        members = ("ana", "ben", "cem")
        prizes = {one: int(ledger.balance(one)["beans"].total) for one in members}
        assert prizes == {one: 500 if one in there.members else 0 for one in members}
