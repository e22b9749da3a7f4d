"""Tills that present one code at the same time, on PostgreSQL: one of them uses it."""

from __future__ import annotations

from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, sound
from tests.ledger.test_coupons import RULES, buys, printed
from tests.postgres.shared import new_url
from tests.postgres.test_writers import at_once, statuses


def test_of_two_tills_that_present_one_code_at_once_one_is_refused() -> None:
    codes = [f"FLY-{number}" for number in range(10)]
    with sound(open_ledger(new_url(), RULES, now=lambda: NOW)) as ledger:
        printed(ledger, *codes)
        for number, code in enumerate(codes):
            found = at_once(
                lambda n=number, c=code: ledger.record(buys("ana", "9.00", f"a-{n}", c)),
                lambda n=number, c=code: ledger.record(buys("ben", "9.00", f"b-{n}", c)),
            )
            assert statuses(found) == ["booked", "refused"]
