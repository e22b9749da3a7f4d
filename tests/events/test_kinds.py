"""The kinds that ship: their own fields, and their order at one instant."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.kinds import (
    DERIVED_KINDS,
    OWN_KINDS,
    SHIPPED_KINDS,
    business_key,
    rank_of,
)
from tests.events.examples import event, purchase, refused_at

RETURNED = [{"line": "1", "quantity": 1}]
UNLINKED = [{"sku": "A", "quantity": 1, "amount": "12.50"}]

EXAMPLES: dict[str, dict[str, Any]] = {
    "return": {"order": "inv-7", "lines": RETURNED},
    "cancellation": {"order": "inv-7"},
    "redemption": {"reward": "free-drink", "take": {"free-drink": 2}},
    "redemption_cancelled": {"redemption": "red-1"},
    "signup": {"channel": "app"},
    "profile": {"birthday": "1990-05-04", "segments": ["vip"]},
    "referral": {"friend": "m-2"},
    "review": {"sku": "A", "rating": 5},
    "survey": {"score": "9.5"},
    "social": {"network": "x", "action": "share"},
    "checkin": {"store": "b-12"},
    "membership": {"action": "join", "plan": "plus"},
    "balance": {"amount": "-12.50"},
    "grant": {"offer": "spring"},
    "transfer": {"to": "m-2", "program": "beans", "points": 100},
    "merge": {"into": "m-2"},
    "household": {"household": "h-1"},
    "codes": {"coupon": "flyer", "codes": ["FLY-1", "FLY-2"]},
    "draw": {"raffle": "summer", "seed": "4711"},
    "adjustment": {"program": "beans", "points": -5, "floor": True, "through": "2026-12-31"},
    "erasure": {},
}


def test_every_kind_that_can_be_sent_has_an_example() -> None:
    made = {*OWN_KINDS, *DERIVED_KINDS}
    sent = {kind.name for kind in SHIPPED_KINDS} - made - {"purchase"}
    assert set(EXAMPLES) == sent


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_a_shipped_kind_is_read_with_its_fields(kind: str) -> None:
    read = parse_event(event(type=kind, **EXAMPLES[kind]))
    assert type(read) is Event
    assert set(read.fields) == set(EXAMPLES[kind])


@pytest.mark.parametrize(
    ("kind", "fields", "code", "path"),
    [
        ("return", {"order": "inv-7"}, "missing_field", "lines"),
        ("return", {"order": "inv-7", "lines": []}, "no_lines", "lines"),
        ("return", {"order": "inv-7", "lines": UNLINKED}, "missing_field", "lines[0].line"),
        ("return", {"order": "inv-7", "lines": RETURNED * 2}, "duplicate_line", "lines[1].line"),
        ("return", {"lines": RETURNED}, "missing_field", "lines[0].sku"),
        ("return", {"lines": [{"sku": "A", "quantity": 1}]}, "missing_field", "lines[0].amount"),
        (
            "return",
            {"lines": [UNLINKED[0] | {"quantity": -1}]},
            "not_positive",
            "lines[0].quantity",
        ),
        ("return", {"lines": [UNLINKED[0] | {"amount": -1}]}, "negative_amount", "lines[0].amount"),
        ("cancellation", {}, "missing_field", "order"),
        ("redemption", {"take": {}}, "bad_shape", "take"),
        ("redemption", {"take": {"a": 0}}, "not_positive", "take.a"),
        ("redemption", {"take": {"a": "1"}}, "bad_shape", "take.a"),
        ("profile", {"birthday": "4.5.1990"}, "bad_day", "birthday"),
        ("profile", {"segments": "vip"}, "bad_shape", "segments"),
        ("survey", {"score": "nine"}, "bad_number", "score"),
        ("survey", {}, "missing_field", "score"),
        ("referral", {"friend": "~m"}, "bad_id", "friend"),
        ("adjustment", {"floor": "yes"}, "bad_shape", "floor"),
        ("balance", {"amount": None}, "missing_field", "amount"),
    ],
)
def test_a_wrong_field_of_a_shipped_kind_is_refused(
    kind: str, fields: dict[str, Any], code: str, path: str
) -> None:
    assert refused_at(event(type=kind, **fields)) == (code, path)


def test_kinds_of_one_instant_take_effect_in_this_order() -> None:
    ordered = [
        *("profile", "signup", "household", "merge", "membership", "transfer", "grant", "referral"),
        "codes",
        *("redemption_cancelled", "redemption"),
        "purchase",
        *("return", "cancellation"),
        "clock",
        *("adjustment", "erasure"),
    ]
    ranks = [rank_of(kind) for kind in ordered]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("kind", ["review", "survey", "social", "checkin", "balance", "own_kind"])
def test_every_other_earning_kind_ranks_with_purchases(kind: str) -> None:
    assert rank_of(kind) == rank_of("purchase")


def test_only_what_this_version_decides_is_marked_so() -> None:
    decided = {kind.name for kind in SHIPPED_KINDS if kind.decided}
    assert decided == {
        "purchase",
        "signup",
        "profile",
        "adjustment",
        "clock",
        "grant",
        "redemption",
        "level_changed",
        "review",
        "survey",
        "social",
        "checkin",
        "balance",
        "membership",
        "draw",
        "referral",
        "transfer",
        "household",
        *DERIVED_KINDS,
        "codes",
    }


def key(**changes: Any) -> tuple[object, ...]:
    source = changes.pop("source", "")
    bought = changes.pop("bought", False)
    raw = purchase(**changes) if bought else event(**changes)
    return business_key(parse_event(raw, source=source))


def test_time_comes_before_sequence_and_sequence_before_kind() -> None:
    early, late = "2026-03-07T10:00:00Z", "2026-03-07T10:00:00.000001Z"
    assert key(occurred_at=early, sequence=9) < key(occurred_at=late, sequence=1)
    assert key(sequence=1, type="grant", offer="o") > key(sequence=0, bought=True)
    assert key(type="grant", offer="o", id="z") < key(bought=True, id="a")
    assert key(source="a", id="z") < key(source="b", id="a")


def test_an_event_without_sequence_counts_as_zero() -> None:
    assert key(sequence=-1) < key() == key(sequence=0) < key(sequence=1)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["2026-03-07T10:00:00Z", "2026-03-07T11:00:00+01:00"]),
            st.sampled_from([None, 0, 1]),
            st.sampled_from(["a", "b"]),
            st.text("xyz", min_size=1, max_size=2),
        ),
        unique_by=lambda parts: (parts[2], parts[3]),
    ),
    st.randoms(use_true_random=False),
)
def test_business_order_does_not_depend_on_delivery(
    parts: list[tuple[str, int | None, str, str]], random: Any
) -> None:
    events = [
        parse_event(event(occurred_at=at, sequence=sequence, id=name), source=source)
        for at, sequence, source, name in parts
    ]
    shuffled = list(events)
    random.shuffle(shuffled)
    assert sorted(shuffled, key=business_key) == sorted(events, key=business_key)
