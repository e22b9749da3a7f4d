"""The parts of an order and what must hold between them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.event import Purchase
from tests.events.examples import purchase, refused, refused_at


def line(**changes: Any) -> dict[str, Any]:
    raw = {"sku": "A", "quantity": 1, "amount": "10.00"} | changes
    return {key: value for key, value in raw.items() if value is not None}


WRONG_LINES: list[Any] = [
    pytest.param("x", "bad_shape", "", id="no object"),
    pytest.param(line(quantity=None), "missing_field", ".quantity", id="no quantity"),
    pytest.param(line(amount=None), "missing_field", ".amount", id="no amount, no price"),
    pytest.param(line(quantity=0), "not_positive", ".quantity", id="nothing bought"),
    pytest.param(line(quantity=-1), "not_positive", ".quantity", id="less than nothing"),
    pytest.param(line(quantity="two"), "bad_number", ".quantity", id="a word"),
    pytest.param(line(quantity=True), "bad_shape", ".quantity", id="true"),
    pytest.param(line(amount="-0.01"), "negative_amount", ".amount", id="negative amount"),
    pytest.param(line(amount=""), "bad_number", ".amount", id="empty"),
    pytest.param(line(amount="1,50"), "bad_number", ".amount", id="decimal comma"),
    pytest.param(line(amount="1e3"), "bad_number", ".amount", id="exponent as text"),
    pytest.param(line(amount="010"), "bad_number", ".amount", id="leading zero"),
    pytest.param(line(amount="+1"), "bad_number", ".amount", id="plus"),
    pytest.param(line(amount=".5"), "bad_number", ".amount", id="no digit before the point"),
    pytest.param(line(amount="1."), "bad_number", ".amount", id="no digit behind the point"),
    pytest.param(line(amount=" 1"), "bad_number", ".amount", id="blank"),
    pytest.param(line(amount="1\n"), "bad_number", ".amount", id="line end"),
    pytest.param(line(amount="١٢"), "bad_number", ".amount", id="other digits"),
    pytest.param(line(amount="NaN"), "bad_number", ".amount", id="NaN as text"),
    pytest.param(line(amount=Decimal("NaN")), "bad_number", ".amount", id="NaN"),
    pytest.param(line(amount=Decimal("sNaN")), "bad_number", ".amount", id="signalling NaN"),
    pytest.param(line(amount=Decimal("Infinity")), "bad_number", ".amount", id="endless"),
    pytest.param(line(amount=Decimal("1e400")), "bad_number", ".amount", id="1e400"),
    pytest.param(line(amount=Decimal("1e-400")), "bad_number", ".amount", id="1e-400"),
    pytest.param(line(amount="1" * 16), "bad_number", ".amount", id="16 digits"),
    pytest.param(line(amount=10**15), "bad_number", ".amount", id="10 to the 15th"),
    pytest.param(line(amount=10**5000), "bad_number", ".amount", id="thousands of digits"),
    pytest.param(line(amount="0.1234567890123"), "bad_number", ".amount", id="13 decimals"),
    pytest.param(line(amount=0.5), "inexact_number", ".amount", id="a float"),
    pytest.param(line(tax="-1"), "negative_amount", ".tax", id="negative tax"),
    pytest.param(line(tax="10.01"), "tax_too_large", ".tax", id="more tax inside than amount"),
    pytest.param(line(discount="-1"), "negative_amount", ".discount", id="negative discount"),
    pytest.param(
        line(amount=None, unit_price="3", discount="4"),
        "discount_too_large",
        ".discount",
        id="more discount than price",
    ),
    pytest.param(
        line(amount=None, unit_price="0.0000001", quantity="0.0000001"),
        "bad_number",
        ".amount",
        id="a product too fine",
    ),
    pytest.param(line(kind="good"), "not_one_of", ".kind", id="unknown kind of item"),
    pytest.param(line(tags="organic"), "bad_shape", ".tags", id="tags as text"),
    pytest.param(line(tags=["a", 1]), "bad_shape", ".tags[1]", id="a number as a tag"),
    pytest.param(line(sku=""), "bad_text", ".sku", id="empty sku"),
    pytest.param(line(sku="a\u2066b"), "bad_text", ".sku", id="turned direction"),
    pytest.param(line(own={"a": ["\x00"]}), "bad_text", ".own.a[0]", id="deep in own fields"),
]


@pytest.mark.parametrize(("wrong", "code", "path"), WRONG_LINES)
def test_a_wrong_line_is_refused_at_its_place(wrong: Any, code: str, path: str) -> None:
    assert refused_at(purchase(line(), wrong)) == (code, f"lines[1]{path}")


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("12.50", "12.5"),
        (12, "12"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0.0"), "0"),
        ("-0", "0"),
        ("0.000000000001", "0.000000000001"),
        ("999999999999999.999999999999", "999999999999999.999999999999"),
    ],
)
def test_an_amount_is_what_is_written(written: Any, amount: str) -> None:
    order = parse_event(purchase(line(amount=written)))
    assert isinstance(order, Purchase)
    assert order.lines[0].amount == Decimal(amount)
    _, _, exponent = order.lines[0].amount.as_tuple()
    assert isinstance(exponent, int) and exponent <= 0
    assert not order.lines[0].amount.is_signed()


WRONG_ORDERS: list[Any] = [
    pytest.param({"lines": []}, "no_lines", "lines", id="no lines"),
    pytest.param({"lines": None}, "missing_field", "lines", id="lines missing"),
    pytest.param({"lines": {}}, "bad_shape", "lines", id="lines no list"),
    pytest.param({"currency": None}, "missing_field", "currency", id="no currency"),
    pytest.param({"currency": "eur"}, "bad_currency", "currency", id="small letters"),
    pytest.param({"prices": "netto"}, "not_one_of", "prices", id="unknown prices"),
    pytest.param({"prices": ["net"]}, "not_one_of", "prices", id="prices as a list"),
    pytest.param({"order": "~1"}, "bad_id", "order", id="an order of ours"),
    pytest.param({"attributes": []}, "bad_shape", "attributes", id="attributes no object"),
    pytest.param({"coupons": [""]}, "bad_text", "coupons[0]", id="empty coupon"),
    pytest.param({"exchange": {"to": "EUR"}}, "missing_field", "exchange.rate", id="no rate"),
    pytest.param(
        {"exchange": {"to": "EUR", "rate": 0}}, "not_positive", "exchange.rate", id="rate zero"
    ),
    pytest.param(
        {"exchange": {"to": "EUR", "rate": 1, "date": "1.3.26"}},
        "bad_day",
        "exchange.date",
        id="day in other words",
    ),
    pytest.param(
        {"tenders": [{"type": "card"}]}, "missing_field", "tenders[0].amount", id="tender amount"
    ),
    pytest.param(
        {"tenders": [{"type": "card", "amount": -25}]},
        "negative_amount",
        "tenders[0].amount",
        id="change given back",
    ),
    pytest.param(
        {"tenders": [{"type": "card", "amount": 25, "typ": "x"}]},
        "unknown_field",
        "tenders[0]",
        id="a tender has no fields of its own",
    ),
    pytest.param({"tenders": []}, "tenders_do_not_sum", "tenders", id="nothing paid"),
]


@pytest.mark.parametrize(("changes", "code", "path"), WRONG_ORDERS)
def test_a_wrong_order_is_refused_at_its_place(
    changes: dict[str, Any], code: str, path: str
) -> None:
    assert refused_at(purchase(**changes)) == (code, path)


def test_line_ids_are_unique_also_against_default_ids() -> None:
    assert refused_at(purchase(line(id="2"), line())) == ("duplicate_line", "lines[1].id")


def paid(*amounts: str) -> list[dict[str, str]]:
    return [{"type": "card", "amount": amount} for amount in amounts]


@pytest.mark.parametrize(
    ("changes", "amounts"),
    [
        pytest.param({}, ["20.00"], id="one card"),
        pytest.param({}, ["12.345", "7.655"], id="two cards"),
        pytest.param({"discounts": [{"amount": "5"}]}, ["15"], id="less the discount"),
        pytest.param({"prices": "net"}, ["23.00"], id="net: tax on top"),
        pytest.param(
            {"prices": "net", "discounts": [{"amount": "10", "lines": ["1"]}]},
            ["11.00"],
            id="net: the tax of a reduced line shrinks with it",
        ),
        pytest.param(
            {
                "prices": "net",
                "discounts": [{"amount": "5", "lines": ["1"]}, {"amount": "3"}, {"amount": "3"}],
            },
            ["10.20"],  # left 5 and 10, then 3 and 6: taxes 0.60 and 0.60
            id="net: a discount takes its share of what the one before it left",
        ),
        pytest.param(
            {"prices": "net", "discounts": [{"amount": "3.33"}]},
            ["19.17"],
            id="net: a till rounds each line's tax (exact: 19.1705)",
        ),
    ],
)
def test_tenders_sum_to_what_is_owed(changes: dict[str, Any], amounts: list[str]) -> None:
    lines = (line(tax="2.00"), line(tax="1.00"))
    order = parse_event(purchase(*lines, tenders=paid(*amounts), **changes))
    assert isinstance(order, Purchase) and order.tenders is not None
    more = [*amounts[:-1], str(Decimal(amounts[-1]) + Decimal("0.03"))]
    wrong = refused(purchase(*lines, tenders=paid(*more), **changes))
    assert (wrong.code, wrong.path) == ("tenders_do_not_sum", "tenders")


def test_the_owed_sum_is_named() -> None:
    wrong = refused(purchase(line(amount="20.00"), tenders=paid("19.99")))
    assert wrong.reason == "the tenders sum to `19.99`, but `20.00` is owed"


def test_an_owed_sum_with_reduced_taxes_is_named_without_a_tail_of_zeros() -> None:
    wrong = refused(
        purchase(
            line(amount="20.00", tax="3"),
            prices="net",
            discounts=[{"amount": "10"}],
            tenders=paid("19.99"),
        )
    )
    assert wrong.reason == "the tenders sum to `19.99`, but `11.50` is owed"


@pytest.mark.parametrize(
    ("discounts", "code", "path"),
    [
        pytest.param([{"amount": "21"}], "discount_too_large", "discounts[0].amount", id="order"),
        pytest.param(
            [{"amount": "11", "lines": ["1"]}],
            "discount_too_large",
            "discounts[0].amount",
            id="its lines",
        ),
        pytest.param(
            [{"amount": "6", "lines": ["1"]}, {"amount": "6", "lines": ["1"]}],
            "discount_too_large",
            "discounts[1].amount",
            id="two on one line",
        ),
        pytest.param(
            [{"amount": "10", "lines": ["1"]}, {"amount": "11"}],
            "discount_too_large",
            "discounts",
            id="all together",
        ),
        pytest.param(
            [{"amount": "1", "lines": ["1", "9"]}],
            "unknown_line",
            "discounts[0].lines[1]",
            id="no such line",
        ),
        pytest.param(
            [{"amount": "1", "lines": []}], "bad_shape", "discounts[0].lines", id="no line"
        ),
        pytest.param(
            [{"amount": "1", "lines": ["1", "1"]}],
            "bad_shape",
            "discounts[0].lines",
            id="one line twice",
        ),
        pytest.param(
            [{"id": "a", "amount": "1"}, {"id": "a", "amount": "1"}],
            "duplicate_discount",
            "discounts",
            id="one id twice",
        ),
        pytest.param([{"id": "a"}], "missing_field", "discounts[0].amount", id="no amount"),
    ],
)
def test_a_discount_takes_no_more_than_there_is(
    discounts: list[dict[str, Any]], code: str, path: str
) -> None:
    assert refused_at(purchase(line(), line(), discounts=discounts)) == (code, path)


def test_a_discount_may_take_everything() -> None:
    order = parse_event(purchase(line(), line(), discounts=[{"amount": "20"}], tenders=[]))
    assert isinstance(order, Purchase) and order.discounts[0].id == "1"
