"""``check`` finds every rule set, says what is wrong and what each rule costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import RULES, Run


def test_a_good_rule_set_shows_the_class_of_each_rule(run: Run) -> None:
    result = run("check", "rules.yaml")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "rules.yaml: club 1",
        "  base     member by member",
        "  gold     member by member",
        "  welcome  columns",
        "",
        "1 rule set, 3 rules: no mistakes",
    ]


def test_mistakes_come_with_place_and_cure_and_fail(run: Run, folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("event: signup", "event: sigup"), "utf-8")
    result = run("check", "rules.yaml")
    assert result.exit_code == 1
    assert "rules.yaml:" in result.stdout
    assert "did you mean `signup`?" in result.stdout
    assert result.stdout.endswith("1 rule set, 0 rules: 1 mistake\n")


def test_a_warning_does_not_fail(run: Run, folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("value: 0.01, ", ""), "utf-8")
    result = run("check", "rules.yaml")
    assert result.exit_code == 0
    assert result.stdout.endswith("1 rule set, 3 rules: 1 warning\n")


def test_json_has_the_same_as_data(run: Run, folder: Path) -> None:
    (folder / "bad.yaml").write_text("ruleset: Bad\n", "utf-8")
    result = run("check", "rules.yaml", "bad.yaml", "--format", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    good, bad = found["files"]
    assert (good["ruleset"], good["version"], good["diagnostics"]) == ("club", "1", [])
    assert good["rules"][0] == {"id": "base", "class": "member by member"}
    assert bad["ruleset"] is None
    assert bad["diagnostics"][0]["line"] == 1
    assert found["errors"] == len(bad["diagnostics"]) > 0


def test_a_folder_is_searched_for_rule_sets_and_nothing_else(run: Run, folder: Path) -> None:
    inner = folder / "all" / "deep"
    inner.mkdir(parents=True)
    (inner / "one.yaml").write_text(RULES, "utf-8")
    tea = RULES.replace("ruleset: club", "ruleset: tea").replace("\n", "\r\n")
    (inner / "two.yml").write_bytes(b"\xef\xbb\xbf" + tea.encode())
    (inner / "mapping.yaml").write_text("columns: {id: A}\nnote: 'ruleset: no'\n", "utf-8")
    hidden = folder / "all" / ".cache"
    hidden.mkdir()
    (hidden / "old.yaml").write_text(RULES, "utf-8")
    result = run("check", "all", "--format", "json")
    found = [Path(one["file"]).name for one in json.loads(result.stdout)["files"]]
    assert (result.exit_code, found) == (0, ["one.yaml", "two.yml"])


def test_a_broken_rule_set_in_a_folder_is_not_passed_over(run: Run, folder: Path) -> None:
    (folder / "broken.yaml").write_bytes(b"ruleset: x\nversion: \xff\n")
    assert run("check", ".").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["nowhere.yaml"], "does not exist", id="no such file"),
        pytest.param(["empty"], "has no rule set", id="a folder without rule sets"),
        pytest.param(["rules.yaml", "--plugin", "nope"], "`nope`", id="a plugin nobody installed"),
        pytest.param([], "Missing argument", id="nothing to check"),
    ],
)
def test_wrong_use_is_exit_2_and_one_sentence(
    run: Run, folder: Path, arguments: list[str], told: str
) -> None:
    (folder / "empty").mkdir()
    result = run("check", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
