"""Laws of codes under random lives: no code is in use more often than it may be, none is refused that is
free, whatever comes late or comes back; and the books stand up to every check."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from loyalty_rules import Ledger
from tests.ledger.shop import STORES, back, opener, sound
from tests.ledger.test_coupons import RULES, buys, printed

CODES = [f"FLY-{number}" for number in range(6)]
MEMBERS = ("ana", "ben", "cem")


class Till:
    """What a shop sees of codes: who used which, and whether all of that came back."""

    def __init__(self, ledger: Ledger, random: Random) -> None:
        self.ledger, self.random = ledger, random
        self.used: Counter[str] = Counter()
        self.orders: dict[str, tuple[str, int, list[str]]] = {}

    def buy(self, number: int) -> None:
        """A purchase on any day of March, in no order, with one code or two."""
        random = self.random
        member, day = random.choice(MEMBERS), random.randint(2, 28)
        codes = random.sample(CODES, random.choice((1, 1, 2)))
        id = f"p-{number}"
        event = buys(member, f"{random.randint(5, 70)}.00", id, *codes, day=f"2026-03-{day:02}")
        receipt = self.ledger.record(event)
        is_free = all(self.used[code] < 1 for code in codes)
        assert receipt.status == ("booked" if is_free else "refused"), (receipt, self.used)
        if receipt.refusal is not None:
            assert receipt.refusal.code == "code_used"
            return
        self.used.update(codes)
        self.orders[id] = (member, day, codes)

    def give_back(self, number: int) -> None:
        """All of an order comes back a day later."""
        id = self.random.choice(sorted(self.orders))
        member, day, codes = self.orders.pop(id)
        event = back(id, id=f"r-{number}", member=member, day=f"2026-03-{day + 1:02}")
        assert self.ledger.record(event).status == "booked"
        self.used.subtract(codes)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("seed", range(4))
def test_codes_are_used_as_often_as_they_may_be(store: str, seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    with sound(opener(store, tmp_path)(RULES)) as ledger:
        printed(ledger, *CODES)
        till = Till(ledger, random)
        for number in range(30):
            if till.orders and random.random() < 0.4:
                till.give_back(number)
            else:
                till.buy(number)
        uses = {
            name.rpartition("|")[2]: sum(days.values())  # type: ignore[arg-type]
            for name, days in ledger.shared().counters.items()
            if name.startswith("~all.code_used.")
        }
        assert uses == {code: count for code, count in till.used.items() if count}
