"""`make bench`: events per second of each step, and memory, on a year of the coffee club; then what is
large: a rule set of 5,000 rules, an order of 10,000 lines, a member with a purchase a day for ten years.

Figures of one machine are worth comparing with figures of the same machine only.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import loyalty_rules as lr
from benchmarks.coffee_year import events
from loyalty_rules.domain.state import MemberState
from loyalty_rules.service.loading import load_text

RULES: Final = Path(__file__).parents[1] / "rules" / "coffee-club" / "rules.yaml"
COUNT: Final = 20_000
SEED: Final = 7
START: Final = datetime(2015, 1, 1, 9, tzinfo=UTC)

Result = TypeVar("Result")


def main() -> None:
    """Print one line for each step."""
    texts = [json.dumps(event) for event in events(COUNT, SEED)]
    rules = timed("load the rule set", 1, lambda: lr.load(RULES))
    parsed = timed("read an event", len(texts), lambda: [read for t in texts if (read := parse(t))])
    timed("decide an event", len(parsed), lambda: decide_all(rules, parsed))
    text = many_rules(1_900)
    timed("load 1,900 rules", 1, lambda: load_text(text))
    large = lr.parse_event(large_order(10_000, 100))
    timed("decide 10,000 lines", 1, lambda: rules.decide(large))
    state, daily = long_history(rules, 3_650)
    timed("decide after ten years", len(daily), lambda: [rules.decide(one, state) for one in daily])
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


def many_rules(count: int) -> str:
    """The coffee club with so many rules more, each with a condition of its own."""
    written = RULES.read_text("utf-8")
    more = "".join(
        f"""  - id: more-{number}
    event: purchase
    when: beans.eligible >= {number % 90}.00 and any_item(item.category == "c{number}")
    give: {{type: bonus, program: beans, points: {number % 7 + 1}}}
"""
        for number in range(count)
    )
    return written.replace("\nrules:\n", f"\nrules:\n{more}")


def large_order(lines: int, tenders: int) -> dict[str, object]:
    """One purchase as large as an event may be."""
    items = [
        {"sku": f"s{number}", "category": "drinks", "quantity": 1, "amount": "4.00"}
        for number in range(lines)
    ]
    paid = [{"type": f"t{number}", "amount": lines * 4 // tenders} for number in range(tenders)]
    return purchase("large", START) | {"lines": items, "tenders": paid}


def purchase(name: str, day: datetime) -> dict[str, object]:
    """A cup of coffee."""
    return {
        "id": name,
        "type": "purchase",
        "member": "m-1",
        "occurred_at": day.isoformat(),
        "currency": "EUR",
        "lines": [{"sku": "ESPRESSO", "category": "drinks", "quantity": 1, "amount": "4.00"}],
    }


def long_history(rules: lr.RuleSet, days: int) -> tuple[MemberState, list[lr.Event]]:
    """The state of a member after a purchase every day, and some events that may come next."""
    state: MemberState | None = None
    for day in range(days):
        event = lr.parse_event(purchase(f"d-{day}", START + timedelta(days=day)))
        state = rules.decide(event, state).state
    assert state is not None, "there was a day"
    following = START + timedelta(days=days)
    return state, [
        lr.parse_event(purchase(f"n-{minute}", following + timedelta(minutes=minute)))
        for minute in range(500)
    ]


def timed(what: str, times: int, act: Callable[[], Result]) -> Result:
    """Run ``act`` once and print how often a second it does ``what``."""
    start = time.perf_counter()
    result = act()
    seconds = time.perf_counter() - start
    print(f"{what:24}{times / seconds:12,.1f} /s {seconds / times * 1e6:10,.1f} us")
    return result


def mac() -> bool:
    """Whether the system counts memory in bytes (others in kilobytes)."""
    return sys.platform == "darwin"


if __name__ == "__main__":
    main()
