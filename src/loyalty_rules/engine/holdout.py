"""Members whom a rule leaves out, so that its effect can be measured: a share of all, chosen by a hash of
who they are. Nothing is drawn and nothing is kept: whoever asks again gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Final

_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Holdout:
    """``share`` of the members, 0 to 1, are left out. Rules with one ``name`` leave out the same members
    (those of a smaller share among those of a larger); groups of different names have nothing to do with
    each other."""

    name: str
    share: Fraction


def is_held_out(holdout: Holdout, member: str) -> bool:
    """Whether a member is left out: the first 64 bits of SHA-256 over ``name``, a zero byte and the id of the
    member, as a part of 2^64, lie below the share.

    >>> spring = Holdout("spring", Fraction(1, 2))
    >>> [is_held_out(spring, member) for member in ("ana", "ben", "cem", "dia")]
    [False, False, True, True]
    """
    number = int.from_bytes(
        sha256(f"{holdout.name}\0{member}".encode()).digest()[: _BITS // 8], "big"
    )
    return number * holdout.share.denominator < holdout.share.numerator << _BITS
