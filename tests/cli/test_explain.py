"""``explain`` shows why, with the member's own past before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import EVENTS, RULES, Run, purchase, write_events


@pytest.fixture(autouse=True)
def order(folder: Path) -> Path:
    path = folder / "order.json"
    path.write_text(json.dumps(EVENTS[2], indent=2), "utf-8")
    return path


def test_a_new_member_has_no_past(run: Run) -> None:
    result = run("explain", "rules.yaml", "order.json")
    assert result.exit_code == 0
    assert "gives 50 beans" in result.stdout.splitlines()
    assert '    `status.level >= "gold"`: no, it was green' in result.stdout.splitlines()


def test_the_history_is_decided_up_to_the_event(run: Run) -> None:
    result = run("explain", "rules.yaml", "order.json", "--history", "year.jsonl")
    lines = result.stdout.splitlines()
    assert "gives 90 beans" in lines
    assert "base: gave 40 beans" in lines
    assert "    the limit of this rule, 100 points a month, takes 10 beans away; 40 left" in lines
    assert '    `status.level >= "gold"`: yes, it was gold' in lines


def test_json_adds_up_too(run: Run) -> None:
    result = run(
        "explain", "rules.yaml", "order.json", "--history", "year.jsonl", "--format", "json"
    )
    found = json.loads(result.stdout)
    assert found["points"] == {"beans": 90}
    given = [share["points"] for rule in found["rules"] for share in rule["points"]]
    assert sum(given) == 90
    assert found["history"] == {"decided": 2, "refused": {}}
    assert found["rules"][0]["file"] == "rules.yaml"


def test_the_event_may_come_by_standard_input_with_any_line_ends(run: Run) -> None:
    text = "\ufeff" + json.dumps(EVENTS[2], indent=2).replace("\n", "\r\n")
    result = run("explain", "rules.yaml", "-", input=text.encode())
    assert "gives 50 beans" in result.stdout


def test_what_of_the_history_does_not_count_is_said_beside_it(run: Run, folder: Path) -> None:
    wrong = {**purchase("x", 1, "9.00"), "currency": "USD"}
    write_events(folder / "year.jsonl", [wrong, *EVENTS])
    result = run("explain", "rules.yaml", "order.json", "--history", "year.jsonl")
    assert "gives 90 beans" in result.stdout
    assert "not counted of the history: 1 as other_currency" in result.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param("", "empty_file", id="empty"),
        pytest.param("[]", "one JSON object", id="a list"),
        pytest.param('{"id": "a"}', "missing_field", id="half an event"),
        pytest.param(
            json.dumps(EVENTS[0]) + "\n" + json.dumps(EVENTS[1]), "not JSON", id="two events"
        ),
    ],
)
def test_a_wrong_event_is_one_sentence_and_exit_1(
    run: Run, order: Path, content: str, told: str
) -> None:
    order.write_text(content, "utf-8")
    result = run("explain", "rules.yaml", "order.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("order.json: ")
    assert told in result.stderr


def test_mistakes_in_the_rules_come_first(run: Run, folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("points: 5", "points: five"), "utf-8")
    result = run("explain", "rules.yaml", "order.json")
    assert result.exit_code == 1
    assert "rules.yaml:14" in result.stderr


def test_a_return_is_explained_with_its_order_among_the_history(run: Run, folder: Path) -> None:
    back = {"id": "r", "type": "return", "member": "ana", "occurred_at": "2026-03-05T12:00:00Z"}
    linked = {**back, "order": "b", "lines": [{"line": "1", "quantity": 1}]}
    (folder / "back.json").write_text(json.dumps(linked), "utf-8")
    alone = run("explain", "rules.yaml", "back.json")
    assert "a return is decided with the record of its order" in alone.stdout
    told = run("explain", "rules.yaml", "back.json", "--history", "year.jsonl")
    assert told.exit_code == 0
    assert "takes back 90 beans" in told.stdout.splitlines()
    assert "base: lost 40 beans" in told.stdout.splitlines()
    by_item = {**back, "lines": [{"sku": "HAT", "quantity": 1, "amount": "5.00"}]}
    (folder / "back.json").write_text(json.dumps(by_item), "utf-8")
    told = run("explain", "rules.yaml", "back.json", "--history", "year.jsonl")
    assert "refused, no_matching_purchase at `lines`: 1 of `HAT`: never bought" in told.stdout


def test_what_follows_for_others_is_explained_behind_the_event(run: Run, folder: Path) -> None:
    (folder / "refer.yaml").write_text(REFER, "utf-8")
    at = "2026-03-0{}T12:00:00Z"
    brings = {"id": "r", "type": "referral", "member": "ana", "friend": "ben"}
    bought = {"id": "p", "type": "purchase", "member": "ben", "currency": "EUR"}
    line = {"quantity": 1, "amount": "40.00"}
    events = [
        {**brings, "occurred_at": at.format(1)},
        {**bought, "occurred_at": at.format(2), "lines": [line]},
    ]
    (folder / "all.jsonl").write_text("\n".join(map(json.dumps, events)), "utf-8")
    (folder / "order.json").write_text(json.dumps(events[1]), "utf-8")
    result = run("explain", "refer.yaml", "order.json", "--history", "all.jsonl")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "friends: this counts, and whoever brought the member is told of it" in lines
    assert "friends: it is told of what a friend did, `p`" in lines
    assert "friends-level-1: gave 500 beans" in lines
    result = run(
        "explain", "refer.yaml", "order.json", "--history", "all.jsonl", "--format", "json"
    )
    also = json.loads(result.stdout)["also"]
    assert [(one["event"]["member"], one["points"]["beans"]) for one in also] == [
        *(("ben", 0), ("ana", 500))
    ]


MERGE = {
    "id": "m",
    "type": "merge",
    "member": "ben",
    "into": "ana",
    "occurred_at": "2026-03-04T12:00:00+01:00",
}


@pytest.fixture
def merged(folder: Path) -> Path:
    """A history in which ben turns out to be ana, from behind; and what is bought under each name."""
    write_events(folder / "year.jsonl", [MERGE, purchase("e", 6, "90.00"), *EVENTS[1::2]])
    write_events(folder / "more.jsonl", [purchase("x", 2, "90.00", "dan")])
    for member in ("ana", "ben", "dan"):
        write_events(folder / f"{member}.json", [purchase("d", 5, "30.00", member)])
    return folder


@pytest.mark.parametrize("member", ["ana", "ben"])
def test_the_past_of_a_member_is_that_of_all_who_he_is(run: Run, merged: Path, member: str) -> None:
    """20.00 and 60.00 were bought under two names: 20 of the month's 100 are left, and gold gives 30."""
    history = ("--history", "year.jsonl", "--history", "more.jsonl")
    lines = run("explain", "rules.yaml", f"{member}.json", *history).stdout.splitlines()
    assert "base: gave 20 beans" in lines
    assert "gives 50 beans" in lines
    assert '    `status.level >= "gold"`: yes, it was gold' in lines
    found = run("explain", "rules.yaml", f"{member}.json", *history, "--format", "json")
    assert json.loads(found.stdout)["history"] == {"decided": 3, "refused": {}}


def test_the_past_before_a_merge_is_that_of_one_name(run: Run, merged: Path) -> None:
    early = {**purchase("d", 4, "30.00", "ben"), "occurred_at": "2026-03-04T11:59:00+01:00"}
    write_events(merged / "ben.json", [early])
    shown = run("explain", "rules.yaml", "ben.json", "--history", "year.jsonl").stdout
    assert "gives 30 beans" in shown.splitlines()


def test_a_history_with_a_merge_of_the_member_is_read_twice(run: Run, merged: Path) -> None:
    text = (merged / "year.jsonl").read_bytes()
    told = run("explain", "rules.yaml", "ben.json", "--history", "-", input=text)
    assert told.exit_code == 2
    assert "accounts were merged in this history, so it is read twice: name a file" in told.stderr
    assert run("explain", "rules.yaml", "dan.json", "--history", "-", input=text).exit_code == 0


REFER = """
ruleset: refer
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, basis: {tax: included}, expiry: never, value: 0.01}
  friends:
    type: referral
    qualifies: {event: purchase}
    rewards:
      - {to: referrer, give: {type: bonus, program: beans, points: 500}, limit: none}
"""
