"""The import of a shop's CSV export, from the command line as a shop would call it."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from loyalty_rules.batch.csv_import import CsvImport, UnreadableFile
from loyalty_rules.batch.files import write_whole
from loyalty_rules.batch.mapping import read_mapping
from loyalty_rules.cli import main
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.event import Purchase

MAPPING = """
import: shop
columns:
  order: Invoice
  member: Customer
  occurred_at: Date
  sku: Item
  quantity: Pieces
  unit_price: Price
time: {format: "YYYY-MM-DD hh:mm", zone: Europe/London}
constants: {currency: GBP}
prefixes: {purchase: "inv-", return: "ret-", member: "m-"}
returns: {column: Invoice, starts_with: C}
leave_out:
  - {reason: no_member, column: Customer, is: empty}
  - {reason: not_bought, column: Pieces, at_most: 0, only: orders}
  - {reason: no_price, column: Price, at_most: 0}
"""

HEADER = "Invoice,Item,Pieces,Date,Price,Customer\n"

SALES = """\
9,TEA,3,2026-03-02 10:00,2.55,ana
7,CAKE,1,2026-03-01 09:30,0.335,bo
9,MUG,1,2026-03-02 09:59,4,ana
C3,TEA,-2,2026-03-01 08:00,2.55,ana
7,GIFT,1,2026-03-01 09:30,0,bo
8,TEA,1,2026-03-01 09:30,2.55,
C4,TEA,-1,2026-03-01 09:30,2.55,
C4,MUG,-1,2026-03-01 09:30,4,
9,FEE,-1,2026-03-02 10:00,1,ana
"""


class Shop:
    """A folder with a mapping, to import into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out.jsonl"
        self.rejects = folder / "rejects.csv"

    def run(self, rows: str | bytes, *more: str, mapping: str = MAPPING, **named: str) -> Result:
        (self.folder / "map.yaml").write_text(mapping, "utf-8")
        sales = self.folder / named.get("name", "sales.csv")
        sales.write_bytes(rows if isinstance(rows, bytes) else (HEADER + rows).encode())
        arguments = [str(self.folder / "map.yaml"), str(sales), "--out", str(self.out), *more]
        return CliRunner().invoke(main, ["import", *arguments], catch_exceptions=False)

    def summary(self, rows: str | bytes, **named: str) -> Any:
        result = self.run(rows, "--format", "json", "--rejects", str(self.rejects), **named)
        assert result.exit_code == 0, result.output
        return json.loads(result.output)

    def events(self) -> list[Any]:
        return [json.loads(line) for line in self.out.read_text("utf-8").splitlines()]

    def rejected(self) -> list[tuple[str, ...]]:
        with self.rejects.open(newline="", encoding="utf-8") as file:
            return [tuple(row[1:]) for row in csv.reader(file)][1:]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_rows_become_orders_and_returns_in_business_order(shop: Shop) -> None:
    shop.run(SALES)
    assert shop.events() == [
        {
            "id": "ret-C3",
            "type": "return",
            "member": "m-ana",
            "occurred_at": "2026-03-01T08:00:00Z",
            "currency": "GBP",
            "lines": [{"quantity": 2, "amount": "5.10", "sku": "TEA"}],
        },
        {
            "id": "inv-7",
            "type": "purchase",
            "member": "m-bo",
            "occurred_at": "2026-03-01T09:30:00Z",
            "currency": "GBP",
            "lines": [{"quantity": 1, "amount": "0.335", "sku": "CAKE", "unit_price": "0.335"}],
        },
        {
            "id": "inv-9",
            "type": "purchase",
            "member": "m-ana",
            "occurred_at": "2026-03-02T09:59:00Z",
            "currency": "GBP",
            "lines": [
                {"quantity": 3, "amount": "7.65", "sku": "TEA", "unit_price": "2.55"},
                {"quantity": 1, "amount": "4", "sku": "MUG", "unit_price": "4"},
            ],
        },
    ]


def test_the_summary_counts_rows_orders_and_returns(shop: Shop) -> None:
    assert shop.summary(SALES) == {
        "rows": {
            "read": 9,
            "left_out": {"no_member": 3, "no_price": 1, "not_bought": 1},
            "wrong": {},
        },
        "orders": {
            "written": 2,
            "lines": 3,
            "members": 2,
            "left_out": {"no_member": 1},
            "refused": {},
        },
        "returns": {
            "written": 1,
            "lines": 1,
            "members": 1,
            "left_out": {"no_member": 1},  # C4 has two rows and counts once
            "refused": {},
        },
    }


