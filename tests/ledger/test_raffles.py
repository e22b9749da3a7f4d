"""A draw over the entries of all members: anybody can repeat it, it is made once, and what is booked with it
is one transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger, RuleSet, parse_event
from loyalty_rules.service.raffle_entries import entries_among
from tests.ledger.shop import STORES, Opener, opener, sound
from tests.semantics.shop import purchase, rules

TICKETS = "{id: tickets, event: purchase, give: {type: entry, raffle: summer, entries: 1, per_full: 20.00}}"
SUMMER = """
summer:
  type: raffle
  closes: 2026-08-31
  winners: %d
  per_member: %d
  give: [{type: bonus, program: beans, points: 500}, {type: product, sku: BIKE}]
"""


def raffle(winners: int = 3, per_member: int = 1) -> RuleSet:
    return rules(TICKETS, programs=SUMMER % (winners, per_member))


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def buys(member: str, amount: str, id: str, day: str = "2026-07-01") -> Event:
    sent = purchase(amount, at=f"{day}T12:00:00Z", id=id)
    return parse_event({**sent, "member": member})


def drawing(seed: str = "4711", day: str = "2026-09-01", id: str = "draw-1") -> Event:
    return parse_event(
        {
            "id": id,
            "type": "draw",
            "member": "the-shop",
            "occurred_at": f"{day}T12:00:00Z",
            "raffle": "summer",
            "seed": seed,
        }
    )


def filled(ledger: Ledger, members: int = 12) -> dict[str, str]:
    """Members who bought for 20.00 to 80.00; all entries, each with its member."""
    owners = {}
    for number in range(members):
        full = number % 4 + 1
        ledger.record(buys(f"m-{number}", f"{20 * full}.00", f"p-{number}"))
        owners.update(
            {f"/p-{number}/tickets/g1/{one}": f"m-{number}" for one in range(1, full + 1)}
        )
    return owners


def won_by_hand(owners: dict[str, str], seed: str, winners: int, per_member: int) -> list[str]:
    """The draw as a member would repeat it from the page."""
    won: list[str] = []
    for entry in sorted(owners, key=lambda one: sha256(f"{seed}\n{one}".encode()).hexdigest()):
        if len(won) < winners and won.count(owners[entry]) < per_member:
            won.append(owners[entry])
    return won


@pytest.mark.parametrize(("winners", "per_member"), [(3, 1), (10, 2), (50, 9)])
def test_anybody_can_repeat_a_draw(open_one: Opener, winners: int, per_member: int) -> None:
    with sound(open_one(raffle(winners, per_member))) as ledger:
        owners = filled(ledger)
        receipt = ledger.record(drawing())
        assert receipt.status == "booked"
        won = won_by_hand(owners, "4711", winners, per_member)
        for member in {*owners.values()}:
            assert ledger.balance(member)["beans"].available == 500 * won.count(member)


def test_a_raffle_is_drawn_once(open_one: Opener) -> None:
    with sound(open_one(raffle())) as ledger:
        filled(ledger)
        assert ledger.record(drawing()).status == "booked"
        assert ledger.record(drawing()).status == "duplicate"
        for seed, code in (("4711", "already_drawn"), ("4712", "drawn_with_another_seed")):
            again = ledger.record(drawing(seed, id=f"again-{seed}"))
            assert again.refusal is not None and again.refusal.code == code
        both = [drawing("1", id="a"), drawing("2", id="b")]
        assert {one.status for one in ledger.record_many(both)} == {"refused"}


def test_two_draws_of_one_batch_are_one_draw(open_one: Opener) -> None:
    with sound(open_one(raffle())) as ledger:
        owners = filled(ledger)
        first, second = ledger.record_many([drawing("1", id="a"), drawing("2", id="b")])
        assert first.status == "booked" and second.refusal is not None
        assert second.refusal.code == "drawn_with_another_seed"
        total = sum(int(ledger.balance(one)["beans"].available) for one in {*owners.values()})
        assert total == 3 * 500


def test_before_it_closes_nothing_is_drawn(open_one: Opener) -> None:
    with sound(open_one(raffle())) as ledger:
        filled(ledger)
        early = ledger.record(drawing(day="2026-08-31"))
        assert early.refusal is not None and early.refusal.code == "raffle_not_closed"


def test_who_buys_in_the_batch_of_the_draw_takes_part(open_one: Opener) -> None:
    with sound(open_one(raffle(1))) as ledger:
        batch = [buys("new", "20.00", "p-new", "2026-08-01"), drawing()]
        assert {one.status for one in ledger.record_many(batch)} == {"booked"}
        assert ledger.balance("new")["beans"].available == 500


def test_an_entry_that_comes_late_after_the_draw_is_in_none(open_one: Opener) -> None:
    with sound(open_one(raffle())) as ledger:
        owners = filled(ledger)
        ledger.record(drawing())
        before = entries_among(ledger.states(), "summer")
        ledger.record(buys("late", "60.00", "p-late", "2026-08-30"))
        ledger.record(buys("m-0", "60.00", "p-late-too", "2026-08-30"))
        after = entries_among(ledger.states(), "summer")
        assert before.entries == after.entries and len(before.entries) == len(owners)


def test_nobody_has_to_take_part(open_one: Opener) -> None:
    with sound(open_one(raffle())) as ledger:
        assert ledger.record(drawing()).status == "booked"
        again = ledger.record(drawing(id="again"))
        assert again.refusal is not None and again.refusal.code == "already_drawn"


def test_what_comes_late_after_a_draw_is_told_among_the_draws_of_its_member(
    open_one: Opener,
) -> None:
    now = {"now": lambda: datetime(2026, 9, 2, tzinfo=UTC)}
    with sound(open_one(raffle(winners=1), **now)) as ledger:
        owners = filled(ledger, members=2)
        ledger.record(drawing())
        [winner] = won_by_hand(owners, "4711", 1, 1)
        receipt = ledger.record(buys(winner, "5.00", "late", day="2026-08-30"))
        assert (receipt.status, receipt.late) == ("booked", True)
        assert receipt.moved is not None, "it took its place"
        assert ledger.balance(winner)["beans"].available == 500
