"""`make bench`: events per second of each step, and memory, on a year of the coffee club.

Figures of one machine are worth comparing with figures of the same machine only.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import loyalty_rules as lr
from benchmarks.coffee_year import events
from loyalty_rules.domain.state import MemberState

RULES: Final = Path(__file__).parents[1] / "rules" / "coffee-club" / "rules.yaml"
COUNT: Final = 20_000
SEED: Final = 7

Result = TypeVar("Result")


def main() -> None:
    """Print one line for each step."""
    texts = [json.dumps(event) for event in events(COUNT, SEED)]
    rules = timed("load the rule set", 1, lambda: lr.load(RULES))
    parsed = timed("read an event", len(texts), lambda: [read for t in texts if (read := parse(t))])
    timed("decide an event", len(parsed), lambda: decide_all(rules, parsed))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if mac() else 10))
    print(f"{'peak memory':24}{peak_mb:12,.0f} MB")


def parse(text: str) -> lr.Event | None:
    """The event, or nothing for one that is wrong on purpose."""
    try:
        return lr.parse_event(text)
    except lr.EventError:
        return None


def decide_all(rules: lr.RuleSet, parsed: list[lr.Event]) -> dict[str, MemberState]:
    """The members' states after all events."""
    states: dict[str, MemberState] = {}
    for event in parsed:
        states[event.member] = rules.decide(event, states.get(event.member)).state
    return states


def timed(what: str, times: int, act: Callable[[], Result]) -> Result:
    """Run ``act`` once and print how often a second it does ``what``."""
    start = time.perf_counter()
    result = act()
    seconds = time.perf_counter() - start
    print(f"{what:24}{times / seconds:12,.0f} /s {seconds / times * 1e6:10,.1f} us")
    return result


def mac() -> bool:
    """Whether the system counts memory in bytes (others in kilobytes)."""
    return sys.platform == "darwin"


if __name__ == "__main__":
    main()
