"""Rounding: once for each program, and the rounded whole shared among the rules by largest remainder.

What is rounded together is a bucket: the whole order, one rule's award with its extras, or one line.
Constants and stepped awards belong to the order, so by line they have a bucket of their own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.base.shares import split
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.engine.refused import Refused

POINTS_MAX: Final = 10**15
"""The most that one event may earn of a program, in units of its scale."""


@dataclass(frozen=True, slots=True)
class Portion:
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
    """What one rule gives of one program: ``exact`` in points; ``rounded`` (its whole share before limits)
    and ``points`` (after) in units of the scale. ``bonus`` is the part of ``exact`` from bonuses."""

    place: int
    program: str
    extra: bool
    exact: Number = 0
    bonus: Number = 0
    rounded: int = 0
    points: int = 0


Key = tuple[int, bool]


def pieces(case: Case, portions: Mapping[str, Sequence[Portion]]) -> list[Piece]:
    """The whole shares of all rules, by rule in canonical order, its own before its extras, programs by id.

    Errors: refused as ``points_out_of_range``.
    """
    found: list[Piece] = []
    for program in sorted(portions):
        found += _of_program(case.plan.index.accounts[program], portions[program])
    return sorted(found, key=lambda piece: (piece.place, piece.extra, piece.program))


def _of_program(account: LotAccount, portions: Sequence[Portion]) -> list[Piece]:
    made: dict[Key, Piece] = {}
    buckets: dict[Hashable, dict[Key, Number]] = {}
    for portion in portions:
        key = (portion.place, portion.extra)
        piece = made.setdefault(key, Piece(portion.place, account.id, portion.extra))
        piece.exact += portion.points
        if portion.bonus:
            piece.bonus += portion.points
        bucket = buckets.setdefault(_bucket(account, portion), {})
        bucket[key] = bucket.get(key, 0) + portion.points
    for bucket in buckets.values():
        _round(account, bucket, made)
    if sum(piece.rounded for piece in made.values()) > POINTS_MAX:
        raise Refused(
            "points_out_of_range",
            "",
            f"the event would earn more of `{account.id}` than an account can hold",
        )
    for piece in made.values():
        piece.exact, piece.points = whole(piece.exact), piece.rounded
    return list(made.values())


def _bucket(account: LotAccount, portion: Portion) -> Hashable:
    if account.at == "rule":
        return portion.on
    return portion.line if account.at == "line" else None


def _round(account: LotAccount, bucket: Mapping[Key, Number], made: Mapping[Key, Piece]) -> None:
    """Round the sum of a bucket; its rules take their shares in canonical order. What a negative line would
    take away from the others' shares stays with the whole."""
    exact = Fraction(sum(bucket.values()))
    units = max(0, round_exact(exact * 10**account.scale, account.mode))
    keys = sorted(bucket)
    for key, share in zip(keys, split(units, [max(bucket[key], 0) for key in keys]), strict=True):
        made[key].rounded += share
