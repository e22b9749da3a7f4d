"""A rule set may be shared between threads: they disturb neither each other nor the result."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import loyalty_rules as lr
from tests.service.examples import club, purchase

THREADS = 8
RULES = club()
HISTORY = [
    purchase(
        f"{number * 7 % 90 + 1}.{number:02}",
        at=f"2026-03-{number // 4 + 1:02}T{number % 4 + 9:02}:00",
        id=f"e-{number}",
        order=f"o-{number}",
        attributes={"table": f"t-{number % 3}"},
    )
    for number in range(60)
]


def decide_all(start: Barrier | None = None) -> list[tuple[object, str]]:
    """Every outcome and explanation of the history."""
    if start is not None:
        start.wait()
    state: lr.MemberState | None = None
    found: list[tuple[object, str]] = []
    for event in HISTORY:
        decision = RULES.decide(event, state)
        state = decision.state
        found.append((decision.outcome, str(decision.explain())))
    return found


def test_eight_threads_that_share_a_rule_set_decide_as_one_alone() -> None:
    alone = decide_all()
    together = Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        runs = list(pool.map(decide_all, [together] * THREADS))
    assert all(run == alone for run in runs)
