"""The door for events: what comes in, how it looks inside, and what is refused with which place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.errors import EventError, LoyaltyError
from loyalty_rules.domain.event import Event, Line, Purchase
from tests.events.examples import event, purchase, refused, refused_at

FULL = """
{"id": "inv-7", "type": "purchase", "member": "m-1", "occurred_at": "2026-03-07T10:15:00+01:00",
 "currency": "EUR", "channel": "web", "store": "b-12", "partner": "skyline", "sequence": 3,
 "lines": [{"id": "1", "sku": "BEANS-1KG", "category": "beans", "tags": ["organic"], "quantity": 2,
            "unit_price": "12.50", "amount": "25.00", "discount": "0.00", "tax": "1.64",
            "roast": "dark"},
           {"quantity": 0.5, "unit_price": 8.40, "discount": "0.20"}],
 "discounts": [{"id": "d", "amount": "4.00", "lines": ["1"]}],
 "tenders": [{"type": "card", "amount": "20.00", "fingerprint": "f-9"},
             {"type": "points", "amount": 5, "redemption": "red-1"}],
 "exchange": {"to": "USD", "rate": "1.0875", "date": "2026-03-07"},
 "coupons": ["SPRING"], "attributes": {"table": "4"}, "weather": {"rain": true}}
"""


def test_a_purchase_is_read_whole() -> None:
    order = parse_event(FULL, source="till-3")
    assert isinstance(order, Purchase)
    assert (order.id, order.order, order.source, order.sequence) == ("inv-7", "inv-7", "till-3", 3)
    assert order.occurred_at == datetime(2026, 3, 7, 9, 15, tzinfo=UTC)
    assert order.occurred_at.tzinfo is UTC
    assert order.lines[0] == Line(
        id="1",
        quantity=Decimal(2),
        amount=Decimal("25.00"),
        sku="BEANS-1KG",
        category="beans",
        tags=("organic",),
        unit_price=Decimal("12.50"),
        tax=Decimal("1.64"),
        fields=MappingProxyType({"roast": "dark"}),
    )
    assert order.discounts[0].lines == ("1",)
    assert order.tenders is not None
    assert [tender.amount for tender in order.tenders] == [20, 5]
    assert order.exchange is not None and order.exchange.rate == Decimal("1.0875")
    assert order.attributes == {"table": "4"}
    assert order.fields == {"weather": {"rain": True}}


def test_what_a_line_leaves_out_is_filled_in() -> None:
    order = parse_event(FULL)
    assert isinstance(order, Purchase)
    line = order.lines[1]
    assert (line.id, line.kind, line.sku, line.tax) == ("2", "goods", None, None)
    assert line.amount == Decimal("4.00")  # 0.5 x 8.40 - 0.20


def test_the_written_amount_is_the_truth_whatever_the_unit_price() -> None:
    order = parse_event(purchase({"quantity": 3, "unit_price": "9.99", "amount": "25.00"}))
    assert isinstance(order, Purchase) and order.lines[0].amount == 25


def test_json_numbers_never_pass_through_a_float() -> None:
    text = (
        '{"id":"e","type":"purchase","member":"m","occurred_at":"2026-03-07T10:15:00Z",'
        '"currency":"EUR","lines":[{"quantity":1,"amount":0.1},'
        '{"quantity":1,"amount":123456789012345.123456789012}]}'
    )
    order = parse_event(text)
    assert isinstance(order, Purchase)
    assert order.lines[0].amount == Decimal("0.1")
    assert order.lines[1].amount == Decimal("123456789012345.123456789012")


def test_text_bytes_and_mapping_give_the_same_event() -> None:
    as_mapping = {
        "id": "e",
        "type": "balance",
        "member": "m",
        "occurred_at": datetime(2026, 3, 7, 10, 15, tzinfo=timezone(timedelta(hours=1))),
        "amount": Decimal("12.50"),
    }
    as_text = (
        '\ufeff{"id":"e","type":"balance","member":"m",'
        '"occurred_at":"2026-03-07T09:15:00Z","amount":12.5}'
    )
    assert parse_event(as_mapping) == parse_event(as_text) == parse_event(as_text.encode("utf-8"))


def test_the_input_is_not_changed_and_not_shared() -> None:
    raw = purchase({"sku": "A", "quantity": 1, "amount": "1", "own": [1]}, attributes={"a": [1, 2]})
    before = repr(raw)
    order = parse_event(raw)
    raw["attributes"]["a"].append(3)
    raw["lines"][0]["own"].append(2)
    assert isinstance(order, Purchase)
    assert order.attributes == {"a": (1, 2)} and order.lines[0].fields == {"own": (1,)}
    raw["attributes"]["a"].pop()
    raw["lines"][0]["own"].pop()
    assert repr(raw) == before


def test_an_event_cannot_be_changed() -> None:
    order = parse_event(FULL)
    with pytest.raises(TypeError):
        order.fields["weather"] = "dry"  # type: ignore[index]


def test_a_kind_that_does_not_ship_keeps_its_fields() -> None:
    flight = parse_event(
        event(type="skyline.flight", route="BER-LIS", miles=1_400, legs=[{"km": "2310.5"}])
    )
    assert type(flight) is Event
    assert flight.fields == {"route": "BER-LIS", "miles": 1400, "legs": ({"km": "2310.5"},)}


def test_a_shipped_kind_keeps_fields_that_the_rule_set_may_add() -> None:
    assert parse_event(event(type="signup", referral_code="ANA")).fields == {"referral_code": "ANA"}


def test_null_means_not_there_but_takes_a_fact_from_a_profile() -> None:
    order = parse_event(purchase() | {"channel": None, "tenders": None})
    assert isinstance(order, Purchase) and order.channel is None and order.tenders is None
    profile = parse_event(event(type="profile") | {"birthday": None, "segments": ["vip"]})
    assert profile.fields == {"birthday": None, "segments": ("vip",)}


def test_persian_names_keep_their_joiners_and_come_in_normal_form() -> None:
    order = parse_event(
        purchase({"sku": "شیر", "category": "نوشیدنی\u200cها", "quantity": 1, "amount": "5"})
    )
    decomposed = parse_event(purchase({"sku": "cafe\u0301", "quantity": 1, "amount": "5"}))
    assert isinstance(order, Purchase) and isinstance(decomposed, Purchase)
    assert order.lines[0].category == "نوشیدنی\u200cها"
    assert decomposed.lines[0].sku == "caf\u00e9"


NOT_JSON: list[Any] = [
    pytest.param("", "not_json", "", id="nothing"),
    pytest.param('{"id": "e"', "not_json", "", id="cut off"),
    pytest.param("{} {}", "not_json", "", id="two"),
    pytest.param("[]", "bad_shape", "", id="a list"),
    pytest.param("null", "bad_shape", "", id="null"),
    pytest.param(7, "bad_shape", "", id="neither text nor mapping"),
    pytest.param(b"\xff\xfe{}", "not_utf8", "", id="not UTF-8"),
    pytest.param('{"a": NaN}', "not_json", "", id="NaN"),
    pytest.param('{"a": -Infinity}', "not_json", "", id="endless"),
    pytest.param('{"a": 1, "b": 2, "a": 1}', "duplicate_key", "a", id="a key twice"),
    pytest.param('{"a": [{"b": 1, "b": 1}]}', "duplicate_key", "b", id="a key twice inside"),
    pytest.param('{"a": ' + "9" * 5000 + "}", "bad_number", "", id="5000 digits"),
    pytest.param('{"a": 1e99999999999999999999}', "bad_number", "", id="no exact number"),
]


@pytest.mark.parametrize(("raw", "code", "path"), NOT_JSON)
def test_what_is_not_one_json_object_is_refused(raw: Any, code: str, path: str) -> None:
    assert refused_at(raw) == (code, path)


def test_the_place_of_a_json_mistake_is_named() -> None:
    assert refused('{"id": "e",\n "type": }').reason == "the text is not JSON: line 2, column 10"


WRONG_HEADS: list[Any] = [
    pytest.param({"id": None}, "missing_field", "id", id="no id"),
    pytest.param({"type": None}, "missing_field", "type", id="no type"),
    pytest.param({"member": None}, "missing_field", "member", id="no member"),
    pytest.param({"occurred_at": None}, "missing_field", "occurred_at", id="no time"),
    pytest.param({"id": 7}, "bad_shape", "id", id="a number for an id"),
    pytest.param({"id": True}, "bad_shape", "id", id="true for an id"),
    pytest.param({"id": ""}, "bad_id", "id", id="empty"),
    pytest.param({"id": "x" * 201}, "bad_id", "id", id="201 characters"),
    pytest.param({"id": "~1"}, "bad_id", "id", id="ours"),
    pytest.param({"id": "a\u202eb"}, "bad_id", "id", id="turns the direction around"),
    pytest.param({"id": "a\nb"}, "bad_id", "id", id="a line end"),
    pytest.param({"id": "a\u00a0b"}, "bad_id", "id", id="a no-break space"),
    pytest.param({"id": "cafe\u0301"}, "bad_id", "id", id="not in normal form"),
    pytest.param({"id": "\ud800"}, "bad_id", "id", id="half a character"),
    pytest.param({"type": "Purchase"}, "bad_type", "type", id="capital letter"),
    pytest.param({"type": 1}, "bad_type", "type", id="a number for a type"),
    pytest.param({"type": "clock"}, "reserved_type", "type", id="clock is ours"),
    pytest.param({"type": "level_changed"}, "reserved_type", "type", id="level_changed is ours"),
    pytest.param({"sequence": "1"}, "bad_shape", "sequence", id="sequence as text"),
    pytest.param({"sequence": Decimal("1.5")}, "bad_shape", "sequence", id="half a sequence"),
    pytest.param({"sequence": 10**20}, "bad_number", "sequence", id="sequence beyond all"),
]


@pytest.mark.parametrize(("changes", "code", "path"), WRONG_HEADS)
def test_a_wrong_head_is_refused_at_its_key(changes: dict[str, Any], code: str, path: str) -> None:
    assert refused_at(event(**changes)) == (code, path)


@pytest.mark.parametrize(
    ("time", "code"),
    [
        pytest.param("2026-03-07T10:15:00", "naive_time", id="no offset"),
        pytest.param("2026-03-07", "bad_time", id="a day"),
        pytest.param("2026-02-30T10:15:00Z", "bad_time", id="no such day"),
        pytest.param("2026-03-07T24:00:00Z", "bad_time", id="hour 24"),
        pytest.param("2026-03-07T10:15:60Z", "bad_time", id="second 60"),
        pytest.param("2026-03-07T10:15:00.1234567Z", "bad_time", id="finer than a microsecond"),
        pytest.param("2026-W10-6T10:15:00Z", "bad_time", id="a week date"),
        pytest.param("٢٠٢٦-03-07T10:15:00Z", "bad_time", id="other digits"),
        pytest.param("1899-12-31T23:59:59Z", "bad_time", id="before 1900"),
        pytest.param("2200-01-01T00:00:00Z", "bad_time", id="after 2199"),
        pytest.param("0001-01-01T00:00:00+14:00", "bad_time", id="before the calendar"),
        pytest.param("9999-12-31T23:59:59-14:00", "bad_time", id="behind the calendar"),
        pytest.param("1900-01-01T00:00:00+01:00", "bad_time", id="1899 in UTC"),
        pytest.param(1_741_338_900, "bad_shape", id="seconds of a clock"),
        pytest.param(date(2026, 3, 7), "bad_time", id="a day as an object"),
        pytest.param(datetime(2026, 3, 7), "naive_time", id="an object without offset"),
    ],
)
def test_a_time_must_be_an_instant(time: Any, code: str) -> None:
    assert refused_at(event(occurred_at=time)) == (code, "occurred_at")


@pytest.mark.parametrize(
    "time",
    ["2026-03-07T09:15:00Z", "2026-03-07 10:15+01:00", "2026-03-07t14:45:00.000+0530"],
)
def test_one_instant_has_many_spellings(time: str) -> None:
    assert parse_event(event(occurred_at=time)).occurred_at == datetime(
        2026, 3, 7, 9, 15, tzinfo=UTC
    )


def test_a_near_miss_of_a_missing_key_is_named() -> None:
    raw = event(occurred_at=None, occured_at="2026-03-07T10:15:00Z")
    assert refused(raw).reason == "`occurred_at` is missing: did you mean it by `occured_at`?"
    line = purchase({"quantity": 1, "ammount": "5"})
    assert refused(line).path == "lines[0].amount"
    assert refused(line).reason == "`amount` is missing: did you mean it by `ammount`?"
    assert refused(event(type=None, typ="checkin")).reason.endswith("did you mean it by `typ`?")


def test_a_near_miss_beside_the_right_key_is_a_field_of_the_shop() -> None:
    assert parse_event(event(occured_at="yesterday")).fields == {"occured_at": "yesterday"}


def test_the_sender_is_checked_like_an_id() -> None:
    with pytest.raises(EventError) as caught:
        parse_event(event(), source="~ours")
    assert (caught.value.code, caught.value.path) == ("bad_id", "source")


def test_an_error_says_code_place_and_reason() -> None:
    problem = refused(event(id="~1"))
    assert isinstance(problem, LoyaltyError)
    assert str(problem) == "bad_id at `id`: an id must not begin with `~`, found `~1`"


def test_a_message_never_holds_what_a_terminal_obeys() -> None:
    problem = refused(event(occurred_at="\x1b[31mred\u202e`"))
    assert problem.reason.isprintable()
