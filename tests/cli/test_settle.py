"""``loyalty-rules settle`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loyalty_rules.cli import main
from tests.postgres.shared import new_url

RULES = """\
ruleset: town
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  points: {type: points, basis: {tax: included}, expiry: never, value: 0.0085}
  gym: {type: partner, pays_per_point_issued: 0.0100}
  shop: {type: partner, is_paid_per_point_redeemed: 0.0085, sources: [shop-till]}
rules:
  - {id: base, event: purchase, give: {type: points, program: points, points: 1, per: 1.00}}
rewards:
  point: {cost: {program: points, points: 1}, give: {type: perk, name: thanks}}
"""


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger with 1,000 points of the gym, of which 601 were spent with the shop."""
    rules, events = tmp_path / "rules.yaml", tmp_path / "events.jsonl"
    rules.write_text(RULES, "utf-8")
    line = {"sku": "B", "quantity": 1, "amount": "1000.00"}
    head = {"member": "m-1", "partner": "gym", "currency": "EUR"}
    bought = {
        "id": "p-1", "type": "purchase", "occurred_at": "2026-03-10T12:00:00Z", "lines": [line],
    }  # fmt: skip
    spent = {"id": "r-1", "type": "redemption", "occurred_at": "2026-03-11T12:00:00Z"}
    spent |= {"member": "m-1", "partner": "shop", "take": {"point": 601}}
    texts = [json.dumps({**head, **bought}), json.dumps(spent)]
    events.write_text("\n".join(texts) + "\n", "utf-8")
    url = f"sqlite:///{tmp_path / 'town.db'}" if request.param == "sqlite" else new_url()
    called("run", rules, events, "--store", url)
    return url


def called(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


def settled(store: str, *more: str, code: int = 0) -> Result:
    return called("settle", "--store", store, *more, code=code)


EVER = ("--from", "2026-01-01", "--through", "2199-12-31")


def test_statements_are_said_with_what_rounding_left(store: str) -> None:
    text = settled(store, *EVER).stdout
    assert "points issued                                        1,000          10.00" in text
    assert "points taken in payment                                601          -5.11" in text
    assert "(exact -5.1085)" in text
    assert "399 points: paid 3.99, liability 3.3915, margin still in it 0.5985" in text
    [last] = [line for line in text.splitlines() if line.startswith("debits")]
    debits, credits = last.removeprefix("debits ").split(" = credits ")
    assert debits == credits


def test_the_same_as_data_and_as_rows(store: str) -> None:
    data = json.loads(settled(store, *EVER, "--format", "json").stdout)
    owes = {one["partner"]: one["owes"] for one in data["partners"]}
    assert owes == {"gym": "10.00", "shop": "-5.11"}
    assert data["debits"] == data["credits"] and data["closed"] is False
    rows = settled(store, *EVER, "--format", "csv").stdout.splitlines()
    assert rows[0].split(",")[:4] == ["kind", "book", "party", "program"]
    assert len(rows) == 1 + 7


def test_events_of_a_partners_credential_are_its_own(tmp_path: Path, store: str) -> None:
    """The shop gives no points: an order in its name is refused, unless it gives none."""
    events = tmp_path / "shop.jsonl"
    line = {"sku": "B", "quantity": 1, "amount": "10.00"}
    head = {"type": "purchase", "member": "m-2", "currency": "EUR", "lines": [line]}
    at = {"occurred_at": "2026-03-12T12:00:00Z"}
    texts = [json.dumps({**head, **at, "id": "s-1"})]
    texts.append(json.dumps({**head, **at, "id": "s-2", "partner": "gym"}))
    events.write_text("\n".join(texts) + "\n", "utf-8")
    rules = tmp_path / "rules.yaml"
    said = called("run", rules, events, "--store", store, "--source", "shop-till").stdout
    assert "partner_without_rate" in said and "other_partner" in said


def test_a_period_without_bookings_is_empty_and_balances(store: str) -> None:
    text = settled(store, "--from", "2025-01-01", "--through", "2025-12-31").stdout
    assert "(closed)" in text and "debits 0.00 = credits 0.00" in text


@pytest.mark.parametrize(
    ("first", "last", "code", "said"),
    [
        pytest.param("2026-02-01", "2026-01-01", 1, "backwards", id="backwards"),
        pytest.param("2198-01-01", "2198-12-31", 1, "from_the_future", id="not begun"),
        pytest.param("yesterday", "2026-01-01", 2, "--from", id="no day"),
    ],
)
def test_a_period_that_cannot_be_is_refused(store, first, last, code, said) -> None:
    result = settled(store, "--from", first, "--through", last, code=code)
    assert said in result.stderr


def test_days_in_which_nothing_was_booked_say_so(store: str) -> None:
    """The orders are of March; they are settled on the day on which they were booked."""
    march = settled(store, "--from", "2026-03-01", "--through", "2026-03-31").stdout
    assert "nothing was booked in these days; what counts is when something was booked" in march
    assert "nothing was booked" not in settled(store, *EVER).stdout
