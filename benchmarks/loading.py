"""`make bench-load`: what it takes to load a rule set, beside what libyaml and PyYAML take for the same file.

events: the parser's events alone, which every load pays for. safe_load: PyYAML's plain values, without places
or checks. load: the rule set, ready to decide. All in seconds of processor time, the least of some runs.
Figures of one machine are worth comparing with figures of the same machine only; the ratios travel better.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

import yaml

from loyalty_rules.service.checked import check_text

RUNS: Final = 3
HEAD: Final = (
    'ruleset: club\nversion: "1.0"\ncurrency: EUR\ntimezone: Europe/Berlin\n'
    "programs:\n  points: {type: points, basis: {tax: included}, expiry: never, value: 0.01}\n"
    "rules:\n"
)
_RULE: Final = """\
  - id: bonus-for-a-category-{n:04d}
    event: purchase
    priority: {p}
    when: points.eligible >= {n}.00 and any_item(item.category == "c{n}")
    give: {{type: points, program: points, points: {p}, per: 1.00}}
"""
_WRONG: Final = (
    "  - {{id: r{n}, event: purchase, give: {{type: bonus, program: p{n}, points: 1}}}}\n"
)
_UNLIKE: Final = (
    "  - id: r{n}\n    event: purchase\n    when: {when}\n"
    "    give: {{type: bonus, program: points, points: 1}}\n"
)
_PARTS: Final = tuple(
    f"{name} {sign} {value}"
    for name in ("order.total", "amount", "points.eligible")
    for sign in (">", ">=", "<", "<=", "!=")
    for value in ("amount", "order.total * 2", "12.50", "max(amount, 7)", "points.eligible / 2")
)


def rules_file(count: int) -> str:
    """A file of ``count`` rules whose conditions differ in a number and a text."""
    return HEAD + "".join(_RULE.format(n=n, p=n % 97 + 1) for n in range(1, count + 1))


def wrong_file(count: int) -> str:
    """A file of ``count`` rules, each with a mistake."""
    return HEAD + "".join(_WRONG.format(n=n) for n in range(count))


def unlike_file(count: int) -> str:
    """A file of ``count`` rules whose conditions have only their parts in common; nearly a megabyte."""
    dice = Random(7)
    return HEAD + "".join(
        _UNLIKE.format(n=n, when=" or ".join(dice.choices(_PARTS, k=12))) for n in range(count)
    )


def main() -> None:
    """Print a table of files and what each step takes for them."""
    files = {
        "100 rules": rules_file(100),
        "1,000 rules": rules_file(1_000),
        "2,000 rules": rules_file(2_000),
        "2,000 rules, one mistake": rules_file(1_999) + _WRONG.format(n=2_000),
        "2,000 rules, all wrong": wrong_file(2_000),
        "2,000 unlike conditions": unlike_file(2_000),
        "5,000 rules": rules_file(5_000),
    }
    print(
        f"{'file':26}{'bytes':>11}{'events':>9}{'safe_load':>11}{'load':>8}{'/events':>9}{'/safe_load':>12}"
    )
    for name, text in files.items():
        events = _least(partial(_events, text))
        plain = _least(partial(yaml.safe_load, text), runs=1)
        load = _least(partial(check_text, text.encode(), "rules.yaml"))
        ratios = f"{load / events:9.1f}{load / plain:12.2f}"
        print(f"{name:26}{len(text.encode()):11,}{events:9.3f}{plain:11.3f}{load:8.3f}{ratios}")


def _events(text: str) -> int:
    parser, count = yaml.CSafeLoader(text), 0
    while not isinstance(parser.get_event(), yaml.StreamEndEvent):
        count += 1
    return count


def _least(act: Callable[[], object], runs: int = RUNS) -> float:
    seconds = []
    for _ in range(runs):
        started = time.process_time()
        act()
        seconds.append(time.process_time() - started)
    return min(seconds)


if __name__ == "__main__":
    main()
