"""The codes of coupons that a member was given and can still use: what for, until when, how often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loyalty_rules.domain.codes import instant_of, own_codes, own_uses
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.codes import coupon_of
from loyalty_rules.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class OpenCode:
    """A code of a coupon that is a member's own, and good for ``left`` more orders before ``ends_at`` (None:
    at any time). ``title`` is that of the coupon, empty if it has none."""

    coupon: str
    title: str
    code: str
    left: int
    ends_at: datetime | None

    @property
    def text(self) -> str:
        """``good for 1 order``."""
        return f"good for {self.left} order{'' if self.left == 1 else 's'}"


def open_codes(plan: Plan, state: MemberState, at: datetime) -> tuple[OpenCode, ...]:
    """A member's codes that an order may bring at an instant, as far as they are not used up now; what ends
    first comes first. Codes that everybody may use are nobody's own."""
    held: list[tuple[int, str, str, str, int]] = []
    for name, text, code in own_codes(state):
        coupon = coupon_of(plan.index.coupons, text)
        if coupon is None or coupon.id != name:  # given by rules of another time: no code any more
            continue
        left = code.uses - own_uses(state, name, text)
        if left > 0 and not code.is_over(at):
            held.append((code.ends, name, text, coupon.title, left))
    return tuple(
        OpenCode(coupon, title, text, left, instant_of(ends))
        for ends, coupon, text, title, left in sorted(held)
    )
