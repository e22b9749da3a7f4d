"""docs/events.md tells of every code and every kind; docs/import.md shows a mapping that works."""

from __future__ import annotations

import re
from pathlib import Path

from loyalty_rules.batch.mapping import CONSTANTS, LINE_COLUMNS, ORDER_COLUMNS, read_mapping
from loyalty_rules.domain.kinds import DERIVED_KINDS, OWN_KINDS, SHIPPED_KINDS

ROOT = Path(__file__).parents[2]
SOURCES = (*(ROOT / "src/loyalty_rules/domain").glob("*.py"),)
EVENTS = (ROOT / "docs/events.md").read_text("utf-8")
IMPORT = (ROOT / "docs/import.md").read_text("utf-8")


def test_every_code_of_the_door_is_in_its_table() -> None:
    text = "".join(path.read_text("utf-8") for path in SOURCES)
    raised = set(re.findall(r'EventError\(\s*"(\w+)"', text))
    table = set(re.findall(r"`(\w+)`", EVENTS.split("## Codes")[1]))
    assert len(raised) > 20
    assert table == raised | {"broken_file"}


def test_every_kind_and_its_fields_are_listed_in_their_order() -> None:
    table = EVENTS.split("## The other kinds")[1].split("## Order")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    sent = [kind for kind in SHIPPED_KINDS if kind.name not in {*OWN_KINDS, *DERIVED_KINDS}]
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert listed == [kind.name for kind in sent]
    for kind in sent:
        if kind.name != "purchase":
            row = next(row for row in rows if f"`{kind.name}`" in row.split("|")[1])
            assert all(re.search(rf"\b{field.name}\b", row) for field in kind.fields)


def test_the_mapping_of_the_document_has_no_mistakes() -> None:
    examples = re.findall(r"```yaml[^\n]*\n(.*?)```", IMPORT, re.DOTALL)
    assert len(examples) == 1
    mapping, found = read_mapping(examples[0].encode(), "import.yaml")
    assert mapping is not None and found == ()


def test_every_word_of_a_mapping_is_in_the_document() -> None:
    words = {*ORDER_COLUMNS, *LINE_COLUMNS, *CONSTANTS, "fields", "item_fields", "leave_out"}
    assert sorted(word for word in words if f"`{word}`" not in IMPORT) == []
