"""``run`` decides a history, sums it up, and leaves either whole files or none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.conftest import EVENTS, RULES, Run, purchase, write_events

DAY = ("--as-of", "2026-03-31")


def test_the_summary_is_readable(run: Run) -> None:
    result = run("run", "rules.yaml", "year.jsonl", *DAY)
    assert result.exit_code == 0
    text = result.stdout
    assert text.startswith("A small club (club 1), as of 2026-03-31\n\nevents ")
    assert "beans issued  175" in text
    for line in (
        "base         3  120 beans        1     0",
        "gold         1   50 beans        0     0",
        "members  2",
        "  status: green 1, gold 1",
        "of these decided  4",
    ):
        assert line in text.splitlines()


def test_json_has_the_same_figures_and_nothing_else_on_standard_output(run: Run) -> None:
    result = run("run", "rules.yaml", "year.jsonl", *DAY, "--format", "json")
    found = json.loads(result.stdout)
    assert found["ruleset"]["id"] == "club"
    assert found["as_of"] == "2026-03-31"
    assert found["events"] == 4
    assert found["points"] == {"beans": 175}
    assert found["levels"] == {"status": {"green": 1, "gold": 1}}
    assert found["events_per_second"] > 0
    assert result.stderr == ""


def test_decisions_are_written_one_a_line_in_business_order(run: Run, folder: Path) -> None:
    write_events(folder / "year.jsonl", EVENTS[::-1])
    assert run("run", "rules.yaml", "year.jsonl", *DAY, "--decisions", "out.jsonl").exit_code == 0
    written = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    assert [one["id"] for one in written] == ["s", "a", "b", "c"]
    assert written[2] == {
        "id": "b",
        "type": "purchase",
        "member": "ana",
        "occurred_at": "2026-03-03T11:00:00Z",
        "status": "decided",
        "points": {"beans": 90},
        "gave": {"base": {"beans": 40}, "gold": {"beans": 50}},
    }


def test_the_same_events_give_the_same_bytes_from_any_file(run: Run, folder: Path) -> None:
    run("run", "rules.yaml", "year.jsonl", *DAY, "--decisions", "one.jsonl.gz")
    with gzip.open(folder / "year.jsonl.gz", "wt", newline="\r\n") as packed:
        packed.writelines(json.dumps(event, indent=None) + "\n\n" for event in EVENTS[::-1])
    run("run", "rules.yaml", "year.jsonl.gz", *DAY, "--decisions", "two.jsonl.gz")
    assert (folder / "one.jsonl.gz").read_bytes() == (folder / "two.jsonl.gz").read_bytes()


def test_events_come_from_standard_input(run: Run, folder: Path) -> None:
    data = (folder / "year.jsonl").read_bytes()
    result = run("run", ".", "-", *DAY, "--format", "json", input=data)
    assert json.loads(result.stdout)["points"] == {"beans": 175}


def test_what_is_refused_is_shown_and_the_rest_runs(run: Run, folder: Path) -> None:
    foreign = {**purchase("x", 4, "9.00"), "currency": "USD"}
    write_events(folder / "year.jsonl", [*EVENTS, foreign])
    with (folder / "year.jsonl").open("a") as out:
        out.write('{"id": \n')
    result = run("run", "rules.yaml", "year.jsonl", *DAY, "--decisions", "out.jsonl")
    assert result.exit_code == 0
    assert "  year.jsonl:6: the text is not JSON: line 1, column" in result.stdout
    assert "refused 1 as other_currency" in result.stdout
    last = json.loads((folder / "out.jsonl").read_text().splitlines()[-1])
    assert (last["id"], last["status"], last["refusal"]["code"]) == (
        "x",
        "refused",
        "other_currency",
    )
    assert "beans issued  175" in result.stdout


def test_a_damaged_file_counts_to_its_damage_and_fails(run: Run, folder: Path) -> None:
    whole = gzip.compress((folder / "year.jsonl").read_bytes() * 50, mtime=0)
    (folder / "cut.jsonl.gz").write_bytes(whole[: len(whole) - 20])
    result = run("run", "rules.yaml", "cut.jsonl.gz", *DAY, "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["refused"]["broken_file"]["events"] == 1
    assert "`cut.jsonl.gz` is damaged" in result.stderr


def test_a_file_without_events_is_said_to_be_one(run: Run, folder: Path) -> None:
    (folder / "none.jsonl").write_bytes(b"")
    result = run("run", "rules.yaml", "none.jsonl")
    assert (result.exit_code, result.stdout) == (
        0,
        "nothing to decide: `none.jsonl` is without events\n",
    )


def test_mistakes_in_the_rules_are_reported_and_nothing_is_decided(run: Run, folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("points: 5", "points: five"), "utf-8")
    result = run("run", "rules.yaml", "year.jsonl", "--decisions", "out.jsonl")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "rules.yaml:14" in result.stderr
    assert not (folder / "out.jsonl").exists()


@pytest.mark.parametrize(
    ("as_of", "decided"),
    [
        pytest.param("2026-03-02", 2, id="a day counts to its end"),
        pytest.param("2026-03-03T12:00", 4, id="an instant of the zone counts itself"),
        pytest.param("2026-03-03T11:59:59", 2, id="a second before"),
        pytest.param("2026-03-03T11:00:00Z", 4, id="the same instant in UTC"),
    ],
)
def test_nothing_after_as_of_is_decided(run: Run, as_of: str, decided: int) -> None:
    result = run("run", "rules.yaml", "year.jsonl", "--as-of", as_of, "--format", "json")
    found = json.loads(result.stdout)
    assert found["by_status"]["decided"] == decided
    assert found["refused"].get("from_the_future", {"events": 0})["events"] == 4 - decided


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["year.jsonl", "--as-of", "2026-13-01"], "--as-of", id="no such month"),
        pytest.param(["year.jsonl", "--as-of", "2026-03-29T02:30"], "skip", id="no such hour"),
        pytest.param(["year.jsonl", "--as-of", "now"], "YYYY-MM-DD", id="no day"),
        pytest.param(["nothing.jsonl"], "does not exist", id="no such file"),
        pytest.param(
            ["year.jsonl", "--decisions", "year.jsonl"], "written over", id="its own input"
        ),
        pytest.param(["year.jsonl", "--decisions", "no/out.jsonl"], "no such file", id="no folder"),
    ],
)
def test_wrong_use_is_exit_2_and_leaves_nothing(
    run: Run, folder: Path, arguments: list[str], told: str
) -> None:
    before = sorted(path.name for path in folder.iterdir())
    result = run("run", "rules.yaml", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == before


def test_the_rules_of_a_folder_are_not_written_over(run: Run, folder: Path) -> None:
    result = run("run", ".", "year.jsonl", "--decisions", "rules.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "written over" in result.stderr
    assert (folder / "rules.yaml").read_text("utf-8") == RULES


def test_a_target_that_cannot_be_begun_is_named_as_it_was_given(run: Run) -> None:
    result = run("run", "rules.yaml", "year.jsonl", "--decisions", "no/out.jsonl")
    assert result.stderr.endswith("Error: `no/out.jsonl`: no such file or directory\n")


def test_a_folder_with_two_rule_sets_needs_a_name(run: Run, folder: Path) -> None:
    (folder / "more.yaml").write_text(RULES.replace("ruleset: club", "ruleset: tea"), "utf-8")
    result = run("run", ".", "year.jsonl")
    assert result.exit_code == 2
    assert "several rule sets" in result.stderr


def test_nothing_of_an_event_reaches_the_terminal_raw(run: Run, folder: Path) -> None:
    (folder / "year.jsonl").write_text('{"id": "a", "type": "\\u001b[31m\\u202e"}\n', "utf-8")
    result = run("run", "rules.yaml", "year.jsonl")
    assert all(line.isprintable() for line in result.stdout.splitlines())
    assert "\x1b" not in result.stdout


def test_returns_are_decided_and_told_apart_from_what_was_given(run: Run, folder: Path) -> None:
    """The first comes before its purchase: it has a line when it waits, and one when it is decided."""
    early = {"id": "r", "type": "cancellation", "member": "ana", "order": "b"}
    early["occurred_at"] = "2026-03-02T18:00:00+01:00"
    late = {**early, "id": "t", "order": "c", "member": "ben"}
    late["occurred_at"] = "2026-03-04T12:00:00+01:00"
    write_events(folder / "year.jsonl", [*EVENTS, early, late])
    result = run("run", "rules.yaml", "year.jsonl", *DAY, "--decisions", "out.jsonl")
    lines = result.stdout.splitlines()
    assert "beans issued      175" in lines
    assert "beans taken back  110" in lines
    assert "returns: matched 2" in lines
    assert "base         3  120 beans        1     0    60 beans" in lines
    told = [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]
    assert [(one["id"], one["status"]) for one in told if one["id"] in "bcrt"] == [
        ("r", "held"),
        ("b", "decided"),
        ("r", "decided"),
        ("c", "decided"),
        ("t", "decided"),
    ]
    assert sum(one.get("points", {}).get("beans", 0) for one in told) == 175 - 110


def test_accounts_of_one_member_are_merged_in_a_ledger_of_the_run(run: Run, folder: Path) -> None:
    """Without it both would have signed up: 180."""
    again: dict[str, object] = {**EVENTS[0], "id": "s-2", "member": "ben"}
    merge: dict[str, object] = {
        **EVENTS[0],
        "id": "m",
        "type": "merge",
        "member": "ben",
        "into": "ana",
    }
    write_events(
        folder / "year.jsonl", [*EVENTS, again, {**merge, "occurred_at": "2026-03-21T10:00:00Z"}]
    )
    found = json.loads(run("run", "rules.yaml", "year.jsonl", *DAY, "--format", "json").stdout)
    assert found["points"] == {"beans": 175}
    assert found["levels"] == {"status": {"green": 0, "gold": 1}}
