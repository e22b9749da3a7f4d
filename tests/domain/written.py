"""Records as a booking writes them."""

from __future__ import annotations

import json

from loyalty_rules.base.records import by_name
from loyalty_rules.domain.canonical import canonical_json
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.ledger.spelling import order_parts, plain_text


def write_order(order: BookedOrder) -> str:
    """An order's record with its purchase, as `read_order` takes it."""
    purchase = (order.purchase.source, canonical_json(order.purchase))
    return plain_text({**json.loads(plain_text(order_parts(order))), "purchase": purchase})


def write_redemption(redemption: BookedRedemption) -> str:
    """A redemption's record."""
    return plain_text(by_name(redemption))
