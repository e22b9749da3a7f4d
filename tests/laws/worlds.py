"""Random rule sets that get into their own way, and random lives of members under them.

A world is a rule set as plain values; ``to_yaml`` makes the text that goes through the real door. Every world
must be accepted: what a designer could write and the checks refuse has its place among the golden reports.
"""

from __future__ import annotations

from copy import copy
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

World = dict[str, Any]
Raw = dict[str, Any]

SKUS = ("a", "b", "c")
STORES = ("x", "y", "z")
CATEGORIES = ("tea", "cups")
TENDERS = ("card", "cash", "points")
POINTS = ("beans", "miles")
WINDOWS = ("ever", "day", "week", "month", "year", "last 3 days", "last 2 weeks", "last 1 months")


def world(random: Random, distinct_priorities: bool = False) -> World:
    """A rule set: two points programs, perhaps tiers and steps of spending, groups, limits, 4 to 8 rules."""
    made: World = {
        "ruleset": "world",
        "version": "1",
        "currency": {"code": "EUR", "accepts": {"USD": 0.9}},
        "timezone": random.choice(["UTC", "Europe/Berlin", "Asia/Tehran", "America/New_York"]),
        "week_starts": random.choice(["mon", "sat", "sun"]),
        "events": {"purchase": {"fields": {"guests": {"type": "integer", "optional": True}}}},
        "counters": _counters(),
        "tables": {
            "by_store": {
                "keys": {"store": "exact"},
                "rows": {"x": 1, "y": 1.5, "z": 2},
                **({"otherwise": 1} if random.random() < 0.5 else {}),
            },
            "by_size": {"keys": {"size": "at_least"}, "rows": {0: 1, 20: 1.25, 60: 2.5}},
        },
        "define": {"worthy": "beans.eligible >= 5.00", "tea": 'item.category == "tea"'},
        "programs": {id: _points(random) for id in POINTS},
        "groups": {id: _group(random) for id in ("g", "h")},
    }
    tiered = random.random() < 0.6
    if tiered:
        made["programs"]["status"] = _tiers(random)
    if random.random() < 0.4:
        made["programs"]["refill"] = _spend(random)
    if random.random() < 0.5:
        made["programs"]["card"] = _challenge(random, tiered)
    made["rules"] = [_rule(random, f"r{number}", tiered) for number in range(random.randint(4, 8))]
    if tiered and random.random() < 0.5:
        made["rules"].append(_level_rule())
        _add_wings(copy(random), made)
    if distinct_priorities:
        for number, rule in enumerate(made["rules"]):
            rule["priority"] = number
    return made


def _counters() -> World:
    return {
        "visits": {"event": "purchase"},
        "large": {"event": "purchase", "when": "order.total >= 30.00"},
        "pieces": {"event": "purchase", "adds": "quantity", "items": "tea"},
        "longest": {"event": "purchase", "adds": "order.total", "measure": "highest"},
        "shops": {"event": "purchase", "measure": "distinct", "of": "event.store"},
        "last_shop": {"event": "purchase", "measure": "latest", "of": "event.store"},
        "last_amount": {"event": "purchase", "adds": "2 * amount - 1.00", "measure": "latest"},
        "all_beans": "beans.earned",
    }


def _points(random: Random) -> World:
    basis: World = {"tax": random.choice(["included", "included", "excluded"])}
    if random.random() < 0.5:
        basis["exclude"] = random.choice([[], ["shipping"], ["shipping", "gift_card"]])
    if random.random() < 0.2:
        basis["items"] = random.choice(["tea", 'item.sku != "c"', "item.amount > 1.00"])
    if random.random() < 0.3:
        basis["tenders"] = random.choice([True, 'tender.type != "cash"'])
    if random.random() < 0.2:
        basis["net_of"] = []
    return {
        "type": "points",
        "scale": random.choice([0, 0, 0, 2]),
        "rounding": {
            "mode": random.choice(["floor", "ceil", "half_up", "half_even"]),
            "at": random.choice(["order", "rule", "line"]),
        },
        "multipliers": {
            "mode": random.choice(["add", "multiply", "best", "highest_priority"]),
            **({"at_most": random.choice([2, 3.5])} if random.random() < 0.3 else {}),
        },
        "basis": basis,
        "expiry": "never",
        "value": random.choice([0.01, 0.02, 0.05]),
    }


