"""States and orders as the store keeps them: exact texts without the member's name, instants as numbers.

What a shop calls a member stands in one table only; a text is read again for the member it belongs to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.canonical import NOBODY
from loyalty_rules.domain.codec import read_again
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.record_codec import (
    read_order,
    read_redemption,
    read_state,
    write_state,
)
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS: Final = 86_400


def micros(instant: datetime) -> int:
    """An instant as whole microseconds since 1970 in UTC."""
    since = instant - EPOCH
    return (since.days * _DAY_SECONDS + since.seconds) * 1_000_000 + since.microseconds


def instant_of(micros: int) -> datetime:
    """The instant of so many microseconds since 1970 in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def state_text(state: MemberState) -> str:
    """A member's state."""
    return write_state(replace(state, member=NOBODY))


def state_of(text: str, member: str) -> MemberState:
    """The state that `state_text` wrote. Errors: ``ValueError`` when it did not."""
    return replace(read_state(text), member=member)


def order_of(parts: Mapping[str, object], source: str, purchase: str, member: str) -> BookedOrder:
    """The order that stands in the log, with the `content_text` of its purchase.

    Errors: ``ValueError`` when it is not what was written.
    """
    order = read_order(json.dumps({**parts, "purchase": [source, purchase]}))
    return replace(order, purchase=replace(order.purchase, member=member))


def redemption_of(parts: Mapping[str, object], member: str) -> BookedRedemption:
    """The redemption that stands in the log. Errors: ``ValueError`` when it is not what was written."""
    return replace(read_redemption(json.dumps(parts)), member=member)


def event_of(text: str, source: str, member: str) -> Event:
    """The event that `content_text` wrote. Errors: ``EventError`` when it did not."""
    plain = json.loads(text, parse_float=Decimal)
    return read_again({**plain, "member": member}, source)
