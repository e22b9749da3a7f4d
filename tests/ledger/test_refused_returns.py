"""Returns that a ledger does not take: each has its answer, changes nothing, and leaves the ledger sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from loyalty_rules import Event, parse_event
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.service.ledger import Ledger
from tests.ledger.shop import STORES, Opener, back, beans, bought, brought, opener, sound


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def of_lines(*lines: Mapping[str, object], **fields: object) -> Event:
    head = {"id": "r-1", "type": "return", "member": "m-1", "order": "p-1"}
    return parse_event(
        {**head, "occurred_at": "2026-03-12T12:00:00Z", "lines": list(lines), **fields}
    )


ONE = {"line": "1", "quantity": 1}
REFUSED = [
    pytest.param(of_lines({**ONE, "quantity": 4}), "return_exceeds_order", id="more than bought"),
    pytest.param(
        of_lines({**ONE, "quantity": "3.001"}), "return_exceeds_order", id="a little more"
    ),
    pytest.param(of_lines({"line": "2", "quantity": 1}), "return_exceeds_order", id="a line twice"),
    pytest.param(of_lines({"line": "9", "quantity": 1}), "unknown_line", id="a wrong line"),
    pytest.param(
        of_lines(ONE, {"line": "9", "quantity": 1}), "unknown_line", id="a wrong line beside one"
    ),
    pytest.param(of_lines(ONE, currency="USD"), "other_currency", id="another currency"),
    pytest.param(of_lines(ONE, member="m-2"), "other_members_order", id="another member's order"),
    pytest.param(back("p-2", id="c-1"), "nothing_left", id="an order twice"),
    pytest.param(back("p-2", ("1", 1)), "nothing_left", id="a line of an order that is back"),
    pytest.param(brought(("B", 1, "1.00")), "no_matching_purchase", id="what was never bought"),
    pytest.param(
        brought(("A", 1, "1.00"), day="2026-03-01"), "no_matching_purchase", id="before it"
    ),
    pytest.param(
        brought(("A", 1, "1.00"), member="m-3"), "no_matching_purchase", id="a stranger's"
    ),
    pytest.param(back("p-1", day="2027-02-01"), "from_the_future", id="from the future"),
]


def shop(ledger: Ledger) -> None:
    """Two orders: of one a line came back, the other came back whole."""
    ledger.record(bought({"quantity": 3, "sku": "A", "amount": "30.00"}, "5.00"))  # type: ignore[arg-type]
    ledger.record(bought("8.00", id="p-2"))
    ledger.record(back("p-1", ("2", 1), id="b-1", day="2026-03-11"))
    ledger.record(back("p-2", id="b-2", day="2026-03-11"))


@pytest.mark.parametrize(("event", "code"), REFUSED)
def test_a_return_that_cannot_be_taken_changes_nothing(
    event: Event, code: str, open_one: Opener
) -> None:
    with sound(open_one()) as ledger:
        shop(ledger)
        before = [write_state(state) for state in ledger.states()]
        for _ in range(2):  # sent again it is asked again: a refusal claims no id
            receipt = ledger.record(event)
            assert receipt.status == "refused"
            assert receipt.refusal is not None and receipt.refusal.code == code
        assert [write_state(state) for state in ledger.states()] == before
        assert beans(ledger) == 30


def test_after_a_refusal_the_id_is_free_for_the_return_that_was_meant(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        shop(ledger)
        assert ledger.record(of_lines({**ONE, "quantity": 4})).status == "refused"
        assert ledger.record(of_lines({**ONE, "quantity": 3})).points == {"beans": -30}


def test_a_return_of_an_order_that_nobody_knows_waits_and_blocks_nothing(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        shop(ledger)
        assert ledger.record(back("p-9", ("1", 1))).status == "held"
        assert ledger.record(back("p-9", ("1", 1))).first == "held"
        assert ledger.record(back("p-1", id="c-9")).status == "booked"
        assert [one.order for one in ledger.statement("m-1").waiting] == ["p-9"]


def test_what_waited_and_cannot_be_taken_is_refused_when_its_order_comes(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        ledger.record(back("p-1", ("7", 1)))
        [released] = ledger.record(bought("8.00")).released
        assert released.refusal is not None and released.refusal.code == "unknown_line"
        assert ledger.statement("m-1").waiting == ()
        assert ledger.record(back("p-1", ("1", 1))).status == "booked"


def test_ten_thousand_copies_of_a_return_are_one_and_of_a_wrong_one_none(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        shop(ledger)
        copies = 10_000
        right = ledger.record_many([of_lines(ONE)] * copies)
        assert [one.status for one in right].count("booked") == 1
        assert [one.status for one in right].count("duplicate") == copies - 1
        wrong = ledger.record_many([of_lines({**ONE, "quantity": 4}, id="r-2")] * copies)
        assert {one.status for one in wrong} == {"refused"}
        assert beans(ledger) == 20