def _tiers(random: Random) -> World:
    tier_at = random.choice(["before", "after", "split"])
    figure = "spend" if tier_at == "split" else random.choice(["spend", "beans.base", "all_beans"])
    gold: Any = {figure: random.randint(60, 150)}
    if tier_at != "split" and random.random() < 0.5:
        gold = [gold, {"visits": 4, figure: 50}]
    asks: World = {"also_when": "member.age >= 18"} if random.random() < 0.3 else {}
    window = random.choice(["ever", "month", "last 5 days", "year", "member_year"])
    return {
        "type": "tiers",
        "window": window,
        "tier_at": tier_at,
        "levels": [
            {"id": "green"},
            {"id": "silver", "at": {figure: 40}},
            {"id": "gold", "at": gold, **asks},
        ],
        **({"keep": _keep(random, window)} if random.random() < 0.9 else {}),
    }


def _keep(random: Random, window: str) -> World:
    through = ["window", "window", "3 days", *([] if window == "ever" else ["next_window"])]
    made: World = {"through": random.choice(through)}
    if random.random() < 0.5:
        made["then"] = random.choice(["one_down", "requalify", "bottom"])
    if random.random() < 0.3:
        made["grace"] = "2 days"
    return made


def _level_rule() -> World:
    """Levels count beans, so what a change of level gives is miles."""
    give = {"type": "bonus", "program": "miles", "points": 9}
    when = ['event.program == "status"', 'event.to == "gold"']
    return {"id": "moved", "event": "level_changed", "when": when, "give": give}


def _add_wings(random: Random, made: World) -> None:
    """Perhaps levels that count miles, which a change of the others gives; theirs give a voucher. The chance
    is a copy: what else a seed draws does not hang on it."""
    if random.random() < 0.5:
        return
    made["programs"]["wings"] = {
        "type": "tiers",
        "window": random.choice(["ever", "month", "last 5 days"]),
        "levels": [
            {"id": "ground"},
            {"id": "flyer", "at": {"miles.earned": random.randint(2, 9)}},
            {"id": "ace", "at": {"miles.earned": random.randint(10, 30)}},
        ],
        "keep": {"through": "window"},
    }
    give = {"type": "voucher", "amount": 1.00, "valid": "30 days"}
    when = 'event.program == "wings"'
    made["rules"].append({"id": "winged", "event": "level_changed", "when": when, "give": give})


def _spend(random: Random) -> World:
    give: World = {"type": random.choice(["points", "bonus"]), "program": random.choice(POINTS)}
    give |= random.choice([{"points": 7}, {"points": 2, "per": 10.00, "of": "spent"}])
    made: World = {
        "type": "spend",
        "window": random.choice(["ever", "day", "month", "order"]),
        "per_full": random.choice([15.00, 25.00]),
        "rest": random.choice(["carry", "drop"]),
        "give": give,
    }
    if made["window"] in ("day", "month") and random.random() < 0.4:
        made["pays"] = "at_end"
    if random.random() < 0.4:
        made["items"] = "tea"
    if random.random() < 0.4:
        made["limit"] = {"times": 2, "per": "month"}
    return made


