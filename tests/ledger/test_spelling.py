"""What a booking writes comes back as it was."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.domain.canonical import content_text
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.ledger.records import order_of
from loyalty_rules.ledger.spelling import order_parts, plain_text
from tests.domain.test_record_codec import orders


@given(orders)
def test_an_order_comes_back_from_the_log_with_its_purchase(order: BookedOrder) -> None:
    parts = json.loads(plain_text(order_parts(order)))
    body = content_text(order.purchase)
    assert order_of(parts, order.purchase.source, body, order.purchase.member) == order


@given(st.text())
def test_texts_are_spelt_as_json_spells_them(text: str) -> None:
    assert plain_text([text]) == json.dumps([text], ensure_ascii=False)
