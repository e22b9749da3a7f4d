"""A coupon as a rule set says it. Data only; how its codes are used stands in ``engine/codes.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from loyalty_rules.base.period import Duration

PRESENTED: Final = "presented"
"""What expressions may ask of a coupon: how many of its codes come with the event."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A kind of codes, all of which begin with ``prefix``. Each may be used ``uses`` times and is ``valid``
    for so long from when it is given or imported (None: for ever). One order brings no more than
    ``per_order`` of them, and codes of other coupons beside them only if both ``stacks``. ``on_return`` says
    what becomes of a code when all of its order comes back."""

    id: str
    prefix: str
    valid: Duration | None = None
    uses: int = 1
    per_order: int = 1
    stacks: bool = False
    on_return: Literal["used", "give_back"] = "used"
    title: str = ""
