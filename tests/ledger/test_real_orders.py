"""Real rows of the year: what one customer bought and cancelled after sixteen minutes."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger, RuleSet, open_ledger, parse_event
from loyalty_rules.batch.csv_import import CsvImport
from loyalty_rules.batch.mapping import read_mapping
from loyalty_rules.service.loading import load_text
from tests.batch.test_online_retail import DATA, MAPPING, RULES, needs_the_data
from tests.ledger.shop import STORES, opener, sound

CUSTOMER = "12346"
"""Invoice 541431 of 77,183.60 on 18 January 2011, 10:01, and its cancellation C541433 at 10:17."""

pytestmark = needs_the_data


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """Everything of this customer, imported as the year is."""
    rows = tmp_path_factory.mktemp("rows") / "rows.csv"
    with gzip.open(DATA, "rb") as year, rows.open("wb") as out:
        out.write(next(year))
        out.writelines(line for line in year if f",{CUSTOMER},".encode() in line)
    mapping, _ = read_mapping(MAPPING.read_bytes(), MAPPING.name)
    assert mapping is not None
    made, sink = CsvImport(mapping), io.BytesIO()
    made.add_files([str(rows)])
    made.write(sink)
    return [parse_event(line) for line in sink.getvalue().splitlines()]


def rules(on_return: str) -> RuleSet:
    """The year's rule set, under which a return counts for levels at once, or not before the review."""
    text = RULES.read_text("utf-8")
    assert "on_return" not in text
    keep = "    keep: {through: window}\n"
    assert text.count(keep) == 1
    return load_text(text.replace(keep, f"{keep}    on_return: {on_return}\n"))


def standing(ledger: Ledger) -> tuple[object, str]:
    """Points and level of the customer."""
    statement = ledger.statement(f"m-{CUSTOMER}")
    return statement.balances["points"].total, statement.levels[0].level


@pytest.fixture(params=STORES)
def clock(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Ledger, list[datetime]]]:
    """A ledger under ``immediate``, and the time that it believes it is."""
    now = [datetime(2011, 1, 18, 10, 5, tzinfo=UTC)]
    open_one = opener(request.param, tmp_path)
    with sound(open_one(rules("immediate"), now=lambda: now[0])) as ledger:
        yield ledger, now


def test_the_rows_are_one_order_and_its_return(events: list[Event]) -> None:
    assert [(one.type, one.id) for one in events] == [
        ("purchase", "inv-541431"),
        ("return", "ret-C541433"),
    ]


def test_at_once_neither_points_nor_a_level_are_left_of_77183_60(
    events: list[Event], clock: tuple[Ledger, list[datetime]]
) -> None:
    ledger, now = clock
    bought, back = events
    assert ledger.record(bought).points == {"points": 77_183}
    assert standing(ledger) == (77_183, "platinum")
    now[0] = datetime(2011, 1, 18, 10, 30, tzinfo=UTC)
    receipt = ledger.record(back)
    assert (receipt.status, receipt.points, receipt.notes) == ("booked", {"points": -77_183}, ())
    assert standing(ledger) == (0, "member")
    [state] = ledger.states()
    assert not state.lots and not state.deficits and not state.counters


def test_until_the_review_the_level_stays_and_the_points_do_not(events: list[Event]) -> None:
    now = [datetime(2011, 1, 19, tzinfo=UTC)]
    with open_ledger("memory:", rules("keep_until_review"), now=lambda: now[0]) as ledger:
        ledger.record_many(events)
        assert standing(ledger) == (0, "platinum")
        now[0] = datetime(2012, 1, 17, 12, tzinfo=UTC)
        assert standing(ledger) == (0, "platinum")
        now[0] = datetime(2012, 1, 18, 12, tzinfo=UTC)
        assert standing(ledger) == (0, "member")
