"""The fast spelling of what a booking writes is byte for byte that of the codec, which reads it."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.domain.canonical import canonical_json
from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.record_codec import write_effects, write_order
from loyalty_rules.ledger.records import NOBODY, event_text, order_of
from loyalty_rules.ledger.spelling import effects_text, order_parts, plain_text
from tests.domain.test_record_codec import effects, orders


@given(st.lists(effects, max_size=6))
def test_effects_are_spelt_as_the_codec_spells_them(made: list[Effect]) -> None:
    assert effects_text(made) == write_effects(made)


@given(orders)
def test_records_of_orders_are_spelt_as_the_codec_spells_them(order: BookedOrder) -> None:
    written = json.loads(write_order(order))
    del written["purchase"]
    assert plain_text(order_parts(order)) == json.dumps(
        written, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


@given(orders)
def test_an_order_comes_back_from_the_log_with_its_purchase(order: BookedOrder) -> None:
    parts = json.loads(plain_text(order_parts(order)))
    body = event_text(order.purchase)
    assert order_of(parts, order.purchase.source, body, order.purchase.member) == order
    other = replace(order, purchase=replace(order.purchase, member=NOBODY))
    assert canonical_json(other.purchase) == body


@given(st.text())
def test_texts_are_spelt_as_json_spells_them(text: str) -> None:
    assert plain_text([text]) == json.dumps([text], ensure_ascii=False)