def _challenge(random: Random, tiered: bool) -> World:
    give: World = {"type": random.choice(["points", "bonus"]), "program": random.choice(POINTS)}
    rates: list[Any] = [4, 11]
    if tiered:
        rates.append('by_size(within(spend, "ever"))')
    counts: list[Any] = [
        "orders",
        "beans.base",
        {"event": "purchase", "when": _conditions(random, tiered)},
        {"event": "purchase", "items": "tea", "adds": "quantity"},
        {"event": "purchase", "adds": random.choice(["amount", "beans.eligible"])},
    ]
    made: World = {
        "type": "challenge",
        "counts": random.choice(counts),
        "target": random.choice([1, 2, 15]),
        "give": give | {"points": random.choice(rates)},
    }
    if random.random() < 0.4:
        made |= {"streak": random.choice(["day", "week"]), "target": random.choice([1, 2])}
    if random.random() < 0.6:
        made |= {"repeat": True, "rest": random.choice(["carry", "drop"])}
    if random.random() < 0.4:
        made["window"] = random.choice(["day", "week", "month", "ever"])
    elif random.random() < 0.5:
        made |= {"opens": {"event": "purchase"}, "lasts": random.choice(["3 days", "36 hours"])}
        made["overlap"] = random.choice(["separate", "restart", "ignore"])
    if random.random() < 0.4:
        made["limit"] = random.choice([{"times": 1, "per": "week"}, {"points": 9, "per": "month"}])
    return made


def _group(random: Random) -> World:
    made: World = {"choose": random.choice(["all", "best", "worst", "highest_priority"])}
    if random.random() < 0.5:
        made["limit"] = _limits(random, points=False)
    return made


def _limits(random: Random, points: bool) -> Any:
    limits = [_limit(random, points) for _ in range(random.choice([1, 1, 2, 3]))]
    return limits[0] if len(limits) == 1 else limits


def _limit(random: Random, points: bool) -> World:
    what: str = random.choice(
        ["times", "amount", "quantity", *(["points", "points"] if points else [])]
    )
    size = {"times": (1, 3), "points": (5, 80), "amount": (10, 120), "quantity": (1, 12)}[what]
    windows = [*WINDOWS, "order", *(["line"] if what in ("amount", "quantity") else [])]
    per: Any = random.choice(windows)
    if random.random() < 0.2:
        per = [per, "event.store"]
    return {
        what: random.randint(*size),
        "per": per,
        "over": random.choice(["trim", "trim", "skip"]),
    }


def _rule(random: Random, id: str, tiered: bool) -> World:
    programs = random.choice([("beans",), ("beans",), ("miles",), POINTS])
    made: World = {"id": id, "event": "purchase", "priority": random.randint(-1, 1)}
    gives = [_give(random, program, tiered) for program in programs]
    made["give"] = gives[0] if len(gives) == 1 else gives
    if random.random() < 0.4:
        made["when"] = _conditions(random, tiered)
    if random.random() < 0.35:
        made["items"] = random.choice(
            ["tea", 'item.sku == "a"', 'has(item.tags, "new")', "not tea"]
        )
    if random.random() < 0.2:
        made["tenders"] = random.choice(['tender.type == "card"', 'tender.type != "points"'])
    if random.random() < 0.2:
        made["during"] = _during(random)
    if random.random() < 0.4:
        made["group"] = random.choice(["g", "h"])
    if random.random() < 0.5:
        made["limit"] = _limits(random, points=len(programs) == 1)
    return made


def _conditions(random: Random, tiered: bool) -> Any:
    choice = [
        "worthy",
        "order.total >= 20.00",
        "order.number <= 3",
        'event.channel == "web" or order.total > 60.00',
        'not has(event.coupons, "SPRING")',
        "event.guests >= 2",
        "default(event.guests, 1) % 2 == 1",
        "any_item(tea) and count_of(tea) < 6",
        'amount_of(item.sku == "a") >= 10.00',
        'within(spend, "last 3 days") < 100.00',
        'within(visits, "month") % 3 != 1',
        'within(shops, "ever") >= 2 or within(longest, "week") > 30.00',
        'within(pieces, "last 5 days") <= 9',
        "beans.balance < 200",
        'within(last_shop, "month") != event.store',
        'round(order.total * 0.1, "half_up", 1.00) >= 2.00',
        'event.store in ["x", "y"]',
        *(['status.level >= "silver"', 'status.level != "gold"'] if tiered else []),
        *(['status.since < "2026-03-05"', "known(status.until)"] if tiered else []),
    ]
    return random.choice(choice) if random.random() < 0.7 else random.sample(choice, 2)


