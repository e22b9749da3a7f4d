"""Worked examples E19 and E60: two tills at once."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Barrier as ThreadBarrier
from threading import Thread

import pytest

from loyalty_rules import Event, RuleSet
from loyalty_rules.domain.errors import Retry
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, beans, bought, sound
from tests.ledger.test_redemptions import REWARDS, RULES, code, taken
from tests.semantics.shop import rules


def booked(url: str, rule_set: RuleSet, event: Event, wait: Callable[[float], int]) -> None:
    """One of two tills; it tries again while the other one is writing."""
    with open_ledger(url, rule_set, now=lambda: NOW) as ledger:
        wait(60)
        while True:
            try:
                ledger.record(event)
                return
            except Retry:
                continue


def race(url: str, id: str, start: Barrier) -> None:
    booked(url, rules(more=REWARDS), taken(id, mug=1), start.wait)


def campaign(over: str) -> RuleSet:
    return rules(
        "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00},"
        f" budget: {{points: 500, over: {over}}}}}"
    )


def earn(url: str, over: str, member: str, start: Barrier) -> None:
    booked(url, campaign(over), bought("30.00", id=member, member=member), start.wait)


@pytest.mark.parametrize(("over", "least"), [("trim", 5), ("skip", 0)])
def test_e19_two_earnings_at_once_never_share_the_last_points(
    tmp_path: Path, over: str, least: int
) -> None:
    """35 of a budget are left and two members earn 30 at once, from two processes."""
    url = f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, campaign(over), now=lambda: NOW) as ledger:
        ledger.record(bought("465.00"))
    context = get_context("spawn")
    start = context.Barrier(2)
    tills = [context.Process(target=earn, args=(url, over, who, start)) for who in ("ana", "ben")]
    for till in tills:
        till.start()
    for till in tills:
        till.join(120)
    assert [till.exitcode for till in tills] == [0, 0]
    with open_ledger(url, campaign(over), now=lambda: NOW) as ledger, sound(ledger):
        assert sorted(beans(ledger, who) for who in ("ana", "ben")) == [least, 30]  # type: ignore[type-var]


@pytest.mark.parametrize(("over", "least"), [("trim", 5), ("skip", 0)])
def test_e19_two_threads_with_a_ledger_each(tmp_path: Path, over: str, least: int) -> None:
    """Both ledgers have been open all the time, and each has seen the budget before the other used it."""
    url, rule_set = f"sqlite:///{tmp_path / 'club.db'}", campaign(over)
    start = ThreadBarrier(2)
    with open_ledger(url, rule_set, now=lambda: NOW) as one, sound(one):
        one.record(bought("465.00"))
        tills = [
            Thread(
                target=booked,
                args=(url, rule_set, bought("30.00", id=who, member=who), start.wait),
            )
            for who in ("ana", "ben")
        ]
        for till in tills:
            till.start()
        for till in tills:
            till.join(120)
        assert sorted(beans(one, who) for who in ("ana", "ben")) == [least, 30]  # type: ignore[type-var]


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