def test_the_summary_for_a_person_says_the_same(shop: Shop) -> None:
    text = shop.run(SALES).output
    assert "rows read               9\n  left out              3   no_member\n" in text
    assert "orders                  2   3 lines, 2 members\n" in text


def test_every_reject_is_listed_with_its_row(shop: Shop) -> None:
    shop.summary(SALES)
    assert shop.rejected() == [
        ("6", "7", "left_out", "no_price", ""),
        ("7", "8", "left_out", "no_member", ""),
        ("8", "C4", "left_out", "no_member", ""),
        ("9", "C4", "left_out", "no_member", ""),
        ("10", "9", "left_out", "not_bought", ""),
    ]


def test_the_order_of_rows_changes_nothing_but_the_order_of_lines(shop: Shop) -> None:
    def unordered() -> list[Any]:
        return [one | {"lines": sorted(map(str, one["lines"]))} for one in shop.events()]

    shop.run(SALES)
    first = unordered()
    shop.run("".join(reversed(SALES.splitlines(keepends=True))))
    assert unordered() == first


WRONG: list[Any] = [
    pytest.param("5,TEA,one,2026-03-01 09:30,2,bo", "bad_number", "Pieces", id="no number"),
    pytest.param("5,TEA,1,2026-03-01 09:30,1e3,bo", "bad_number", "Price", id="exponent"),
    pytest.param("5,TEA,1,01.03.2026,2,bo", "bad_time", "Date", id="another format"),
    pytest.param("5,TEA,1,2026-02-30 09:30,2,bo", "bad_time", "Date", id="no such day"),
    pytest.param("5,TEA,1,0000-02-01 09:30,2,bo", "bad_time", "Date", id="year zero"),
    pytest.param("5,TEA,1,,2,bo", "missing_value", "Date", id="no time"),
    pytest.param("5,TEA,1,2026-03-01 09:30,,bo", "missing_value", "Price", id="no price"),
    pytest.param("5,TEA,1,2026-03-01 09:30,2,~bo", "bad_id", "Customer", id="an id of ours"),
    pytest.param("5,TEA,1,2026-03-01 09:30,2", "wrong_width", "", id="a cell too few"),
    pytest.param("5,TEA,1,2026-03-01 09:30,2,bo,x", "wrong_width", "", id="a cell too many"),
    pytest.param(",TEA,1,2026-03-01 09:30,2,bo", "missing_value", "Invoice", id="no order"),
    pytest.param('5,"TEA"x,1,2026-03-01 09:30,2,bo', "not_csv", "", id="text behind quotes"),
    pytest.param("C5,TEA,0,2026-03-01 09:30,2,bo", "not_positive", "Pieces", id="nothing back"),
]


@pytest.mark.parametrize(("row", "reason", "column"), WRONG)
def test_a_wrong_row_is_listed_and_the_rest_is_imported(
    shop: Shop, row: str, reason: str, column: str
) -> None:
    good = "7,CAKE,1,2026-03-01 09:30,3,bo\n"
    summary = shop.summary(good + row + "\n" + good)
    assert summary["rows"]["wrong"] == {reason: 1}
    assert [one["id"] for one in shop.events()] == ["inv-7"]
    listed = shop.rejected()[0]
    assert (listed[0], listed[2], listed[3]) == ("3", "wrong", reason)
    assert listed[4].startswith(f"{column}: " if column else "")


def test_an_order_with_a_wrong_row_is_refused_whole(shop: Shop) -> None:
    rows = "7,CAKE,1,2026-03-01 09:30,3,bo\n7,TEA,x,2026-03-01 09:30,3,bo\n"
    summary = shop.summary(rows)
    assert summary["orders"]["refused"] == {"incomplete_order": 1} and shop.events() == []
    assert shop.rejected()[-1][:4] == ("2", "7", "refused", "incomplete_order")


@pytest.mark.parametrize("torn", ["7,TEA,1", "7,TEA,1,2026-03-01 09:30,3,bo,more"])
def test_an_order_with_a_row_of_another_width_is_refused_whole(shop: Shop, torn: str) -> None:
    """Half an order would earn half the points, and nobody would see it."""
    rows = f"7,CAKE,1,2026-03-01 09:30,3,bo\n{torn}\n8,CAKE,1,2026-03-01 09:30,3,bo\n"
    summary = shop.summary(rows)
    assert summary["orders"]["refused"] == {"incomplete_order": 1}
    assert [one["id"] for one in shop.events()] == ["inv-8"]
    assert shop.rejected()[-1][:4] == ("2", "7", "refused", "incomplete_order")


