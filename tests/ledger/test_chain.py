"""Hashes of the chain: what they are made of is fixed, and no part can pass for another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.ledger import chain

START = chain.account_start(b"s" * 16)
SHOP = chain.ledger_identity("main", "club", 1_600)
DIGEST = chain.event_digest(b"s" * 16, "Zoë", '{"id":"e-1"}')
ENTRY = chain.entry_hash(START, 1, ("pos", "e-1", DIGEST), "plan", 1_700, ("{}", "[]", "[]"))


@pytest.mark.parametrize(
    ("made", "known"),
    [
        (START, "1df809440ebb070cc789156d6a73d5c5a9c5679000475a8dcc51a64ed03b74ba"),
        (DIGEST, "a6622d220c49cdfaba3486bc6fdac13e235608c1a4324df0292695e15eb1ea2d"),
        (ENTRY, "a4a255deff42f88cba4eb1403315900e5183adaa6e608199c03d1acdc4fb2d92"),
        (chain.account_checksum(7, 1, ENTRY), "5da22b45d78bbde41d506886631dde17"),
        (chain.state_checksum("{}", 7, 1, ENTRY), "a4d022500938bb00342d6eb94bfd2192"),
        (
            chain.seal_hash(chain.FIRST_SEAL, SHOP, (1, 7, 1, 1_800), ENTRY),
            "14774e64b5c91f26c9a50107fba6b3db6376630d9a9ab3310facd185b28ce759",
        ),
    ],
)
def test_a_hash_is_what_it_was(made: bytes, known: str) -> None:
    assert made.hex() == known


@given(whole=st.text(min_size=1, max_size=20), cuts=st.tuples(*[st.integers(0, 20)] * 8))
def test_parts_with_the_same_text_in_a_row_have_the_same_hash_only_if_they_are_the_same(
    whole: str, cuts: tuple[int, ...]
) -> None:
    first, second = (_cut(whole, own) for own in (sorted(cuts[:4]), sorted(cuts[4:])))
    assert (_entry(first) == _entry(second)) == (first == second)
    same_body = first[0] == second[0]
    digests = [chain.event_digest(b"salt", one[0], whole[len(one[0]) :]) for one in (first, second)]
    assert (digests[0] == digests[1]) == same_body


def _cut(whole: str, places: list[int]) -> tuple[str, ...]:
    ends = [0, *places, len(whole)]
    return tuple(whole[start:end] for start, end in pairwise(ends))


def _entry(parts: tuple[str, ...]) -> bytes:
    source, name, receipt, effects, orders = parts
    return chain.entry_hash(
        START, 1, (source, name, DIGEST), "plan", 1_700, (receipt, effects, orders)
    )


def test_no_hash_passes_for_one_of_another_purpose() -> None:
    nothing = [
        chain.event_digest(b"", "", ""),
        chain.account_start(b""),
        chain.entry_hash(b"", 0, ("", "", b""), "", 0, ("", "", "")),
        chain.account_checksum(0, 0, b""),
        chain.state_checksum("", 0, 0, b""),
        chain.seal_hash(b"", b"", (0, 0, 0, 0), b""),
        chain.row_checksum(b""),
        chain.ledger_identity("", "", 0),
    ]
    assert len({one[: chain.CHECKSUM_BYTES] for one in nothing}) == len(nothing)
