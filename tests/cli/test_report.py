"""``loyalty-rules report`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loyalty_rules.cli import main
from tests.ledger.hands import did
from tests.postgres.shared import new_url

RULES = """\
ruleset: club
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, basis: {tax: included}, expiry: never, value: 0.01}
rules:
  - {id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}
rewards:
  point: {cost: {program: beans, points: 1}, give: {type: perk, name: thanks}}
"""


def called(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger in which one member earned 1,000 beans and spent 250."""
    rules, events = tmp_path / "rules.yaml", tmp_path / "events.jsonl"
    rules.write_text(RULES, "utf-8")
    line = {"sku": "B", "quantity": 1, "amount": "1000.00"}
    head = {"member": "m-1", "occurred_at": "2026-03-10T12:00:00Z"}
    bought = {**head, "id": "p-1", "type": "purchase", "currency": "EUR", "lines": [line]}
    spent = {**head, "id": "r-1", "type": "redemption", "occurred_at": "2026-03-11T12:00:00Z"}
    texts = [json.dumps(bought), json.dumps({**spent, "take": {"point": 250}})]
    events.write_text("\n".join(texts) + "\n", "utf-8")
    url = f"sqlite:///{tmp_path / 'club.db'}" if request.param == "sqlite" else new_url()
    called("run", rules, events, "--store", url)
    return url


def test_figures_are_said_with_what_was_assumed(store: str) -> None:
    text = called("report", "--store", store, "--expected", "75 %").stdout
    assert "assumed: 75 % of points are spent, margin 100 %, discount 10 % a period" in text
    assert "redemption rate" in text and "25 %" in text
    assert "5.62" in text, "750 beans at 0.01, of which 75 % are expected to be spent: 5.625"
    assert "reconciled beans: issued -1,000, reversed 0, spent 250, expired 0, lots 750" in text
    assert text.endswith("entries and postings say the same\n")


def test_the_same_as_data(store: str) -> None:
    data = json.loads(called("report", "--store", store, "--format", "json").stdout)
    assert data["agrees"] is True and data["members"] == 1
    assert data["programs"]["beans"]["liability"] == "7.50"
    assert data["net_promoter_score"] == {"score": None, "answers": 0}


def test_what_was_changed_in_the_postings_is_told(store: str) -> None:
    assert did(store, "UPDATE loyalty_postings SET points = 900 WHERE points = 1000")
    text = called("report", "--store", store, code=1).stdout
    assert "DIFFERENCE: members hold 750, the book `lots` 650" in text
    assert "THE LEDGER DOES NOT AGREE" in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(("--at", "2199-01-01"), 1, "from_the_future", id="the future"),
        pytest.param(("--expected", "0.75"), 2, "write a share", id="no share"),
        pytest.param(("--expected", "101 %"), 2, "write a share", id="more than all"),
        pytest.param(("--days", "0"), 2, "--days", id="no period"),
    ],
)
def test_what_cannot_be_asked_is_refused(store, words, code, said) -> None:
    assert said in called("report", "--store", store, *words, code=code).stderr


def test_an_empty_ledger_has_no_figures(store: str) -> None:
    text = called("report", "--store", store, "--at", "2020-01-01").stdout
    assert "retention                                  unknown" in text