def _during(random: Random) -> World:
    return random.choice(
        [
            {"weekdays": ["sat", "sun", "mon"]},
            {"hours": "08:00-15:30"},
            {"hours": "22:00-06:00", "weekdays": ["fri", "sat", "sun", "mon"]},
            {"from": "2026-03-05", "through": "2026-03-20"},
            {"from": "2026-03-05T10:00", "before": "2026-03-29T04:30"},
            {"days_of_month": [-1, 1, 2, 3, 28, 29]},
            {"birthday": "month"},
        ]
    )


def _give(random: Random, program: str, tiered: bool) -> World:
    rate: Any = random.choice(
        [1, 2, 5, 0.5, 0.333, "by_store(event.store)", "2 * by_size(order.total)"]
    )
    form = random.randint(0, 5)
    if form == 0:
        times = random.choice([2, 1.5, 3, "by_store(event.store)", "by_size(beans.eligible)"])
        return {"type": "multiplier", "program": program, "times": times}
    if form == 1:
        return {"type": random.choice(["points", "bonus"]), "program": program, "points": rate}
    give: World = {"type": "points" if form < 5 else "bonus", "program": program, "points": rate}
    of = random.choice([None, "amount", "2 * amount + order.total", f"{program}.eligible"])
    if of is not None:
        give["of"] = of
    give["per_full" if form == 2 else "per"] = random.choice([1.00, 2.50, 7.77])
    if random.random() < 0.15:
        give |= {"of": random.choice(["quantity", "sum_of(item.quantity)"])}
    return give


def life(random: Random, length: int = 6) -> list[Raw]:
    """Events of one member in business order: a sign-up, then purchases, now and then a change of profile."""
    at = datetime(2026, 2, 27, 8, tzinfo=timezone(timedelta(hours=random.choice([-5, 0, 1]))))
    events: list[Raw] = []
    for number in range(length):
        at += timedelta(hours=random.choice([1, 7, 20, 26, 60, 100]), minutes=random.randint(0, 59))
        head: Raw = {"id": f"e-{number}", "member": "m-1", "occurred_at": at.isoformat()}
        if number == 0 and random.random() < 0.6:
            events.append({**head, "type": "signup", "birthday": "1990-03-07"})
        elif random.random() < 0.1:
            events.append({**head, "type": "profile", "segments": ["vip"]})
        else:
            events.append(purchase(random, head))
    return events


def purchase(random: Random, head: Raw) -> Raw:
    """An order of 1 to 4 lines, perhaps with discounts, paid in one or two ways."""
    event: Raw = {**head, "type": "purchase", "currency": "EUR"}
    event["lines"] = [_line(random) for _ in range(random.randint(1, 4))]
    owed = sum(_cents(line["amount"]) for line in event["lines"])
    if random.random() < 0.3 and owed:
        off = random.randint(0, owed)
        event["discounts"] = [{"id": "d", "amount": _money(off)}]
        owed -= off
    if random.random() < 0.7:
        first = random.randint(0, owed)
        types = random.sample(TENDERS, 2)
        event["tenders"] = [
            {"type": types[0], "amount": _money(first)},
            {"type": types[1], "amount": _money(owed - first)},
        ]
    for name, values in (("store", STORES), ("channel", ("web", "shop")), ("guests", (1, 2, 3))):
        if random.random() < 0.8:
            event[name] = random.choice(values)
    if random.random() < 0.3:
        event["coupons"] = ["SPRING"]
    if random.random() < 0.1:
        event["currency"] = "USD"
    return event


def _line(random: Random) -> Raw:
    cents = random.choice([random.randint(0, 6000), random.randint(1, 12) * 250])
    return {
        "sku": random.choice(SKUS),
        "category": random.choice(CATEGORIES),
        "kind": random.choice(["goods", "goods", "goods", "shipping", "gift_card"]),
        "tags": random.choice([[], ["new"], ["new", "organic"]]),
        "quantity": random.randint(1, 4),
        "amount": _money(cents),
        "tax": _money(cents // 6),
    }


def _cents(amount: str) -> int:
    whole, _, part = amount.partition(".")
    return int(whole) * 100 + int(part)


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
