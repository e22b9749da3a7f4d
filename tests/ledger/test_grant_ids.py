"""One id of a grant is always the same thing by the same rule, whichever rules fire beside it: when two
members turn out to be one, nothing that one of them has is taken for something else of the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger
from loyalty_rules.base.records import replace
from loyalty_rules.service.raffle_entries import entries_among
from tests.ledger.shop import STORES, Opener, opener, sound
from tests.ledger.test_drawn_entries import NOW, books, merging
from tests.ledger.test_raffles import SUMMER, buys, drawing
from tests.semantics.shop import rules

BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"
PROGRAMS = (
    SUMMER % (2, 1)
    + """
autumn:
  type: raffle
  closes: 2026-08-31
  winners: 1
  per_member: 1
  give: {type: bonus, program: beans, points: 7}
status:
  type: tiers
  window: ever
  levels: [{id: basic}, {id: rich, at: {beans.base: 30}}]
"""
)
TABLES = "tables: {of_level: {keys: {level: exact}, rows: {basic: 0, rich: 1}}}"
RULES = {
    "two rules of the clock": (
        "{id: a-rich, event: clock, every: month, when: beans.balance >= 30,"
        " give: {type: entry, raffle: autumn, entries: 1}}",
        "{id: b-all, event: clock, every: month, give: {type: entry, raffle: summer, entries: 1}}",
    ),
    "two rules of purchases": (
        "{id: a-first, event: purchase, limit: {times: 1},"
        " give: {type: entry, raffle: autumn, entries: 1}}",
        "{id: b-each, event: purchase, give: {type: entry, raffle: summer, entries: 1}}",
    ),
    "one rule of the clock": (
        "{id: both, event: clock, every: month, give:"
        ' [{type: entry, raffle: autumn, entries: "of_level(status.level)"},'
        " {type: entry, raffle: summer, entries: 1}]}",
    ),
}
GRANTS = {
    "two rules of the clock": {"autumn": "/a-rich/g1", "summer": "/b-all/g1"},
    "two rules of purchases": {"autumn": "/a-first/g1", "summer": "/b-each/g1"},
    "one rule of the clock": {"autumn": "/both/g1", "summer": "/both/g2"},
}
LIVES = (
    buys("ana", "40.00", "p-1", "2026-07-01"),
    buys("ben", "20.00", "p-2", "2026-07-02"),
    buys("cem", "40.00", "p-3", "2026-07-03"),
)


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def opened(open_one: Opener, written: str) -> Ledger:
    """A ledger with two raffles, in one of which is everybody."""
    world = rules(BASE, *RULES[written], programs=PROGRAMS, more=TABLES)
    return open_one(world, now=lambda: NOW)


def draws(first: str) -> list[Event]:
    """The draws of both raffles, one a day after the other."""
    second = "summer" if first == "autumn" else "autumn"
    return [
        replace(
            drawing(id=f"draw-{raffle}", day=f"2026-09-0{day}"),
            fields={"raffle": raffle, "seed": "4711"},
        )
        for day, raffle in enumerate((first, second), 1)
    ]


def lists(ledger: Ledger) -> dict[str, tuple[str, list[str]]]:
    """Digest and entries of both raffles."""
    found = {raffle: entries_among(ledger.states(), raffle) for raffle in ("summer", "autumn")}
    return {
        raffle: (one.digest, sorted(entry for entry, _ in one.entries))
        for raffle, one in found.items()
    }


@pytest.mark.parametrize("first", ["summer", "autumn"])
@pytest.mark.parametrize("written", RULES)
def test_no_draw_loses_an_entry_to_that_of_another_raffle(
    open_one: Opener, written: str, first: str
) -> None:
    """A rule fired for one of two names and not for the other, or fires no more for both together."""
    with sound(opened(open_one, written)) as ledger:
        books(ledger, *LIVES, *draws(first))
        before = lists(ledger)
        assert all(entries for _, entries in before.values())
        for other in ("ben", "cem"):
            books(ledger, merging(other, "ana"))
            assert lists(ledger) == before
        late = ledger.record(buys("cem", "60.00", "late", "2026-07-02"))
        assert late.late and lists(ledger) == before


@pytest.mark.parametrize("written", RULES)
def test_the_id_of_a_grant_says_by_which_rule_it_is(open_one: Opener, written: str) -> None:
    """Entries in the raffle that everybody is in have one number there, whoever is in the other one, too."""
    with sound(opened(open_one, written)) as ledger:
        books(ledger, *LIVES, *draws("summer"))
        for raffle, (_, entries) in lists(ledger).items():
            assert entries
            for entry in entries:
                assert entry.rpartition("/")[0].endswith(GRANTS[written][raffle])