def test_an_order_of_two_members_is_refused(shop: Shop) -> None:
    rows = "7,CAKE,1,2026-03-01 09:30,3,bo\n7,TEA,1,2026-03-01 09:30,3,ana\n"
    assert shop.summary(rows)["orders"]["refused"] == {"mixed_order": 1}


def test_an_order_that_the_door_refuses_is_listed(shop: Shop) -> None:
    rows = "7,CAKE,1,2026-03-01 09:30,3,bo\n" * 10_001
    assert shop.summary(rows)["orders"]["refused"] == {"too_many": 1}
    assert shop.rejected()[0][3] == "too_many"


def test_what_is_written_passes_the_door(shop: Shop) -> None:
    mapping = MAPPING.replace("currency: GBP", "currency: GBP, channel: web") + (
        "kinds: {column: Item, values: {POST: shipping}}\n"
        "fields: {basket: Date}\nitem_fields: {note: Item}\n"
    )
    shop.run(
        '7,POST,2,2026-03-01 09:30,3,bo\n7,"a ""b"" é",1,2026-03-01 09:30,3,bo\n', mapping=mapping
    )
    order = parse_event(shop.out.read_text("utf-8"))
    assert isinstance(order, Purchase)
    assert [line.kind for line in order.lines] == ["shipping", "goods"]
    assert order.lines[1].fields == {"note": 'a "b" é'} and order.channel == "web"
    assert order.fields == {"basket": "2026-03-01 09:30"}


def test_columns_for_everything_about_a_line(shop: Shop) -> None:
    mapping = """
import: shop
csv: {delimiter: ";", encoding: windows-1252}
columns: {order: o, member: m, occurred_at: t, quantity: q, amount: a, currency: c, store: s,
          sku: i, category: g, kind: k, tax: x, discount: d, unit_price: p}
time: {format: "D/M/YYYY", zone: Asia/Tehran}
returns: {column: q, below: 0}
"""
    head = "o;m;t;q;a;c;s;i;g;k;x;d;p\n"
    rows = head + "1;bo;1/3/2026;2;5.00;EUR;b-1;caf\u00e9;drinks;goods;0.80;1.00;3\n"
    rows += "1;bo;1/3/2026;-1;-2.50;EUR;b-1;caf\u00e9;drinks;goods;;;\n"
    shop.run(rows.encode("windows-1252"), mapping=mapping)
    bought, returned = shop.events()
    assert bought["occurred_at"] == "2026-02-28T20:30:00Z" and bought["store"] == "b-1"
    assert bought["lines"] == [
        {
            "quantity": 2,
            "amount": "5.00",
            "sku": "café",
            "category": "drinks",
            "kind": "goods",
            "unit_price": "3",
            "discount": "1.00",
            "tax": "0.80",
        }
    ]
    assert (returned["id"], returned["type"]) == ("return-1", "return")
    assert returned["lines"] == [{"quantity": 1, "amount": "2.50", "sku": "café"}]


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        pytest.param("2026-07-01 12:00", "2026-07-01T11:00:00Z", id="summer"),
        pytest.param("2026-10-25 01:30", "2026-10-25T00:30:00Z", id="comes twice: the first"),
        pytest.param("2026-03-29 01:30", "2026-03-29T01:30:00Z", id="skipped: as if not set"),
    ],
)
def test_wall_times_become_instants_by_the_zone(shop: Shop, wall: str, instant: str) -> None:
    shop.run(f"7,CAKE,1,{wall},3,bo\n")
    assert shop.events()[0]["occurred_at"] == instant


def test_bytes_of_another_encoding_are_named_where_they_matter(shop: Shop) -> None:
    rows = (HEADER + "7,caf\u00e9,1,2026-03-01 09:30,3,bo\n8,TEA,1,2026-03-01 09:30,3,bo\n").encode(
        "windows-1252"
    )
    assert shop.summary(rows)["rows"]["wrong"] == {"bad_text": 1}
    assert [one["id"] for one in shop.events()] == ["inv-8"]


