"""``loyalty-rules quote``: proposals from a file of events and from a ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import RULES, purchase

REWARDS = """
rewards:
  off: {cost: {program: beans, points: 10}, give: {type: discount, amount: 1.00}, share_at_most: 50 %}
"""
CART = {
    "member": "ana",
    "occurred_at": "2026-04-01T12:00:00+02:00",
    "currency": "EUR",
    "lines": [{"quantity": 1, "amount": "7.00"}],
}


@pytest.fixture
def shop(folder: Path) -> Path:
    (folder / "rules.yaml").write_text(RULES + REWARDS, "utf-8")
    (folder / "cart.json").write_text(json.dumps(CART), "utf-8")
    (folder / "year.jsonl").write_text(json.dumps(purchase("a", 2, "60.00")) + "\n", "utf-8")
    return folder


def test_a_quote_after_a_history(shop: Path, run: Callable[..., Result]) -> None:
    result = run("quote", "rules.yaml", "cart.json", "--history", "year.jsonl")
    assert result.exit_code == 0
    assert result.output == (
        "take 3 x off for 30 beans, worth 3.00 EUR\n"
        "left to pay: 4.00 EUR\n"
        "\n"
        "off\n"
        "    3 proposed, at most 3\n"
        "    bound by `share_at_most`, then `cost`\n"
    )


def test_a_quote_from_a_ledger_as_data(shop: Path, run: Callable[..., Result]) -> None:
    store = "sqlite:///club.db"
    assert run("run", "rules.yaml", "year.jsonl", "--store", store).exit_code == 0
    result = run("quote", "rules.yaml", "cart.json", "--store", store, "--format", "json")
    told = json.loads(result.output)
    assert (told["take"], told["points"], told["cash_minor"]) == ({"off": 3}, {"beans": 30}, 400)


def test_a_new_member_has_nothing_to_spend(shop: Path, run: Callable[..., Result]) -> None:
    result = run("quote", "rules.yaml", "cart.json", "--format", "json")
    told = json.loads(result.output)
    assert told["take"] == {}
    assert told["rewards"][0]["reason"] == "insufficient_points"


@pytest.mark.parametrize(
    ("cart", "said"),
    [
        ({"member": "ana", "currency": "EUR"}, "missing_field"),
        ({"currency": "EUR", "lines": CART["lines"]}, "`member` is missing"),
        ({**CART, "currency": "USD"}, "other_currency"),
    ],
)
def test_a_cart_with_a_mistake(
    shop: Path, run: Callable[..., Result], cart: dict[str, object], said: str
) -> None:
    (shop / "cart.json").write_text(json.dumps(cart), "utf-8")
    result = run("quote", "rules.yaml", "cart.json")
    assert result.exit_code == 1
    assert said in result.output


def test_a_quote_has_one_source_of_points(shop: Path, run: Callable[..., Result]) -> None:
    both = ("--history", "year.jsonl", "--store", "sqlite:///club.db")
    assert run("quote", "rules.yaml", "cart.json", *both).exit_code == 2


def living(member: str, name: str) -> dict[str, object]:
    at = f"2026-03-0{name}T10:00:00+01:00"
    head = {"id": f"h-{name}", "type": "household", "member": member, "occurred_at": at}
    return {**head, "household": "elm-street-9"}


@pytest.mark.parametrize("where", ["history", "store"])
@pytest.mark.parametrize("member", ["ana", "ben"])
def test_a_member_is_quoted_what_he_has_under_all_his_names(
    shop: Path, run: Callable[..., Result], where: str, member: str
) -> None:
    merge = {"id": "m", "type": "merge", "member": "ben", "into": "ana"}
    events = [
        purchase("a", 2, "20.00"),
        purchase("b", 3, "15.00", "ben"),
        {**merge, "occurred_at": "2026-03-04T12:00:00+01:00"},
    ]
    (shop / "year.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in events), "utf-8")
    (shop / "cart.json").write_text(json.dumps({**CART, "member": member}), "utf-8")
    store = "sqlite:///club.db"
    assert run("run", "rules.yaml", "year.jsonl", "--store", store).exit_code == 0
    given = ("--store", store) if where == "store" else ("--history", "year.jsonl")
    quote = run("quote", "rules.yaml", "cart.json", "--format", "json", *given)
    assert json.loads(quote.output)["take"] == {"off": 3}


@pytest.mark.parametrize("where", ["history", "store"])
def test_what_a_household_has_is_quoted_told_and_counted(
    shop: Path, run: Callable[..., Result], where: str
) -> None:
    text = (shop / "rules.yaml").read_text("utf-8")
    shared = text.replace("expiry: never}", "expiry: never, shared_by: household}", 1)
    (shop / "rules.yaml").write_text(shared, "utf-8")
    events = [living("ana", "3"), living("ben", "4"), purchase("b", 5, "60.00", "ben")]
    (shop / "year.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in events), "utf-8")
    store = "sqlite:///club.db"
    assert run("run", "rules.yaml", "year.jsonl", "--store", store).exit_code == 0
    given = ("--store", store) if where == "store" else ("--history", "year.jsonl")
    quote = run("quote", "rules.yaml", "cart.json", "--format", "json", *given)
    assert json.loads(quote.output)["take"] == {"off": 3}
    assert (
        "beans: 0 available; the household has 60" in run("member", "ana", "--store", store).output
    )
    spent = {**CART, "id": "r-1", "type": "redemption", "take": {"off": 3}}
    events.append(spent)
    (shop / "year.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in events), "utf-8")
    done = run("run", "rules.yaml", "year.jsonl", "--format", "json")
    counted = json.loads(done.output)
    assert (counted["points"], counted["taken_back"], counted["spent"]) == (
        {"beans": 60},
        {"beans": 0},
        {"beans": 30},
    )
