"""What a member's state keeps of what he was granted beside points, each in a counter of its own: entries in
raffles until they are drawn, codes of coupons."""

from __future__ import annotations

from loyalty_rules.domain.codes import COUPON, is_code_of, own_counter, second_of
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import Granted, GrantWithdrawn
from loyalty_rules.domain.raffles import ENTRY, counter_of, is_of_grant


def kept_of(grant: Granted) -> dict[str, Days]:
    """The counter that keeps a grant; none for what is handed over elsewhere."""
    if grant.kind == ENTRY:
        return {counter_of(grant.to, grant.grant): Days({0: grant.quantity})}
    if grant.kind == COUPON:
        held = Days({second_of(grant.valid_until): grant.quantity})
        return {own_counter(grant.to, grant.name): held}
    return {}


def keeps(counter: str, gone: GrantWithdrawn) -> bool:
    """Whether a counter keeps what is withdrawn."""
    if gone.kind == ENTRY:
        return is_of_grant(counter, gone.grant)
    return gone.kind == COUPON and is_code_of(counter, gone.grant)
