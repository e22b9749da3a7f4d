"""Laws of the canonical form: one content, one digest, in whatever spelling it came."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty_rules.domain.canonical import canonical_json, digest, write_parts
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.event import Purchase
from tests.events.examples import event, purchase

pytestmark = pytest.mark.property

LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

AMOUNTS = st.decimals(0, 10**9, places=3, allow_nan=False, allow_infinity=False)
WORDS = st.text("abcé شی-9", min_size=1, max_size=6).map(lambda word: "w" + word)
NOTES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | AMOUNTS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """A purchase in plain decimals, some of its optional parts left out."""
    lines = draw(
        st.lists(
            st.fixed_dictionaries(
                {"quantity": st.integers(1, 99).map(Decimal), "amount": AMOUNTS},
                optional={
                    "sku": WORDS,
                    "category": WORDS,
                    "tags": st.lists(WORDS, max_size=2),
                    "unit_price": AMOUNTS,
                    "kind": st.sampled_from(["goods", "shipping"]),
                },
            ),
            min_size=1,
            max_size=4,
        )
    )
    extra = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "channel": WORDS,
                "store": WORDS,
                "partner": WORDS,
                "coupons": st.lists(WORDS, max_size=2, unique=True),
                "discounts": st.just([{"id": "d", "amount": Decimal(0)}]),
                "sequence": st.integers(-5, 5),
                "attributes": st.dictionaries(WORDS, NOTES, max_size=3),
                "own": NOTES,
                "prices": st.sampled_from(["gross", "net"]),
            },
        )
    )
    if draw(st.booleans()):
        extra["tenders"] = [
            {
                "type": "card",
                "amount": sum((line["amount"] for line in lines), Decimal(0)),
                **draw(st.fixed_dictionaries({}, optional={"fingerprint": WORDS})),
            }
        ]
    return purchase(*lines, **extra)


@st.composite
def respelled(draw: st.DrawFn, value: Any) -> Any:
    """The same content: other decimals, amounts as text where they may be, keys in another order."""
    if isinstance(value, Decimal):
        finer = value.quantize(Decimal(1).scaleb(-draw(st.integers(3, 9))))
        return draw(st.sampled_from([finer, value.normalize() if value else value]))
    if isinstance(value, list):
        return [draw(respelled(item)) for item in value]
    if isinstance(value, dict):
        keys = draw(st.permutations(sorted(value)))
        return {key: draw(respelled(value[key])) for key in keys}
    return value


def as_json(value: Any) -> str:
    """JSON text of plain decimals, written out digit by digit."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_json, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {as_json(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


@LAW
@given(st.data())
def test_the_same_content_in_another_spelling_has_the_same_digest(data: st.DataObject) -> None:
    raw = data.draw(orders())
    first = parse_event(raw)
    other = data.draw(respelled(raw))
    for line in other["lines"]:
        if data.draw(st.booleans()):
            line["amount"] = f"{line['amount']:f}"
    assert parse_event(other) == parse_event(as_json(other)) == first
    assert digest(parse_event(other)) == digest(parse_event(as_json(other))) == digest(first)


@LAW
@given(orders())
def test_a_purchase_is_spelt_in_one_go_as_it_is_part_by_part(raw: dict[str, Any]) -> None:
    read = parse_event(raw)
    assert canonical_json(read) == write_parts(read)
    assert canonical_json(read, "-") == write_parts(read, "-")


@LAW
@given(orders())
def test_the_canonical_form_reads_back_as_the_same_event(raw: dict[str, Any]) -> None:
    read = parse_event(raw)
    again = parse_event(canonical_json(read))
    assert again == read
    assert canonical_json(again) == canonical_json(read)


@LAW
@given(orders(), st.data())
def test_another_amount_has_another_digest(raw: dict[str, Any], data: st.DataObject) -> None:
    before = digest(parse_event(raw))
    raw.pop("tenders", None)
    bare = digest(parse_event(raw))
    line = data.draw(st.sampled_from(raw["lines"]))
    line["amount"] += Decimal("0.001")
    assert digest(parse_event(raw)) not in (before, bare)


@pytest.mark.parametrize("amount", ["25", "25.0", "25.000", 25, Decimal("25.00"), Decimal("2.5E1")])
def test_25_is_25_however_it_is_written(amount: Any) -> None:
    read = parse_event(purchase({"quantity": 1, "amount": amount}))
    assert digest(read) == digest(parse_event(purchase({"quantity": 1, "amount": "25.00"})))


def test_defaults_that_are_written_change_nothing() -> None:
    short = parse_event(purchase({"quantity": 2, "unit_price": "12.50", "sku": "A"}))
    long = parse_event(
        purchase(
            {
                "id": "1",
                "sku": "A",
                "quantity": 2,
                "unit_price": "12.5",
                "amount": "25",
                "discount": 0,
                "kind": "goods",
                "tags": [],
            },
            order="e-1",
            prices="gross",
            coupons=[],
            discounts=[],
            occurred_at="2026-03-07T09:15:00Z",
        )
    )
    assert digest(short) == digest(long)


def test_the_canonical_form_is_one_line_with_sorted_keys() -> None:
    assert canonical_json(parse_event(event(points="10", id="e", visits=12))) == (
        '{"id":"e","member":"m-1","occurred_at":"2026-03-07T09:15:00Z",'
        '"points":"10","type":"checkin","visits":12}'
    )


def test_the_sender_is_no_content() -> None:
    assert digest(parse_event(event(), source="a")) == digest(parse_event(event(), source="b"))


def test_text_and_number_are_different_content_in_fields_of_the_shop() -> None:
    assert digest(parse_event(event(visits=1))) != digest(parse_event(event(visits="1")))


def test_the_callers_decimal_context_changes_nothing() -> None:
    raw = purchase({"quantity": "3", "unit_price": "123456.789"}, tenders=None)
    expected = canonical_json(parse_event(raw))
    with localcontext() as context:
        context.prec = 2
        assert canonical_json(parse_event(raw)) == expected
        order = parse_event(raw)
    assert isinstance(order, Purchase) and order.lines[0].amount == Decimal("370370.367")