def test_blank_rows_and_a_byte_order_mark_do_not_matter(shop: Shop) -> None:
    rows = b"\xef\xbb\xbf" + (HEADER + "\r\n7,CAKE,1,2026-03-01 09:30,3,bo\r\n\r\n").encode()
    assert shop.summary(rows)["rows"]["read"] == 1


def test_packed_files_and_several_files_are_read_as_one(shop: Shop, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text("Customer,Price,Date,Pieces,Item,Invoice\nbo,2,2026-03-01 08:00,1,TEA,7\n")
    rows = gzip.compress((HEADER + "7,CAKE,1,2026-03-01 09:30,3,bo\n").encode())
    assert shop.run(rows, str(more), name="sales.csv.gz").exit_code == 0
    assert shop.events()[0]["occurred_at"] == "2026-03-01T08:00:00Z"
    assert len(shop.events()[0]["lines"]) == 2


def test_the_same_rows_give_the_same_bytes_packed_or_not(shop: Shop) -> None:
    shop.run(SALES)
    plain, shop.out = shop.out.read_bytes(), shop.folder / "out.jsonl.gz"
    shop.run(SALES)
    packed = shop.out.read_bytes()
    shop.run(SALES)
    assert shop.out.read_bytes() == packed and gzip.decompress(packed) == plain


def test_a_mapping_with_mistakes_exits_with_one_and_writes_nothing(shop: Shop) -> None:
    result = shop.run(SALES, mapping=MAPPING.replace("Europe/London", "Europe/Lodon"))
    assert result.exit_code == 1 and "did you mean `Europe/London`?" in result.output
    result = shop.run(SALES, "--format", "json", mapping=MAPPING.replace("Pieces", "Piece"))
    assert result.exit_code == 1
    found = json.loads(result.output)["diagnostics"]
    assert {one["code"] for one in found} == {"LR501"} and found[0]["line"] == 8
    assert sorted(path.name for path in shop.folder.iterdir()) == ["map.yaml", "sales.csv"]


def test_wrong_use_exits_with_two(shop: Shop) -> None:
    (shop.folder / "map.yaml").write_text(MAPPING)
    mapping = str(shop.folder / "map.yaml")
    for arguments in (
        [mapping],
        [mapping, str(shop.folder / "missing.csv"), "--out", "x"],
        [mapping, mapping, "--out", mapping],
        [mapping, mapping, "--out", str(shop.folder / "no" / "such" / "folder.jsonl")],
    ):
        result = CliRunner().invoke(main, ["import", *arguments])
        assert result.exit_code == 2 and "Error" in result.output
    assert (shop.folder / "map.yaml").read_text() == MAPPING


def test_half_a_file_is_not_imported_and_what_stood_there_stays(shop: Shop) -> None:
    shop.out.write_text("before")
    packed = gzip.compress((HEADER + SALES * 200).encode())
    result = shop.run(packed[:-20], name="sales.csv.gz")
    assert result.exit_code == 2 and "cut off" in result.output
    assert shop.out.read_text() == "before"
    assert sorted(path.suffix for path in shop.folder.iterdir()) == [".gz", ".jsonl", ".yaml"]


def test_an_interrupted_run_leaves_no_half_file(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt), write_whole(target) as sink:
        sink.write(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_first_row_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    mapping, _ = read_mapping(MAPPING.encode(), "map.yaml")
    assert mapping is not None
    with pytest.raises(UnreadableFile):
        CsvImport(mapping).add_files([str(tmp_path / "empty.csv")])


def test_a_file_named_twice_would_count_twice_and_is_refused(shop: Shop) -> None:
    result = shop.run(SALES, str(shop.folder / "sales.csv"))
    assert result.exit_code == 2
    assert "named twice: its rows would count twice" in result.stderr
    assert not shop.out.exists()


def test_rejects_hold_nothing_that_a_spreadsheet_would_run(shop: Shop) -> None:
    shop.summary('"=1+1",TEA,1,2026-03-01 09:30,2,\n')
    assert shop.rejected()[0][1] == "'=1+1"


def test_progress_is_not_drawn_where_nobody_sees_it(shop: Shop) -> None:
    assert shop.run(SALES).stderr == ""


def test_help_has_an_example() -> None:
    text = CliRunner().invoke(main, ["import", "--help"]).output
    assert "loyalty-rules import mapping.yaml sales.csv.gz --out year.jsonl" in text
