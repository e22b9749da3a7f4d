"""Commands take a folder of versions as one rule set, and a folder of several rule sets as several."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import RULES, Run, purchase, write_events
from tests.service.test_versions import NEW, OLD, text
from tests.service.test_versions import folder as versions


def test_check_holds_versions_against_each_other(run: Run, folder: Path) -> None:
    versions(folder / "club", a=OLD, b=text("2", "{from: 2026-03-31}", 1))
    result = run("check", "club")
    assert result.exit_code == 1
    assert "b.yaml:3:12: error[LR381]" in result.stdout
    assert result.stdout.endswith("1 rule set in 2 files, 2 rules: 1 mistake\n")
    named = run("check", "club/a.yaml", "club/b.yaml", "--format", "json")
    found = [one["diagnostics"] for one in json.loads(named.stdout)["files"]]
    assert (named.exit_code, [len(one) for one in found]) == (1, [0, 1])


def test_check_shows_each_version(run: Run, folder: Path) -> None:
    versions(folder / "club", a=OLD, b=NEW)
    result = run("check", "club")
    assert result.exit_code == 0
    assert "a.yaml: club 1" in result.stdout
    assert "b.yaml: club 2" in result.stdout
    assert result.stdout.endswith("1 rule set in 2 files, 2 rules: no mistakes\n")


def test_rule_sets_of_one_folder_with_ids_of_their_own_are_several(run: Run, folder: Path) -> None:
    both = versions(folder / "both", club=RULES, tea=RULES.replace("ruleset: club", "ruleset: tea"))
    result = run("check", "both")
    assert result.exit_code == 0
    assert "2 rule sets, 6 rules: no mistakes" in result.stdout
    refused = run("run", str(both), "year.jsonl")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "has several rule sets, name one" in refused.stderr


def test_rule_sets_of_one_id_in_two_folders_are_not_versions(run: Run, folder: Path) -> None:
    versions(folder / "one", rules=RULES)
    versions(folder / "two", rules=RULES)
    result = run("check", "one", "two")
    assert (result.exit_code, result.stdout[-34:]) == (
        0,
        "2 rule sets, 6 rules: no mistakes\n"[-34:],
    )


def test_run_decides_each_event_by_its_version(run: Run, folder: Path) -> None:
    """20 points of version 1 and 10 of version 2, whose program has another name."""
    versions(folder / "club", a=OLD, b=NEW.replace("beans", "stars"))
    later = {**purchase("b", 1, "10.00"), "occurred_at": "2026-05-01T12:00:00+02:00"}
    write_events(folder / "events.jsonl", [purchase("a", 1, "10.00"), later])
    for store in ([], ["--store", "sqlite:///club.db"]):
        result = run(
            "run", "club", "events.jsonl", "--as-of", "2026-06-30", "--format", "json", *store
        )
        figures = json.loads(result.stdout)
        assert figures["points"] == {"beans": 20, "stars": 10}
        assert figures["rules"]["base"]["points"] == {"beans": 20, "stars": 10}
    told = run("run", "club", "events.jsonl", "--as-of", "2026-06-30")
    assert "beans issued" in told.stdout
    assert "stars issued" in told.stdout


def test_a_mistake_of_one_version_is_told_and_nothing_is_decided(run: Run, folder: Path) -> None:
    versions(folder / "club", a=OLD, b=NEW.replace("event: purchase", "event: purchse"))
    result = run("run", "club", "year.jsonl")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean `purchase`?" in result.stderr
    broken = versions(folder / "overlap", a=OLD, b=text("2", "{from: 2026-03-31}", 1))
    result = run("run", str(broken), "year.jsonl")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[LR381]" in result.stderr
