"""The page about scenarios: it tells of every key, word and reason, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

from loyalty_rules import Registry
from loyalty_rules.testing.scenarios import Library, run_scenario, scenario_schema
from loyalty_rules.testing.scenarios.expect import NOT_ASKED, REASONS
from loyalty_rules.testing.scenarios.report import failures_text, mistakes_text
from tests.house.laws import ROOT
from tests.house.test_documents import blocks, schema_keys

PAGE = ROOT / "docs" / "scenarios.md"
TEXT = PAGE.read_text("utf-8")


def test_every_key_of_a_scenario_is_on_the_page() -> None:
    schema = scenario_schema()
    keys = schema_keys({key: part for key, part in schema.items() if key != "$defs"})
    code = " ".join(re.findall(r"`([^`\n]+)`", TEXT))
    assert len(keys) > 20
    assert sorted(key for key in keys if not re.search(rf"(?<![\w-]){key}(?![\w-])", code)) == []


def test_every_reason_is_on_the_page() -> None:
    assert [word for word in (*REASONS, NOT_ASKED) if f"`{word}`" not in TEXT] == []


def test_the_example_of_the_page_passes(tmp_path: Path) -> None:
    example = next(blocks(PAGE, "yaml"))
    (tmp_path / "rules.yaml").write_bytes((ROOT / "rules/coffee-club/rules.yaml").read_bytes())
    file = tmp_path / "first.scenario.yaml"
    file.write_text(example, "utf-8")
    read = Library(Registry.builtin()).scenario(file)
    assert read.scenario is not None, mistakes_text(read)
    result = run_scenario(read.scenario)
    assert result.passed, failures_text(result)
