"""Where a member stands, as his statement says it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from loyalty_rules import open_ledger, parse_event
from loyalty_rules.service.accounts import Standing
from tests.semantics.shop import BASE, purchase, rules

STATUS = """\
status:
  type: tiers
  window: year
  levels:
    - {id: basic}
    - {id: silver, at: {beans.base: 1000}}
    - {id: gold, at: {beans.base: 2000}}
  keep: {through: next_window, then: one_down, grace: 30 days}
"""
LOOKED = (
    datetime(2026, 11, 20, 12, tzinfo=UTC),
    datetime(2027, 12, 31, 12, tzinfo=UTC),
    datetime(2028, 1, 30, 12, tzinfo=UTC),
    datetime(2028, 2, 1, 12, tzinfo=UTC),
    datetime(2029, 2, 1, 12, tzinfo=UTC),
)


def standings() -> Iterator[Standing]:
    """What a member is told who reached gold in November 2026 and then did nothing."""
    clock = [LOOKED[0]]
    rule_set = rules(BASE, programs=STATUS)
    with open_ledger("memory:", rule_set, now=lambda: clock[0]) as ledger:
        ledger.record(parse_event(purchase("2000.00", at="2026-11-15T12:00:00Z")))
        for instant in LOOKED:
            clock[0] = instant
            [standing] = ledger.statement("m-1").levels
            yield standing


def test_a_statement_says_since_when_and_through_which_day_a_level_lasts() -> None:
    """Read after time has passed, whether anybody advanced the account or not."""
    told = [(one.level, one.since and f"{one.since:%Y-%m-%d}", one.through) for one in standings()]
    assert told == [
        ("gold", "2026-11-15", "2027-12-31"),
        ("gold", "2026-11-15", "2027-12-31"),
        ("gold", "2026-11-15", "2027-12-31"),
        ("silver", "2028-01-30", "2028-12-31"),
        ("basic", "2029-01-30", ""),
    ]


def test_a_statement_says_what_the_next_level_asks_for() -> None:
    assert [(one.next, one.missing) for one in standings()] == [
        ("", ()),
        ("", ()),
        ("", ()),
        ("gold", ("2000 beans",)),
        ("silver", ("1000 beans",)),
    ]
