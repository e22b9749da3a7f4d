"""The real year: the mapping in rules/online-retail gives the published figures of the clean data."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_rules.batch.csv_import import CsvImport
from loyalty_rules.batch.mapping import read_mapping
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.event import Purchase
from loyalty_rules.domain.orders import total

ROOT = Path(__file__).parents[2]
MAPPING = ROOT / "rules" / "online-retail" / "import.yaml"
RULES = ROOT / "rules" / "online-retail" / "rules.yaml"
DATA = ROOT.parent / "shared" / "data" / "online_retail.csv.gz"
RETURNS = {"matched": 2_886, "partly_matched": 247, "listed": 521, "waiting": 0}
needs_the_data = pytest.mark.skipif(
    not DATA.exists(), reason="the year's CSV file is not part of the repository"
)


def command(*arguments: str | Path) -> str:
    """What the command line prints; it must succeed."""
    words = [sys.executable, "-m", "loyalty_rules", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The year as events, imported by the command line."""
    events = tmp_path_factory.mktemp("year") / "year.jsonl"
    command("import", MAPPING, DATA, "--out", events)
    return events


def figures(rules: Path, events: Path) -> dict[str, object]:
    """What a run of the year comes to."""
    found = json.loads(command("run", rules, events, "--format", "json"))
    assert found["by_type"] == {"purchase": 18_532, "return": 3_654}
    assert found["returns"] == RETURNS
    assert found["by_status"]["decided"] == 18_532 + 3_654 - RETURNS["listed"]
    assert found["members"] == 4_338
    return found


def variant(folder: Path, old: str, new: str) -> Path:
    """The year's rule set with one word changed."""
    text = RULES.read_text("utf-8")
    assert text.count(old) == 1
    rules = folder / "rules.yaml"
    rules.write_text(text.replace(old, new), "utf-8")
    return rules


@needs_the_data
def test_the_real_year_is_issued_exactly_its_points(year: Path) -> None:
    found = figures(RULES, year)
    assert found["points"] == {"points": 8_902_670}
    assert found["taken_back"] == {"points": 515_622}


@needs_the_data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "points"),
    [("at: order", "at: line", 8_715_721), ("mode: floor", "mode: half_up", 8_911_652)],
)
def test_scope_and_mode_of_rounding_decide_the_total(
    year: Path, tmp_path: Path, old: str, new: str, points: int
) -> None:
    assert figures(variant(tmp_path, old, new), year)["points"] == {"points": points}


@needs_the_data
@pytest.mark.slow
def test_a_shuffled_file_comes_to_the_same(year: Path, tmp_path: Path) -> None:
    lines = year.read_text("utf-8").splitlines(keepends=True)
    random.Random(2011).shuffle(lines)
    shuffled = tmp_path / "shuffled.jsonl"
    shuffled.write_text("".join(lines), "utf-8")
    same = ("by_status", "by_type", "points", "rules", "members", "levels", "refused")
    one, other = figures(RULES, year), figures(RULES, shuffled)
    assert {key: one[key] for key in same} == {key: other[key] for key in same}


@needs_the_data
@pytest.mark.slow
@pytest.mark.parametrize("zeros", ["0", "00"], ids=["25.0", "25.000"])
def test_the_spelling_of_amounts_does_not_count(year: Path, tmp_path: Path, zeros: str) -> None:
    """Every amount with one digit behind the point at least, or with the three that pounds have here."""
    respelled = tmp_path / "respelled.jsonl"
    with year.open(encoding="utf-8") as events, respelled.open("w", encoding="utf-8") as out:
        for line in events:
            event = json.loads(line, parse_float=Decimal)
            for item in event["lines"]:
                item["amount"] = spelled(Decimal(item["amount"]), len(zeros))
            out.write(json.dumps(event) + "\n")
    assert figures(RULES, respelled)["points"] == {"points": 8_902_670}


def spelled(amount: Decimal, zeros: int) -> str:
    """The amount with more zeros behind it than it needs: 25 is 25.0, or 25.000."""
    digits = max(1 if zeros == 1 else 3, -int(amount.normalize().as_tuple().exponent))
    return f"{amount:.{digits}f}"


def test_the_mapping_has_no_mistakes() -> None:
    mapping, found = read_mapping(MAPPING.read_bytes(), MAPPING.name)
    assert mapping is not None and found == ()


@needs_the_data
@pytest.mark.slow
def test_the_real_year_has_the_published_figures() -> None:
    mapping, _ = read_mapping(MAPPING.read_bytes(), MAPPING.name)
    assert mapping is not None
    run, sink = CsvImport(mapping), io.BytesIO()
    run.add_files([str(DATA)])
    summary = run.write(sink)
    assert summary.rows_read == 541_909
    assert (summary.orders.written, summary.members_of_orders) == (18_532, 4_338)
    assert summary.orders.lines == 397_884
    assert summary.returns.written == 3_654
    assert summary.returns.left_out == {"no_member": 182}
    assert summary.rows_wrong == {} == summary.orders.refused == summary.returns.refused
    orders = [
        event
        for line in sink.getvalue().splitlines()
        if isinstance(event := parse_event(line), Purchase)
    ]
    worth = total(line.amount for order in orders for line in order.lines)
    assert worth == Decimal("8911407.904")
    assert sum(int(total(line.amount for line in order.lines)) for order in orders) == 8_902_670
    assert sum(int(line.amount) for order in orders for line in order.lines) == 8_715_721
