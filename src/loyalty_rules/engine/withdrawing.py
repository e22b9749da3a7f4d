"""What challenges gave beside points, after their targets are reached less often: what stays, what is
withdrawn."""

from __future__ import annotations

from collections.abc import Sequence

from loyalty_rules.domain.effects import GrantKind, GrantWithdrawn
from loyalty_rules.domain.instances import Reach

Grant = tuple[str, GrantKind, int, int]
"""What was given beside points: id, kind, pieces, minor units."""

Grants = tuple[Grant, ...]


def grants_left(
    now: Sequence[tuple[Reach, Reach | None]], changed: Sequence[Reach], gone: Sequence[Reach]
) -> tuple[list[Grants], list[GrantWithdrawn]]:
    """What the awards that stand ``now`` (each with what it was, if it was one) have of what those gave that
    have ``changed`` and those that are ``gone``, as often as they are reached; and what is withdrawn."""
    unclaimed = list(gone)
    kept: list[Grants] = []
    withdrawn: list[GrantWithdrawn] = []
    for reach, had in now:
        held = had or (unclaimed.pop(0) if unclaimed else None)
        if held is None:
            kept.append(())
            continue
        parts = [_part(one, min(reach.times, held.times), held.times) for one in held.grants]
        kept.append(tuple(left for left, _ in parts))
        withdrawn += [back for _, back in parts if back is not None]
    stayed = [had for _, had in now if had is not None]
    lost = [*unclaimed, *(one for one in changed if one not in stayed)]
    withdrawn += [GrantWithdrawn(*grant) for one in lost for grant in one.grants]
    return kept, withdrawn


def _part(grant: Grant, times: int, of: int) -> tuple[Grant, GrantWithdrawn | None]:
    """What is left of a grant that was given ``of`` times when it is due ``times``, and what is withdrawn."""
    id, kind, quantity, amount_minor = grant
    if times == of:
        return grant, None
    if kind in ("discount", "donation") and amount_minor:
        left = amount_minor * times // of
        return (id, kind, quantity, left), GrantWithdrawn(id, kind, 0, amount_minor - left)
    pieces = quantity * times // of
    return (id, kind, pieces, amount_minor), GrantWithdrawn(id, kind, quantity - pieces)
