"""Bounds: whatever is sent is answered in bounded time and memory, and only ever with `EventError`."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Event, Purchase
from tests.events.examples import HEAD, event, purchase, refused, refused_at

MILLISECONDS_MAX = 100
SLOWER_MACHINES = 4
"""How much slower than promised the machine that runs the tests may be."""
BYTES_MAX = 50_000_000

OPEN = json.dumps(HEAD)[:-1] + ', "a": '
LINES = json.dumps(purchase())[:-1].replace('"lines"', '"x"') + ', "lines": ['


def full_order(lines: int, **changes: Any) -> str:
    small = {"sku": "S-1", "quantity": 2, "unit_price": "12.50", "amount": "25.00"}
    return json.dumps(purchase(*[small] * lines, **changes), separators=(",", ":"))


HEAVY = {
    "a full order of 10,000 lines": full_order(10_000),
    "100 discounts over 9,000 lines": full_order(9_000, discounts=[{"amount": "0.01"}] * 100),
    "100 discounts in turn on net prices": full_order(
        8_000,
        prices="net",
        discounts=[{"amount": "0.01"}, {"amount": "0.01", "lines": ["1"]}] * 50,
        tenders=[{"type": "card", "amount": "1.00"}],
    ).replace('"sku":"S-1"', '"tax":1'),
    "a million brackets": "[" * 1_000_000,
    "100,000 nested lists": OPEN + "[" * 100_000 + "]" * 100_000 + "}",
    "10,000 nested objects": OPEN + '{"a":' * 10_000 + "1" + "}" * 10_000 + "}",
    "99,000 empty objects": OPEN + "[" + "{}," * 99_000 + "1]}",
    "190,000 decimals": OPEN + "[" + "0.1," * 190_000 + "1]}",
    "99,000 lines": LINES + "{}," * 99_000 + "{}]}",
    "80,000 keys": "{" + ",".join(f'"k{n}":1' for n in range(80_000)) + "}",
    "80,000 keys, the last twice": "{" + ",".join(f'"k{n}":1' for n in range(80_000)) + ',"k9":1}',
    "900,000 digits": OPEN + "9" * 900_000 + "}",
    "900,000 decimals": OPEN + "0." + "9" * 900_000 + "}",
    "halves of characters": OPEN + '"' + "\\ud800" * 150_000 + '"}',
    "a long text": OPEN + '"' + "x" * 990_000 + '"}',
    "an endless id": json.dumps(event(id="x" * 900_000)),
}


@pytest.mark.parametrize("name", sorted(HEAVY))
def test_any_text_is_answered_in_bounded_time_and_memory(name: str) -> None:
    seconds = min(_seconds(HEAVY[name]) for _ in range(3))
    assert seconds * 1000 < MILLISECONDS_MAX * SLOWER_MACHINES
    tracemalloc.start()
    try:
        _answer(HEAVY[name])
        assert tracemalloc.get_traced_memory()[1] < BYTES_MAX
    finally:
        tracemalloc.stop()


def _seconds(text: str) -> float:
    start = time.process_time()
    _answer(text)
    return time.process_time() - start


def _answer(raw: Any) -> Event | EventError:
    try:
        return parse_event(raw)
    except EventError as problem:
        assert problem.reason and "\n" not in problem.reason and len(problem.reason) < 500
        return problem


def test_the_fullest_order_is_accepted() -> None:
    order = parse_event(HEAVY["a full order of 10,000 lines"])
    assert isinstance(order, Purchase) and len(order.lines) == 10_000


@pytest.mark.parametrize(
    ("raw", "code", "path"),
    [
        pytest.param(" " * 1_000_001, "too_large", "", id="text beyond 1 MB"),
        pytest.param(b" " * 1_000_001, "too_large", "", id="bytes beyond 1 MB"),
        pytest.param('"' + "é" * 500_000 + '"', "too_large", "", id="1 MB counts bytes"),
        pytest.param(full_order(10_001), "too_many", "lines", id="10,001 lines"),
        pytest.param(
            purchase(tenders=[{"type": "c", "amount": 0}] * 101),
            "too_many",
            "tenders",
            id="tenders",
        ),
        pytest.param(purchase(coupons=["c"] * 1_001), "too_many", "coupons", id="coupons"),
        pytest.param(purchase(discounts=[{"amount": 0}] * 101), "too_many", "discounts", id="off"),
        pytest.param(event(**{f"f{n}": 1 for n in range(101)}), "too_many", "", id="own fields"),
        pytest.param(event(a="x" * 10_001), "bad_text", "a", id="long text"),
        pytest.param(event(**{"k" * 201: 1}), "bad_text", "", id="long key"),
    ],
)
def test_each_limit_is_refused_with_its_place(raw: Any, code: str, path: str) -> None:
    assert refused_at(raw) == (code, path)


def test_a_mapping_obeys_the_same_limits() -> None:
    nested: Any = 1
    for _ in range(40):
        nested = [nested]
    round_and_round: list[Any] = []
    round_and_round.append(round_and_round)
    doubled: Any = "x"
    for _ in range(14):
        doubled = [doubled] * 10
    assert refused(event(a=nested)).code == "too_deep"
    assert refused(event(a=round_and_round)).code == "too_deep"
    assert refused(event(a=doubled)).code == "too_large"
    assert refused(event(a=["x" * 10_000] * 101)).code == "too_large"
    assert refused(event(a=[{"b": 0.5}])).path == "a[0].b"


class Hostile(Mapping[str, object]):
    """A mapping that fails while it is read."""

    def __getitem__(self, key: str) -> object:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        yield "id"

    def __len__(self) -> int:
        return 1


class Liar(str):
    """A text that says other things of itself than it holds."""

    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param(Hostile(), "bad_shape", id="a mapping that raises"),
        pytest.param({1: 2}, "bad_shape", id="a key that is no text"),
        pytest.param(event(a={1, 2}), "bad_shape", id="a set"),
        pytest.param(event(a=b"x"), "bad_shape", id="bytes inside"),
        pytest.param(event(a=object()), "bad_shape", id="any object"),
        pytest.param(event(a=1.0), "inexact_number", id="a float"),
        pytest.param(event(a=float("nan")), "inexact_number", id="a float that is no number"),
    ],
)
def test_a_mapping_of_other_things_is_refused(raw: Any, code: str) -> None:
    assert refused(raw).code == code


def test_a_text_of_its_own_class_is_taken_as_what_it_holds() -> None:
    read = parse_event(event(id=Liar("e-9")))
    assert read.id == "e-9" and type(read.id) is str


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.sampled_from(["2026-03-07T10:15:00Z", "EUR", "purchase", "return", "1e400", "~x"])
    | st.integers().map(lambda n: 10 ** min(abs(n), 5_000)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
# The first text of a run builds a table of all characters, which the health check takes for slowness.
ANYTHING = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEYS = st.sampled_from([*purchase(), "tenders", "discounts", "exchange", "prices", "sequence"])


@pytest.mark.property
@ANYTHING
@given(st.dictionaries(KEYS, ANY, max_size=4), st.booleans())
def test_nothing_but_event_errors_for_any_change(changes: dict[str, Any], bought: bool) -> None:
    raw = (purchase() if bought else event(type="return", order="o", lines=[])) | changes
    _answer(raw)


@pytest.mark.property
@ANYTHING
@given(st.dictionaries(st.sampled_from([*purchase()["lines"][0], "id", "tax", "x"]), ANY))
def test_nothing_but_event_errors_for_any_line(line: dict[str, Any]) -> None:
    _answer(purchase({"sku": "A", "quantity": 1, "amount": 1} | line))


@pytest.mark.property
@ANYTHING
@given(st.text() | st.binary())
def test_nothing_but_event_errors_for_any_text(text: str | bytes) -> None:
    _answer(text)


@pytest.mark.property
@ANYTHING
@given(st.integers(0, 400), st.text(max_size=2), st.integers(0, 3))
def test_nothing_but_event_errors_for_a_damaged_text(at: int, put: str, drop: int) -> None:
    whole = json.dumps(purchase(tenders=[{"type": "card", "amount": "25.00"}]))
    at %= len(whole)
    _answer(whole[:at] + put + whole[at + drop :])


def test_an_exponent_does_not_grow_digits() -> None:
    assert refused(event(a=Decimal("1e999999"))).code == "bad_number"
    assert parse_event(event(a=Decimal("0e999999"))).fields == {"a": 0}
