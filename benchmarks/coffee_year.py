"""A year of a coffee shop as events, made from a seed: the same seed gives the same file on every machine."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

Event = dict[str, object]

ZONE: Final = ZoneInfo("Europe/Berlin")
YEAR: Final = 2025
MENU: Final = [  # sku, category, kind, cents, how often
    ("ESPRESSO", "drinks", "goods", 240, 20),
    ("CAPPUCCINO", "drinks", "goods", 360, 30),
    ("FILTER-XL", "drinks", "goods", 410, 18),
    ("CROISSANT", "food", "goods", 290, 16),
    ("CHEESECAKE", "food", "goods", 495, 8),
    ("BEANS-250G", "beans", "goods", 999, 8),
    ("BEANS-1KG", "beans", "goods", 2890, 4),
    ("BEANS-ORGANIC", "beans", "goods", 1190, 5),
    ("GRINDER", "equipment", "goods", 7900, 1),
    ("GIFT-25", "gift cards", "gift_card", 2500, 1),
    ("SHIPPING", "shipping", "shipping", 490, 2),
]
WEIGHTS: Final = [entry[4] for entry in MENU]
STORES: Final = ["altona", "kreuzberg", "schwabing"]


def events(count: int, seed: int) -> Iterator[Event]:
    """``count`` events in time order: sign-ups, profiles, purchases, some returns, some that are wrong."""
    dice = random.Random(seed)
    members = max(1, count // 30)
    known: list[str] = []
    last: Event | None = None
    for number, instant in enumerate(_instants(count, dice), start=1):
        if not known or (len(known) < members and dice.random() < 0.08):
            known.append(f"m-{len(known) + 1:05}")
            event = _event(number, "signup", known[-1], instant)
        else:
            member = known[int(len(known) * dice.random() ** 2)]  # a few come often
            event = _later_event(number, member, instant, last, dice)
        last = event if event["type"] == "purchase" else last
        yield event


def write(path: Path, count: int, seed: int) -> None:
    """Write the events as one JSON object a line."""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for event in events(count, seed):
            out.write(json.dumps(event, separators=(",", ":")) + "\n")


def _instants(count: int, dice: random.Random) -> Iterator[datetime]:
    """Instants of the year in order: opening hours, Saturdays and Sundays busier."""
    start = datetime(YEAR, 1, 2, tzinfo=ZONE)
    found: set[datetime] = set()
    while len(found) < count:
        day = start + timedelta(days=dice.randrange(362))
        if day.weekday() < 5 and dice.random() < 0.3:
            continue
        found.add(day + timedelta(seconds=dice.randrange(7 * 3600, 20 * 3600)))
    yield from sorted(found)


def _later_event(
    number: int, member: str, instant: datetime, last: Event | None, dice: random.Random
) -> Event:
    chance = dice.random()
    if chance < 0.01:
        day = datetime(1960, 1, 1) + timedelta(days=dice.randrange(16_000))
        return {**_event(number, "profile", member, instant), "birthday": f"{day:%Y-%m-%d}"}
    if chance < 0.02 and last is not None:
        back = _event(number, "return", str(last["member"]), instant)
        return {**back, "order": last["id"], "lines": [{"line": "1", "quantity": 1}]}
    event = _purchase(number, member, instant, dice)
    if chance > 0.9995:
        event["currency"] = "USD"  # without a rate: refused
    elif chance > 0.999:
        event["tenders"] = [{"type": "card", "amount": "0.01"}]  # does not sum: refused
    return event


def _purchase(number: int, member: str, instant: datetime, dice: random.Random) -> Event:
    lines: list[Event] = []
    for line in range(1, 1 + min(6, int(dice.expovariate(0.6)) + 1)):
        sku, category, kind, cents, _ = dice.choices(MENU, WEIGHTS)[0]
        quantity = 1 if dice.random() < 0.8 else dice.randrange(2, 5)
        amount = Decimal(cents * quantity) / 100
        tax = (amount * 19 / 119).quantize(Decimal("0.01"))
        entry: Event = {"id": str(line), "sku": sku, "category": category, "kind": kind}
        if sku.endswith("ORGANIC"):
            entry["tags"] = ["organic"]
        lines.append(entry | {"quantity": quantity, "amount": f"{amount:.2f}", "tax": f"{tax:.2f}"})
    online = dice.random() < 0.15
    place: Event = (
        {"channel": "web"} if online else {"channel": "store", "store": dice.choice(STORES)}
    )
    return {
        **_event(number, "purchase", member, instant),
        "currency": "EUR",
        **place,
        "lines": lines,
        "tenders": [{"type": "card", "amount": _total(lines)}],
    }


def _total(lines: list[Event]) -> str:
    return f"{sum(Decimal(str(line['amount'])) for line in lines):.2f}"


def _event(number: int, kind: str, member: str, instant: datetime) -> Event:
    return {
        "id": f"e-{number:06}",
        "type": kind,
        "member": member,
        "occurred_at": instant.isoformat(),
    }
