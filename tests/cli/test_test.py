"""``test`` runs scenarios, shows what failed and why, and says which rules no scenario has seen fire."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

PASSES = """\
title: joining and buying
steps:
  - {at: 2026-03-01T12:00, do: {type: signup}, expect: {balance: {beans: 5}}}
  - {after: 1 day, do: {purchase: 60.00}, expect: {balance: {beans: 65}, level: {status: gold}}}
"""
FAILS = "steps: [{at: 2026-03-01, do: {purchase: 7.00}, expect: {balance: {beans: 8}}}]\n"
MISTAKE = "steps: [{at: 2026-03-01, do: {purchase: 7.00}, expect: {balance: {bean: 8}}}]\n"


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.scenario.yaml").write_text(text, "utf-8")


def test_without_a_path_the_scenarios_here_and_below_are_run(run: Run, folder: Path) -> None:
    write(folder, "joining", PASSES)
    result = run("test")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "joining.scenario.yaml: passed, 3 expectations",
        "",
        "rules.yaml: 2 of 3 rules fired",
        "  never: gold, at rules.yaml:17",
        "",
        "1 scenario: 1 passed",
    ]


def test_a_failure_shows_expected_got_place_and_the_rules_and_exits_with_one(
    run: Run, folder: Path
) -> None:
    write(folder, "buying", FAILS)
    result = run("test", "buying.scenario.yaml")
    assert result.exit_code == 1
    head = "buying.scenario.yaml:1:74: error[LR701]: balance of `beans`: expected 8, got 7"
    assert result.stdout.splitlines()[0] == head
    assert "  base: gave 7 beans" in result.stdout
    assert "buying.scenario.yaml: failed, 1 failure in 1 expectation" in result.stdout
    assert result.stdout.endswith("1 scenario: 0 passed, 1 failed\n")


def test_a_mistake_is_told_like_one_of_a_rule_set_and_exits_with_one(
    run: Run, folder: Path
) -> None:
    write(folder, "buying", MISTAKE)
    result = run("test", ".")
    assert result.exit_code == 1
    assert "buying.scenario.yaml:1:67: error[LR101]: unknown program `bean`" in result.stdout
    assert result.stdout.endswith("1 scenario: 0 passed, 1 with mistakes\n")


def test_a_mistake_in_the_rule_set_is_told_once_for_all_its_scenarios(
    run: Run, folder: Path
) -> None:
    rules = (folder / "rules.yaml").read_text("utf-8")
    (folder / "rules.yaml").write_text(rules.replace("event: signup", "event: sign"), "utf-8")
    for name in ("a", "b"):
        write(folder, name, PASSES)
    result = run("test")
    assert result.exit_code == 1
    assert result.stdout.count("unknown event `sign`") == 1
    assert result.stdout.endswith("2 scenarios: 0 passed, 2 with mistakes\n")


def test_rules_that_never_fire_fail_when_that_is_asked_for(run: Run, folder: Path) -> None:
    write(folder, "joining", PASSES)
    assert run("test", "--all-rules-fire").exit_code == 1
    again = "  - {after: 1 day, do: {purchase: 1.00}, expect: {gave: {gold: 1}}}\n"
    write(folder, "joining", PASSES + again)
    result = run("test", "--all-rules-fire")
    assert result.exit_code == 0
    assert "rules.yaml: 3 of 3 rules fired" in result.stdout


def test_a_rule_set_of_the_folder_without_a_scenario_is_named(run: Run, folder: Path) -> None:
    (folder / "other").mkdir()
    write(folder / "other", "joining", PASSES.replace("title:", "rules: ../rules.yaml\ntitle:"))
    (folder / "third").mkdir()
    (folder / "third" / "rules.yaml").write_bytes((folder / "rules.yaml").read_bytes())
    result = run("test", ".")
    assert result.exit_code == 0
    assert "other/joining.scenario.yaml: passed" in result.stdout
    assert "third/rules.yaml: no scenario" in result.stdout
    assert run("test", ".", "--all-rules-fire").exit_code == 1


def test_programs_get_one_json_object(run: Run, folder: Path) -> None:
    write(folder, "a", PASSES)
    write(folder, "b", FAILS)
    write(folder, "c", MISTAKE)
    result = run("test", "--format", "json")
    said = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (said["passed"], said["failed"]) == (1, 2)
    assert [one["status"] for one in said["scenarios"]] == ["passed", "failed", "mistake"]
    assert said["scenarios"][0]["title"] == "joining and buying"
    (failure,) = said["scenarios"][1]["failures"]
    assert (failure["line"], failure["expected"], failure["got"]) == (1, "8", "7")
    assert failure["explanation"].startswith("purchase purchase-1 of member m-1")
    assert said["scenarios"][2]["diagnostics"][0]["name"] == "unknown_name"
    (coverage,) = said["coverage"]
    assert coverage == {
        "rules": "rules.yaml",
        "scenarios": 3,
        "fired": ["welcome", "base"],
        "never": [{"rule": "gold", "line": 17}],
    }


def test_a_folder_without_scenarios_is_wrong_use(run: Run) -> None:
    result = run("test")
    assert result.exit_code == 2
    assert "the name of a scenario file ends in `.scenario.yaml`" in result.stderr


def test_several_rule_sets_in_a_folder_ask_for_the_one_that_is_meant(
    run: Run, folder: Path
) -> None:
    rules = (folder / "rules.yaml").read_text("utf-8")
    (folder / "old.yaml").write_text(rules.replace("ruleset: club", "ruleset: bar"), "utf-8")
    write(folder, "joining", PASSES)
    result = run("test")
    assert result.exit_code == 1
    assert "several rule sets in the folder: `old.yaml`, `rules.yaml`" in result.stdout
    write(folder, "joining", "rules: old.yaml\n" + PASSES)
    assert run("test").exit_code == 0


def test_a_number_that_may_be_meant_in_thousands_is_warned_of_and_fails_nothing(
    run: Run, folder: Path
) -> None:
    write(folder, "buying", PASSES.replace("60.00", "60.000"))
    result = run("test")
    assert result.exit_code == 0
    assert "buying.scenario.yaml:4:35: warning[LR343]: `60.000` is read as 60" in result.stdout
    assert "buying.scenario.yaml: passed, 3 expectations" in result.stdout
    found = json.loads(run("test", "--format", "json").stdout)
    assert [one["code"] for one in found["scenarios"][0]["diagnostics"]] == ["LR343"]
