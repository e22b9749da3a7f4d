"""``run --store``, ``member`` and ``ledger``: as somebody at a terminal uses them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import EVENTS, Run, purchase, write_events

STORE = "sqlite:///club.db"
RETURN: dict[str, object] = {
    "id": "r",
    "type": "return",
    "member": "ana",
    "occurred_at": "2026-03-04T12:00:00+01:00",
    "order": "a",
    "lines": [{"line": "1", "quantity": 1}],
}
UNKNOWN: dict[str, object] = {**RETURN, "id": "u", "order": "nowhere"}
NEVER_BOUGHT: dict[str, object] = {
    "id": "n",
    "type": "return",
    "member": "ben",
    "occurred_at": "2026-03-05T12:00:00+01:00",
    "lines": [{"sku": "HAT", "quantity": 1, "amount": "5.00"}],
}


def booked(run: Run, *more: str, events: str = "year.jsonl") -> dict[str, object]:
    arguments = ("run", "rules.yaml", events, "--store", STORE, "--as-of", "2026-12-31")
    result = run(*arguments, "--format", "json", *more)
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_a_second_run_books_nothing_and_says_so(run: Run, folder: Path) -> None:
    first, second = booked(run), booked(run)
    assert first["by_status"]["booked"] == len(EVENTS)  # type: ignore[index]
    assert second["by_status"]["duplicate"] == len(EVENTS)  # type: ignore[index]
    assert "booked" not in second["by_status"]  # type: ignore[operator]
    assert first["points"] == {"beans": 175}
    assert second["points"] == {"beans": 0}
    assert first["levels"] == second["levels"]
    said = run("run", "rules.yaml", "year.jsonl", "--store", STORE, "--as-of", "2026-12-31").stdout
    assert "nothing was booked" in said


def test_a_file_cut_in_two_comes_to_the_same_as_the_whole(run: Run, folder: Path) -> None:
    write_events(folder / "one.jsonl", EVENTS[:2])
    write_events(folder / "two.jsonl", [*EVENTS[2:], RETURN])
    write_events(folder / "whole.jsonl", [RETURN, *EVENTS])
    booked(run, "--ledger", "parts", events="one.jsonl")
    booked(run, "--ledger", "parts", events="two.jsonl")
    booked(run, "--ledger", "whole", events="whole.jsonl")
    accounts = [
        [
            {
                **json.loads(
                    run(
                        "member", who, "--store", STORE, "--ledger", name, "--format", "json"
                    ).stdout
                ),
                "at": "",
            }
            for who in ("ana", "ben")
        ]
        for name in ("parts", "whole")
    ]
    assert accounts[0] == accounts[1]


def test_returns_are_counted_as_matched_listed_or_waiting(run: Run, folder: Path) -> None:
    write_events(folder / "year.jsonl", [*EVENTS, RETURN, UNKNOWN, NEVER_BOUGHT])
    figures = booked(run)
    assert figures["returns"] == {"matched": 1, "partly_matched": 0, "listed": 1, "waiting": 1}
    assert figures["taken_back"] == {"beans": 60}
    assert figures["by_status"]["held"] == 1  # type: ignore[index]
    assert list(figures["refused"]) == ["no_matching_purchase"]  # type: ignore[call-overload]
    write_events(folder / "late.jsonl", [purchase("nowhere", 2, "9.00")])
    later = booked(run, events="late.jsonl")
    assert later["taken_back"] == later["points"] == {"beans": 9}


def test_decisions_of_a_booked_run_tell_what_was_given_and_taken(run: Run, folder: Path) -> None:
    write_events(folder / "year.jsonl", [*EVENTS, RETURN])
    booked(run, "--decisions", "out.jsonl")
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line["status"] for line in lines] == ["booked"] * len(lines)
    assert lines[-1]["points"] == {"beans": -60}


def test_a_members_account_as_he_reads_it(run: Run, folder: Path) -> None:
    write_events(folder / "year.jsonl", [*EVENTS, RETURN, UNKNOWN])
    booked(run)
    result = run("member", "ana", "--store", STORE)
    assert result.exit_code == 0, result.output
    said = result.stdout
    assert "beans: 95 available" in said
    assert "status: green" in said or "status: gold" in said
    assert "+60 beans by base" in said
    assert "return `r`, order `a`: -60 beans" in said
    assert "waits for order `nowhere`" in said


def test_a_member_nobody_knows_is_told_with_1(run: Run, folder: Path) -> None:
    booked(run)
    result = run("member", "nobody", "--store", STORE)
    assert result.exit_code == 1
    assert "nothing was ever booked" in result.stdout


def test_verify_seals_what_is_sound_and_finds_what_is_not(run: Run, folder: Path) -> None:
    booked(run)
    first = json.loads(run("ledger", "verify", "--store", STORE, "--format", "json").stdout)
    assert (first["clean"], first["unsealed"]["entries"]) == (True, len(EVENTS))
    assert first["books"] == {"beans": {"issued": -175, "lots": 175}}
    again = run("ledger", "verify", "--store", STORE)
    assert again.exit_code == 0
    assert "nothing is wrong" in again.stdout
    assert "not sealed" not in again.stdout
    with sqlite3.connect(folder / "club.db") as connection:
        connection.execute("UPDATE loyalty_accounts SET sequence = 1")
    connection.close()
    damaged = run("ledger", "verify", "--store", STORE)
    assert damaged.exit_code == 1
    assert "its row was changed" in damaged.stdout
    refused = run("member", "ana", "--store", STORE)
    assert refused.exit_code == 1
    assert "ledger rebuild" in refused.stderr


def test_rebuild_says_that_every_byte_was_the_same_or_what_it_put_right(
    run: Run, folder: Path
) -> None:
    booked(run)
    assert "every byte was the same" in run("ledger", "rebuild", "--store", STORE).stdout
    with sqlite3.connect(folder / "club.db") as connection:
        connection.execute("UPDATE loyalty_lots SET granted = granted + 1")
    connection.close()
    assert "put right: accounts 2 (1, 2)" in run("ledger", "rebuild", "--store", STORE).stdout
    assert run("ledger", "verify", "--store", STORE).exit_code == 0


def test_export_writes_everything_one_object_a_line(run: Run, folder: Path) -> None:
    write_events(folder / "year.jsonl", [*EVENTS, RETURN, UNKNOWN, NEVER_BOUGHT])
    booked(run)
    run("ledger", "verify", "--store", STORE)
    result = run("ledger", "export", "--store", STORE)
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    kinds = [line["is"] for line in lines]
    assert kinds[0] == "ledger"
    assert kinds.count("member") == 2
    assert kinds.count("entry") == len(EVENTS) + 1
    assert (kinds.count("held"), kinds.count("refusal"), kinds.count("seal")) == (1, 1, 2)
    run("ledger", "export", "--store", STORE, "--out", "club.jsonl")
    assert (folder / "club.jsonl").read_text("utf-8") == result.stdout


def test_wrong_use_is_told_without_a_traceback(run: Run, folder: Path) -> None:
    booked(run)
    for arguments in (
        ("ledger", "verify", "--store", "sqlite:///nowhere.db"),
        ("ledger", "verify", "--store", "oracle://x"),
        ("member", "ana", "--store", "sqlite:///rules.yaml"),
        ("run", "rules.yaml", "year.jsonl", "--store", "sqlite:///no/such/folder.db"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2, result.output
        assert "Error:" in result.stderr
    assert "is it there" in run("db", "check", "--store", "sqlite:///no.db").stderr
    assert not (folder / "nowhere.db").exists()
    unknown = run("ledger", "verify", "--store", STORE, "--ledger", "other")
    assert unknown.exit_code == 1
    assert "there is: `main`" in unknown.stderr


def test_mistakes_in_rules_are_shown_line_by_line_or_as_json(run: Run, folder: Path) -> None:
    booked(run)
    (folder / "wrong.yaml").write_text(
        (folder / "rules.yaml").read_text().replace("beans.base", "tea")
    )
    asked = ("ledger", "correct", "--store", STORE, "--from", "2026-03-01", "--rules", "wrong.yaml")
    shown = run(*asked)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.splitlines()[1:3] == run("check", "wrong.yaml").stdout.splitlines()[1:3]
    told = run(*asked, "--format", "json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["diagnostics"][0]["file"] == "wrong.yaml"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (("advance", "--to", "2199-01-01"), "from_the_future"),
        (("report", "--at", "2199-01-01"), "from_the_future"),
        (("member", "ana", "--at", "2026-01-01"), "backwards"),
        (("draw", "summer"), "no raffle"),
        (("holdout",), "anybody out"),
        (("settle", "--from", "2026-03-02", "--through", "2026-03-01"), "backwards"),
    ],
)
def test_what_cannot_be_done_is_told_as_json_to_who_asks_for_it(
    run: Run, asked: tuple[str, ...], reason: str
) -> None:
    booked(run)
    shown = run(*asked, "--store", STORE)
    assert (shown.exit_code, shown.stdout) == (1, "")
    told = run(*asked, "--store", STORE, "--format", "json")
    error = json.loads(told.stdout)["error"]
    assert (told.exit_code, error["exit"]) == (1, 1)
    assert error["message"] in shown.stderr and reason in error["message"]
