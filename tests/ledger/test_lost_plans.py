"""Returns of purchases whose rules cannot be had again: booked all the same, in proportion, and said."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_rules import Receipt, Registry, RuleSet
from loyalty_rules.batch.booked import book_history
from loyalty_rules.planner import build, digest
from loyalty_rules.service.ledger import Ledger
from loyalty_rules.service.loading import load_text
from tests.batch.test_history import lines
from tests.ledger.shop import NOW, back, beans, bought, brought, opener, sound
from tests.plugins.samples import opaque, seven
from tests.semantics.shop import rules

NOTE = "plan_unavailable: the rules that decided the order `p-1` cannot be had again"
GIFTS = """\
ruleset: example
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, basis: {tax: included}, expiry: never, value: 0.01}
rules:
  - {id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}
  - {id: gift, event: purchase, give: {type: pebble.gift, program: beans}}
"""
BIG = "{id: big, event: purchase, when: order.total >= 100, give: {type: bonus, program: beans, points: 100}}"
BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"


def with_gifts(version: str = "") -> RuleSet:
    """Rules with a reward of a plugin: seven points on any order."""
    plugin = opaque(seven)
    plugin.__version__ = version  # type: ignore[attr-defined]
    return load_text(GIFTS, Registry.builtin().with_plugins(pebble=plugin))


def given_back(file: Path, today: RuleSet) -> Receipt:
    """A purchase of 60.00 and 40.00 is in the file; the 40.00 come back today."""
    with sound(opener("sqlite", file.parent)(today, file=file.name)) as ledger:
        receipt = ledger.record(back("p-1", ("2", 1)))
        assert receipt.status == "booked", receipt.refusal
        check_that_it_is_told(ledger, receipt)
        rest = ledger.record(back("p-1", id="c-1"))
        assert beans(ledger) == 0, "all of it came back"
        booked, back_in_all = first_points(ledger), receipt.points["beans"] + rest.points["beans"]
        assert booked + back_in_all == 0
        return receipt


def check_that_it_is_told(ledger: Ledger, receipt: Receipt) -> None:
    assert [note[: len(NOTE)] for note in receipt.notes] == [NOTE]
    item = ledger.statement("m-1").history[-1]
    assert item.notes == receipt.notes
    assert {one.reason for one in item.gave} == {"plan_unavailable"}
    assert receipt.decision is not None
    told = str(receipt.decision.explain())
    assert "the rules of that day cannot be had again" in told
    assert "rules.yaml:" not in told, "no line of today's file gave these points"
    assert ledger.record(back("p-1", ("2", 1))).notes == receipt.notes


def first_points(ledger: Ledger) -> int | Decimal:
    return ledger.statement("m-1").history[0].points["beans"]


def book(file: Path, then: RuleSet) -> None:
    with opener("sqlite", file.parent)(then, file=file.name) as ledger:
        assert ledger.record(bought("60.00", "40.00")).status == "booked"


def test_a_plugin_that_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    book(file, with_gifts())
    assert given_back(file, rules()).points == {"beans": -43}  # 107 less 64.2, rounded down


def test_a_plugin_of_another_version(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    book(file, with_gifts("1"))
    assert given_back(file, with_gifts("2")).points == {"beans": -43}


def test_a_text_that_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    big = rules(BASE, BIG)
    book(file, big)
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM loyalty_rule_texts WHERE digest = ?", (big.digest,))
    connection.close()
    assert given_back(file, rules()).points == {"beans": -80}  # judged again it would be 140


def test_a_text_that_means_something_else_by_now(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    big = rules(BASE, BIG)
    book(file, big)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE loyalty_rule_texts SET text = replace(text, '100', '1000')")
    connection.close()
    assert given_back(file, rules()).points == {"beans": -80}


@pytest.mark.parametrize(
    "place",
    [
        pytest.param((digest, "SEMANTICS", 0), id="another engine"),
        pytest.param((build, "database_version", lambda: "1999z"), id="another database of zones"),
    ],
)
def test_rules_that_another_machine_decided(
    place: tuple[object, str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shop.db"
    with monkeypatch.context() as then:
        then.setattr(*place)
        book(file, rules(BASE, BIG))
    assert given_back(file, rules(BASE, BIG)).points == {"beans": -80}


def test_a_return_that_touches_orders_of_known_and_of_lost_rules(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    book(file, with_gifts())
    with sound(opener("sqlite", tmp_path)(file="shop.db")) as ledger:
        ledger.record(bought("50.00", id="p-2", day="2026-03-11"))
        receipt = ledger.record(brought(("A", 2, "90.00"), ("B", 1, "1.00")))
        assert receipt.points == {"beans": -50 - 65}  # the 50.00, and 60.00 of 100.00 of 107
        assert [note.split(":")[0] for note in receipt.notes] == ["1 of `B`", "plan_unavailable"]


def test_a_return_that_waited_for_a_purchase_is_judged_by_the_rules_that_booked_it(
    tmp_path: Path,
) -> None:
    """The rules in force when it came do not matter, and nothing is lost."""
    file = tmp_path / "shop.db"
    with opener("sqlite", tmp_path)(with_gifts(), file="shop.db") as ledger:
        assert ledger.record(back("p-1", ("2", 1))).status == "held"
    with sound(opener("sqlite", tmp_path)(rules(BASE, BIG), file=file.name)) as ledger:
        [released] = ledger.record(bought("60.00", "40.00")).released
        assert released.points == {"beans": -140}
        assert released.notes == ()


def test_a_run_counts_such_a_return_as_matched(tmp_path: Path) -> None:
    """The note is about the rules, not about goods that nobody bought."""
    file = tmp_path / "shop.db"
    book(file, with_gifts())
    with opener("sqlite", tmp_path)(rules(), file=file.name) as ledger:
        found = book_history(
            ledger,
            lines([back("p-1", ("2", 1)), brought(("A", 2, "1.00"), id="r-2", day="2026-03-13")]),
            NOW.toordinal(),
            lambda receipt: None,
            lambda total: None,
        )
    assert {name: count for name, count in found.returns.items() if count} == {
        "matched": 1,
        "partly_matched": 1,
    }
    assert found.taken == {"beans": 107}


def test_a_plugin_that_came_later_does_not_make_earlier_rules_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    book(file, rules(BASE, BIG))
    with sound(opener("sqlite", tmp_path)(with_gifts("2"), file=file.name)) as ledger:
        receipt = ledger.record(back("p-1", ("2", 1)))
        assert receipt.points == {"beans": -140}
        assert receipt.notes == ()
