"""`make demo`: a year of a coffee club, from a seed to a summary and one explanation."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from benchmarks.coffee_year import YEAR, Event, write

ROOT: Final = Path(__file__).parents[1]
OUT: Final = ROOT / "demo-out"
RULES: Final = "rules/coffee-club/rules.yaml"
COUNT: Final = 24_000
SEED: Final = 7
BIG_BASKET: Final = Decimal(60)


def main() -> int:
    """Make the events, run the club on them, explain one order. Exit code of the first that failed."""
    OUT.mkdir(exist_ok=True)
    year, order = OUT / "year.jsonl", OUT / "order.json"
    print(f"making {COUNT:,} events from seed {SEED} in {_shown(year)}", flush=True)
    write(year, COUNT, SEED)
    order.write_text(json.dumps(_worth_explaining(year), indent=2) + "\n", "utf-8")
    return (
        _run("check", RULES)
        or _run("run", RULES, _shown(year), "--as-of", f"{YEAR}-12-31")
        or _run("explain", RULES, _shown(order), "--history", _shown(year))
    )


def _worth_explaining(year: Path) -> Event:
    """The last big basket of a weekend."""
    orders = (json.loads(line) for line in year.read_text("utf-8").splitlines())
    return list(_big_weekend_baskets(orders))[-1]


def _big_weekend_baskets(orders: Iterable[Event]) -> Iterable[Event]:
    for event in orders:
        lines = event.get("lines")
        if event["type"] != "purchase" or event["currency"] != "EUR" or not isinstance(lines, list):
            continue
        total = sum(Decimal(line["amount"]) for line in lines)
        if total >= BIG_BASKET and datetime.fromisoformat(str(event["occurred_at"])).weekday() >= 5:
            yield event


def _run(*arguments: str) -> int:
    print(f"\n$ loyalty-rules {' '.join(arguments)}", flush=True)
    command = Path(sys.executable).with_name("loyalty-rules")
    return subprocess.run([str(command), *arguments], cwd=ROOT, check=False).returncode


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    sys.exit(main())
