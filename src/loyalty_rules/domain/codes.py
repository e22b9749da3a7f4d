"""Codes of coupons: their text, and under which names counters hold them. What a rule gave stands with its
member, what was imported with all members; and so do their uses."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import SHARED
from loyalty_rules.domain.state import MemberState

CODES: Final = "codes"
"""The kind of event with which codes are imported."""

COUPON: Final = "coupon"
"""The kind of grant that is a code."""

_OWN: Final = "~code."
_OWN_USED: Final = "~code_used."
_IMPORTED: Final = f"{SHARED}code."
_USED: Final = f"{SHARED}code_used."
_LENGTH: Final = 12
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ENDLESS: Final = 10**11
"""The second at which a code ends that never does."""


class Code(NamedTuple):
    """A code as it is known: how often it may be used in all, and the second (since 1970, in UTC) at which
    it is over."""

    uses: int
    ends: int

    def is_over(self, at: datetime) -> bool:
        """Whether it is not valid any more."""
        return second_of(at) >= self.ends


def code_of(prefix: str, grant: str) -> str:
    """The code that a grant is given as.

    >>> code_of("WLC-", "/inv-7/welcome/g1")
    'WLC-XIRPRXVLRS4T'
    """
    return prefix + b32encode(sha256(grant.encode()).digest()).decode()[:_LENGTH]


def second_of(at: datetime | None) -> int:
    """The second of an instant, rounded down; of none, one that nobody will see."""
    return _ENDLESS if at is None else (at - _EPOCH) // timedelta(seconds=1)


def own_counter(coupon: str, code: str) -> str:
    """The counter of a member's own code: how often it may be used, at the second at which it ends."""
    return f"{_OWN}{coupon}|{code}"


def imported_counter(coupon: str, code: str) -> str:
    """The same of a code that whoever has it may use."""
    return f"{_IMPORTED}{coupon}|{code}"


def used_counter(coupon: str, code: str) -> str:
    """The counter of how often an imported code was used, by day."""
    return f"{_USED}{coupon}|{code}"


def own_used_counter(coupon: str, code: str) -> str:
    """The same of a member's own code. Another one may have been given a code of the same text, by a rule
    that the clock fires for both at one instant: each uses his own."""
    return f"{_OWN_USED}{coupon}|{code}"


def is_of_codes(counter: str) -> bool:
    """Whether a counter holds anything of a code."""
    return counter.startswith((_OWN, _OWN_USED, _IMPORTED, _USED))


def is_code_of(counter: str, grant: str) -> bool:
    """Whether a counter holds the code that a grant was given as."""
    return counter.startswith(_OWN) and counter.endswith(code_of("", grant))


def own_code(state: MemberState, coupon: str, code: str) -> Code | None:
    """A code that this member was given; None if he was not."""
    return _read(Days.of(state.counters.get(own_counter(coupon, code))))


def own_uses(state: MemberState, coupon: str, code: str) -> int:
    """How often a member has used a code of his own."""
    return int(Days.of(state.counters.get(own_used_counter(coupon, code))).total())


def own_codes(state: MemberState) -> Iterator[tuple[str, str, Code]]:
    """Every code that this member was given, used or not: its coupon, its text, and what is known of it."""
    for counter, days in state.counters.items():
        if counter.startswith(_OWN) and (code := _read(Days.of(days))) is not None:
            coupon, _, text = counter.removeprefix(_OWN).partition("|")
            yield coupon, text, code


def imported_code(state: MemberState, coupon: str, code: str) -> Code | None:
    """A code that was imported; None if nobody did, or nobody knows."""
    if state.shared is None:
        return None
    return _read(state.shared.days(imported_counter(coupon, code)))


def _read(days: Days) -> Code | None:
    for ends, uses in days.items():
        assert isinstance(uses, int), "uses are counted"
        return Code(uses, ends)
    return None


def instant_of(second: int) -> datetime | None:
    """The instant of a second; None of the one that nobody will see."""
    return None if second == _ENDLESS else _EPOCH + timedelta(seconds=second)


def used_by_others(state: MemberState, coupon: str, code: str) -> int:
    """How often an imported code was used, without what is kept for the event that is decided."""
    if state.shared is None:
        return 0
    counter = used_counter(coupon, code)
    used = state.shared.days(counter).total() - state.shared.served(counter).total()
    return int(used)
