"""Records come back from their JSON exactly as they were, and equal records have one spelling."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    DeficitChanged,
    Effect,
    Granted,
    GrantKept,
    GrantWithdrawn,
    HistoryRetold,
    Hold,
    LevelSet,
    LotDated,
    LotFreed,
    LotOpened,
    LotReduced,
    LotRestored,
    LotStands,
    MemberErased,
    OnceClaimed,
    PartnerPaid,
    PayersShifted,
    PointsTaken,
    ProfileSet,
    TimerSet,
)
from loyalty_rules.domain.funding import Part, Payer
from loyalty_rules.domain.order_record import Added, BookedOrder, Share
from loyalty_rules.domain.record_codec import (
    read_effects,
    read_order,
    read_redemption,
    read_state,
    write_state,
)
from loyalty_rules.domain.redemption_record import BookedRedemption, SpentLot
from loyalty_rules.domain.state import Level, Lot, MemberState
from loyalty_rules.ledger.spelling import plain_text
from tests.domain.instance_records import DRAWN, instance_effects, instances
from tests.domain.written import write_order, write_redemption

names = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=8)
whole = st.integers(-(10**18), 10**18)
numbers = whole | st.fractions(max_denominator=10**6)
values = st.recursive(
    st.none() | st.booleans() | names | numbers,
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)
instants = st.datetimes(
    datetime(1900, 1, 1),
    datetime(2199, 12, 31),
    timezones=st.just(UTC),
)
days = st.integers(700_000, 780_000)


def pairs(first, second):
    return st.lists(st.tuples(first, second), max_size=3).map(tuple)


def mappings(keys, held):
    return st.dictionaries(keys, held, max_size=3).map(MappingProxyType)


grant_kinds = st.sampled_from(["discount", "voucher", "product", "perk", "donation"])
maybe_instants = st.none() | instants
grants = st.builds(
    Granted,
    names,
    names,
    grant_kinds,
    instants,
    whole,
    st.none() | whole,
    st.none() | st.fractions(max_denominator=10**6),
    names,
    names,
    names,
    names,
    maybe_instants,
    pairs(names, whole),
    pairs(names, whole),
    names,
    names,
)
funding = st.lists(st.builds(Part, names, whole, numbers, numbers), max_size=2).map(tuple)
payers = st.lists(
    st.builds(Payer, names, st.fractions(max_denominator=10**6), numbers, numbers), max_size=2
).map(tuple)
holds = st.lists(
    st.builds(Hold, names, st.none() | days, st.sampled_from(["met", "fallen", "floor", "fixed"])),
    max_size=2,
).map(tuple)
effects = st.one_of(
    st.builds(ClockMoved, instants),
    st.builds(
        LotOpened,
        names,
        names,
        whole,
        instants,
        pairs(names, whole),
        st.none() | instants,
        names,
        st.booleans(),
        st.none() | instants,
        names,
        names,
        funding,
    ),
    st.builds(LotFreed, names, names, instants),
    st.builds(LotDated, names, names, st.none() | instants, names),
    st.builds(
        LotReduced,
        names,
        names,
        whole,
        st.sampled_from(["taken_back", "expired", "spent"]),
        funding,
    ),
    st.builds(PartnerPaid, names, names, whole, numbers),
    st.builds(PayersShifted, names, funding),
    st.builds(MemberErased, names),
    st.builds(
        PointsTaken,
        names,
        names,
        whole,
        pairs(names, whole),
        whole,
        whole,
        pairs(names, whole),
    ),
    st.builds(DeficitChanged, names, whole, st.sampled_from(["taken_back", "spent"])),
    st.builds(CounterAdded, names, st.sampled_from(["sum", "distinct"]), days, values),
    st.builds(LevelSet, names, names, instants, maybe_instants, holds),
    st.builds(TimerSet, names, st.none() | instants),
    st.builds(OnceClaimed, names),
    st.builds(ProfileSet, pairs(names, values)),
    st.builds(
        LotRestored,
        names,
        names,
        whole,
        whole,
        instants,
        maybe_instants,
        names,
        maybe_instants,
        names,
        funding,
    ),
    grants,
    st.builds(GrantWithdrawn, names, grant_kinds, whole, whole, pairs(names, whole), names),
    st.builds(GrantKept, names, grant_kinds, whole, whole),
    instance_effects,
    st.builds(
        HistoryRetold,
        names,
        st.lists(st.tuples(names, names, whole), max_size=3).map(tuple),
        st.lists(
            st.builds(LotStands, names, names, whole, whole, instants, st.none() | instants),
            max_size=2,
        ).map(tuple),
        st.lists(
            st.tuples(names, names, names, names, whole, st.fractions(), st.fractions()), max_size=2
        ).map(tuple),
    ),
)
lots = st.lists(
    st.builds(
        Lot,
        names,
        whole,
        whole,
        instants,
        st.none() | instants,
        names,
        st.booleans(),
        st.none() | instants,
        names,
        names,
        funding,
    ),
    max_size=2,
    unique_by=lambda lot: lot.id,
).map(tuple)
states = st.builds(
    MemberState,
    names,
    st.none() | instants,
    mappings(names, lots),
    mappings(names, mappings(days, values)),
    mappings(names, st.builds(Level, names, instants, st.none() | instants, holds)),
    mappings(names, instants),
    st.frozensets(names, max_size=3),
    mappings(names, values),
    mappings(names, whole),
    mappings(names, mappings(names, whole)),
    mappings(names, st.lists(instances, max_size=2).map(tuple)),
)


def purchase(cents: int, quantity: Decimal, source: str):
    amount = f"{cents / Decimal(100):.2f}"
    raw = {
        "id": "inv-1",
        "type": "purchase",
        "member": "m-1",
        "occurred_at": "2026-03-07T10:15:00+01:00",
        "currency": "EUR",
        "lines": [{"quantity": quantity, "amount": amount, "sku": "A", "box": ["1", 2]}],
        "tenders": [{"type": "card", "amount": amount}],
        "exchange": {"to": "USD", "rate": "1.0875", "date": "2026-03-07"},
        "table": {"number": "1.50"},
    }
    return parse_event(raw, source=source)


quantities = st.decimals("0.001", "1000", places=3)
redemptions = st.builds(
    BookedRedemption,
    names,
    names,
    names,
    instants,
    pairs(names, whole),
    st.lists(
        st.builds(
            SpentLot, names, whole, st.builds(Lot, names, whole, whole, instants), whole, funding
        ),
        max_size=2,
    ).map(tuple),
    st.lists(grants, max_size=2).map(tuple),
    st.lists(st.tuples(names, names, whole), max_size=2).map(tuple),
    st.lists(st.builds(Added, names, days, numbers, names), max_size=2).map(tuple),
    st.booleans(),
    st.lists(st.builds(PartnerPaid, names, names, whole, numbers), max_size=2).map(tuple),
)
orders = st.builds(
    BookedOrder,
    st.builds(purchase, st.integers(0, 10**6), quantities, st.sampled_from(["", "till-3"])),
    names,
    mappings(names, values),
    st.lists(st.builds(Share, names, names, whole, whole, whole, payers), max_size=3).map(tuple),
    pairs(names, whole),
    st.lists(st.builds(Added, names, days, numbers, names), max_size=3).map(tuple),
    pairs(names, names),
    pairs(names, quantities),
    pairs(names, whole),
    st.lists(grants, max_size=2).map(tuple),
)


def kinds_of(value: object) -> object:
    """A value with the type of every part, since 1, True and Fraction(1) are equal."""
    if isinstance(value, tuple):
        return tuple(kinds_of(one) for one in value)
    return type(value), value


@pytest.mark.property
@settings(max_examples=150)
@given(st.lists(effects, max_size=4).map(tuple))
def test_effects_come_back_as_they_were(made):
    text = plain_text(made)
    assert read_effects(text) == made
    assert plain_text(read_effects(text)) == text


@pytest.mark.property
@settings(max_examples=100)
@given(states)
def test_a_state_comes_back_as_it_was(state):
    text = write_state(state)
    back = read_state(text)
    assert back == state
    assert write_state(back) == text
    for name, value in state.profile.items():
        assert kinds_of(back.profile[name]) == kinds_of(value)


@pytest.mark.property
@settings(max_examples=100)
@given(redemptions)
def test_a_redemption_comes_back_as_it_was(redemption):
    text = write_redemption(redemption)
    back = read_redemption(text)
    assert back == redemption
    assert write_redemption(back) == text


@pytest.mark.property
@settings(max_examples=100)
@given(orders)
def test_an_order_comes_back_as_it_was(order):
    text = write_order(order)
    back = read_order(text)
    assert back == order
    assert write_order(back) == text


def test_every_effect_there_is_can_be_written():
    drawn = {ClockMoved, LotOpened, LotReduced, PointsTaken, DeficitChanged, CounterAdded}
    drawn |= {LevelSet, TimerSet, OnceClaimed, ProfileSet, LotFreed, LotDated}
    drawn |= {LotRestored, Granted, GrantWithdrawn, HistoryRetold, PartnerPaid, PayersShifted}
    drawn |= {GrantKept, MemberErased}
    drawn |= DRAWN
    assert set(get_args(Effect)) == drawn, "a new effect needs its form and its strategy here"


def test_a_record_read_back_cannot_be_changed():
    state = read_state(
        write_state(MemberState("m-1", counters={"spend": {739000: Fraction(1, 3)}}))
    )
    with pytest.raises(TypeError):
        state.counters["spend"][739000] = 1  # type: ignore[index]


@pytest.mark.parametrize("read", [read_state, read_order, read_effects])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]x",
        "null",
        "7",
        '{"member": 1.5}',
        '[["Nothing", {}]]',
        '[["LotReduced"]]',
        "NaN",
    ],
)
def test_a_text_of_another_make_is_refused(read, text):
    with pytest.raises(ValueError, match=r".+"):
        read(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"/":[1,3]}', '{"/":[1,0]}'),
        ('{"/":[1,3]}', '{"x":[1,3]}'),
        ("purchase", "checkin"),
        ('"returned":[["1","0.5"]]', '"returned":[["1","half"]]'),
    ],
)
def test_a_damaged_order_is_refused(old, new):
    order = BookedOrder(
        purchase(100, Decimal(1), ""), "d", {"x": Fraction(1, 3)}, returned=(("1", Decimal("0.5")),)
    )
    text = write_order(order)
    assert old in text
    with pytest.raises(ValueError, match=r".+"):
        read_order(text.replace(old, new))
