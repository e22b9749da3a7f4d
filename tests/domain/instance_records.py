"""Random instances of challenges and effects on them, for the tests of records."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from loyalty_rules.domain.effects import (
    InstanceClosed,
    InstanceCounted,
    InstanceOpened,
    InstanceReached,
    InstanceRecounted,
)
from loyalty_rules.domain.instances import Entry, Instance, Reach

_names = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=8)
_whole = st.integers(-(10**18), 10**18)
_numbers = _whole | st.fractions(max_denominator=10**6)
_values = st.none() | st.booleans() | _names | _numbers
_instants = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))
_boxes = st.none() | st.integers(700_000, 780_000)


def _several(first, second):
    return st.lists(st.tuples(first, second), max_size=2).map(tuple)


_known = _several(_names, _values)
_given = _several(_names, _whole)
_lots = _several(_names, _names)
_added = _several(_names, _numbers)
_grants = st.lists(
    st.tuples(_names, st.sampled_from(["product", "offer"]), _whole, _whole), max_size=2
).map(tuple)

entries = st.builds(Entry, _names, _instants, _numbers, _known, _numbers)
reaches = st.builds(Reach, _names, _instants, _whole, _given, _lots, _grants, _added)
instances = st.builds(
    Instance,
    _names,
    _instants,
    _numbers,
    st.none() | _instants,
    _known,
    _numbers,
    _boxes,
    st.sampled_from(["open", "reached", "lapsed", "restarted"]),
    st.lists(entries, max_size=2).map(tuple),
    st.lists(reaches, max_size=2).map(tuple),
)
instance_effects = st.one_of(
    st.builds(InstanceOpened, _names, _names, _instants, _numbers, st.none() | _instants, _known),
    st.builds(
        InstanceCounted, _names, _names, _names, _instants, _numbers, _numbers, _boxes, _known
    ),
    st.builds(
        InstanceReached,
        _names,
        _names,
        _names,
        _instants,
        _whole,
        _numbers,
        _boxes,
        _given,
        _lots,
        _grants,
        _added,
        st.booleans(),
        st.booleans(),
    ),
    st.builds(
        InstanceRecounted,
        _names,
        _names,
        _names,
        _numbers,
        _numbers,
        _boxes,
        st.sampled_from(["open", "reached"]),
    ),
    st.builds(InstanceClosed, _names, _names, st.sampled_from(["lapsed", "restarted", "undone"])),
)
DRAWN = {InstanceOpened, InstanceCounted, InstanceReached, InstanceRecounted, InstanceClosed}
