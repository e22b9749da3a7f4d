"""The real year: the mapping in rules/online-retail gives the published figures of the clean data."""

from __future__ import annotations

import io
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
DATA = ROOT.parent / "shared" / "data" / "online_retail.csv.gz"


def test_the_mapping_has_no_mistakes() -> None:
    mapping, found = read_mapping(MAPPING.read_bytes(), MAPPING.name)
    assert mapping is not None and found == ()


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the year's CSV file is not part of the repository")
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
