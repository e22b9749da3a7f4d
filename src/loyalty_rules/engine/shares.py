"""Rounding: once for each program, and the rounded whole shared among the rules by largest remainder.

What is rounded together is a bucket: the whole order, one rule's award with its extras, or one line.
Constants and stepped awards belong to the order, so by line they have a bucket of their own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Final, NamedTuple

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.base.shares import whole_parts
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.number import Number
from loyalty_rules.engine.refused import Refused

POINTS_MAX: Final = 10**15
"""The most that one event may earn of a program, in units of its scale."""


class Portion(NamedTuple):
    """Unrounded points of one rule. ``place`` is the place of the rule that gives them, ``on`` of the rule
    whose award they came from (another one for a multiplier's ``extra``); ``line`` is None for what belongs
    to the order."""

    place: int
    on: int
    line: int | None
    points: Number
    extra: bool = False
    bonus: bool = False


@dataclass(slots=True)
class Piece:
    """What one rule gives of one program: exactly ``count`` points by ``parts``, of which ``bonus`` are from
    bonuses; ``rounded`` (its whole share before limits) and ``points`` (after) in units of the scale."""

    place: int
    program: str
    extra: bool
    count: int
    bonus: int
    parts: int
    rounded: int
    points: int

    @property
    def exact(self) -> Fraction:
        """What it gives before rounding, in points."""
        return Fraction(self.count, self.parts)


Key = tuple[int, bool]
"""The place of a rule, and whether its extras are meant."""

Bucket = dict[Key, int]
"""What the rules put into one bucket, counted in the smallest common part of a point."""


def pieces(
    case: Case, portions: Mapping[str, Sequence[Portion]], priorities: Mapping[int, int]
) -> list[Piece]:
    """The whole shares of all rules, by rule in canonical order, its own before its extras, programs by id.
    ``priorities`` are those of the rules, by place.

    Errors: refused as ``points_out_of_range``.
    """
    found: list[Piece] = []
    for program in sorted(portions):
        account = case.plan.index.accounts[program]
        found += _of_program(account, portions[program], priorities)
    return sorted(found, key=lambda piece: (piece.place, piece.extra, piece.program))


def _of_program(
    account: LotAccount, portions: Sequence[Portion], priorities: Mapping[int, int]
) -> list[Piece]:
    """The pieces of one program. All its portions are counted in the same small parts of a point, so that
    sums and shares are those of whole numbers."""
    parts = lcm(*[portion.points.denominator for portion in portions])
    counted: Bucket = {}
    bonus: Bucket = {}
    buckets: dict[Hashable, Bucket] = {}
    for portion in portions:
        key = (portion.place, portion.extra)
        count = portion.points.numerator * (parts // portion.points.denominator)
        bucket = buckets.setdefault(_bucket(account, portion), {})
        bucket[key] = bucket.get(key, 0) + count
        counted[key] = counted.get(key, 0) + count
        if portion.bonus:
            bonus[key] = bonus.get(key, 0) + count
    rounded = dict.fromkeys(counted, 0)
    for bucket in buckets.values():
        _round(account, parts, bucket, priorities, rounded)
    if sum(rounded.values()) > POINTS_MAX:
        reason = f"the event would earn more of `{account.id}` than an account can hold"
        raise Refused("points_out_of_range", "", reason)
    return [
        Piece(
            place=key[0],
            program=account.id,
            extra=key[1],
            count=count,
            bonus=bonus.get(key, 0),
            parts=parts,
            rounded=rounded[key],
            points=rounded[key],
        )
        for key, count in counted.items()
    ]


def _bucket(account: LotAccount, portion: Portion) -> Hashable:
    if account.at == "rule":
        return portion.on
    return portion.line if account.at == "line" else None


def _turn(key: Key, priorities: Mapping[int, int]) -> tuple[int, bool, int]:
    """Whose turn it is among equal remainders. Of one priority awards come before extras: what is given
    before multipliers is counted by itself (`beans.base`), and no name of a rule may move that sum."""
    place, extra = key
    return -priorities[place], extra, place


def _round(
    account: LotAccount,
    parts: int,
    bucket: Bucket,
    priorities: Mapping[int, int],
    rounded: Bucket,
) -> None:
    """Round the sum of a bucket, and give its rules their shares in turn. What a negative line would take
    away from the others' shares stays with the whole."""
    keys = sorted(bucket, key=lambda key: _turn(key, priorities)) if len(bucket) > 1 else [*bucket]
    exact = [bucket[key] * 10**account.scale for key in keys]
    units = max(0, round_exact(Fraction(sum(exact), parts), account.mode))
    for key, share in zip(keys, whole_parts(units, exact, parts), strict=True):
        rounded[key] += share
