"""Worked example E60: two tills at once."""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from loyalty_rules.domain.errors import Retry
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, beans, bought, sound
from tests.ledger.test_redemptions import REWARDS, RULES, code, taken
from tests.semantics.shop import rules


def race(url: str, id: str, start: Barrier) -> None:
    """One of two tills; it tries again while the other one is writing."""
    with open_ledger(url, rules(more=REWARDS), now=lambda: NOW) as ledger:
        start.wait(60)
        while True:
            try:
                ledger.record(taken(id, mug=1))
                return
            except Retry:
                continue


def test_e60_of_two_redemptions_at_once_one_succeeds(tmp_path: Path) -> None:
    """500 points and two redemptions of 400, from two processes."""
    url = f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, RULES, now=lambda: NOW) as ledger:
        ledger.record(bought("500.00"))
    context = get_context("spawn")
    start = context.Barrier(2)
    tills = [context.Process(target=race, args=(url, f"red-{n}", start)) for n in (1, 2)]
    for till in tills:
        till.start()
    for till in tills:
        till.join(120)
    assert [till.exitcode for till in tills] == [0, 0]
    with open_ledger(url, RULES, now=lambda: NOW) as ledger, sound(ledger):
        assert beans(ledger) == 100
        again = [ledger.record(taken(f"red-{n}", mug=1)) for n in (1, 2)]
        assert sorted((one.status, code(one)) for one in again) == [
            ("duplicate", ""),
            ("refused", "insufficient_points"),
        ]
