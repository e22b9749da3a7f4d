"""Random policies of a points program with levels and rewards, and the rule set that says the same."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from random import Random
from typing import Final

from loyalty_rules.base.records import replace

LEVELS: Final = ("basic", "silver", "gold")
COSTS: Final = {"sticker": 1, "mug": 7, "lamp": 40}
"""What one unit of each reward costs, in points."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """One form of ``expiry``. ``kind``: `after` (so many ``unit``, counted from ``start``, lengthened
    ``to_end_of`` a box or a day of the year), `end_of` (the box ``unit``), `activity` (so many ``unit`` after
    the latest)."""

    kind: str
    number: int = 0
    unit: str = "days"
    start: str = "earned"
    to_end_of: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What all members together may have, in each month or for ever."""

    cap: int
    per: str
    over: str = "trim"
    counts: str = "net"


@dataclass(frozen=True, slots=True)
class Policy:
    """All that the rule set leaves open. Amounts in cents; None: the rule set does not say it. ``through`` a
    number of days is ``level_days``; ``by_level`` has the forms of each level, lowest first."""

    zone: str = "UTC"
    rate: str = "1"
    mode: str = "floor"
    threshold_minor: int | None = None
    threshold_points: int = 0
    vip_points: int = 0
    times: tuple[str, str, str] = ("1", "1", "1")
    cap_points: int | None = None
    cap_counts: str = "net"
    expiry: tuple[Expiry, ...] = ()
    waits_days: int | None = None
    waits_for: bool = False
    spend_order: str = "first_expiring"
    restore: str = "original"
    grace_days: int | None = 30
    claw_back: str = "recompute"
    negative: str = "allow"
    expired: str = "forgive"
    window: str = "year"
    window_days: int = 0
    silver_minor: int = 10_000
    gold_minor: int = 25_000
    gold_orders: int = 0
    through: str = "window"
    then: str = ""
    on_return: str = "immediate"
    level_days: int = 0
    level_grace_days: int = 0
    by_level: tuple[tuple[Expiry, ...], ...] = ()
    on_downgrade: str = "restart"
    spent: str = "proportional"
    budget: Budget | None = None
    stock: Budget | None = None

    @property
    def counts_from_use(self) -> bool:
        """Whether any points end so long after they could first be spent."""
        forms = [*self.expiry, *(form for forms in self.by_level for form in forms)]
        return any(form.start == "usable" for form in forms)


def policy_of(random: Random, *, shares: bool = True) -> Policy:
    """A random policy; without budgets, if members are to share nothing."""
    capped = random.random() < 0.25
    window, days = random.choice(
        [
            ("month", 0),
            ("quarter", 0),
            ("year", 0),
            ("ever", 0),
            ("rolling", random.choice([7, 60])),
        ]
    )
    through, then = "window", ""
    if window in ("month", "quarter") and random.random() < 0.7:
        through = random.choice(["next_window", "next_window", "window", "days"])
        then = random.choice(["one_down", "requalify", "bottom"])
    silver = random.choice([3_000, 10_000, 20_000])
    expiry = _expiry(random)
    by_level = _by_level(random) if random.random() < 0.3 else ()
    if by_level:
        expiry = random.choice([(), (), (Expiry("end_of", unit="year"),)])
    short = any(form.kind != "activity" and form.unit == "days" for form in expiry)
    waits = None if short else random.choice([None, None, 0, 3, 14])
    made = Policy(
        zone=random.choice(["UTC", "Europe/Berlin", "America/New_York", "Asia/Tehran"]),
        rate=random.choice(["1", "2", "0.5", "0.333"]),
        mode=random.choice(["floor", "floor", "ceil", "half_up", "half_even"]),
        threshold_minor=None if capped else random.choice([None, 3_000, 5_000]),
        threshold_points=random.choice([5, 25, 100]),
        vip_points=0 if capped else random.choice([0, 3]),
        times=("1", "1", "1") if capped else random.choice([("1", "1.5", "2"), ("1", "1", "1.25")]),
        cap_points=random.choice([30, 100]) if capped else None,
        cap_counts=random.choice(["net", "gross"]),
        expiry=expiry,
        waits_days=waits or None,
        waits_for=waits == 0 or (waits is not None and random.random() < 0.5),
        spend_order=random.choice(["first_expiring", "first_expiring", "oldest"]),
        restore=random.choice(["original", "original", "new"]),
        grace_days=random.choice([None, 5, 30]),
        claw_back=random.choice(["recompute", "recompute", "proportional", "none"]),
        negative=random.choice(["allow", "clamp", "recover_from_refund"]),
        expired=random.choice(["forgive", "take"]),
        window=window,
        window_days=days,
        silver_minor=silver,
        gold_minor=silver * random.choice([2, 3]),
        gold_orders=random.choice([0, 0, 3]),
        through=through,
        then=then,
        on_return=random.choice(["keep_until_review", "immediate"]),
        level_days=random.choice([3, 20, 45]) if through == "days" else 0,
        level_grace_days=random.choice([0, 0, 4, 25]) if then else 0,
        by_level=by_level,
        on_downgrade=random.choice(["restart", "keep"]),
        spent=random.choice(["proportional", "points_first", "cash_first"]),
    )
    return _with_budgets(copy(random), made) if shares else made


def _with_budgets(random: Random, policy: Policy) -> Policy:
    """A policy, perhaps with a budget of the points that its one rule gives, and of mugs. Its chance is a
    copy: what else a seed draws does not hang on it."""
    if random.random() < 0.3:
        per, caps = random.choice([("month", [3, 20]), ("ever", [20, 200])])
        stock = Budget(random.choice(caps), per, counts=random.choice(["net", "net", "gross"]))
        policy = replace(policy, stock=stock)
    if random.random() < 0.3:
        per, caps = random.choice([("month", [100, 400]), ("ever", [1_000, 5_000])])
        budget = Budget(
            random.choice(caps),
            per,
            random.choice(["trim", "skip"]),
            random.choice(["net", "net", "gross"]),
        )
        alone = replace(policy, threshold_minor=None, vip_points=0, times=("1", "1", "1"))
        policy = replace(alone, budget=budget)
    return policy


def _by_level(random: Random) -> tuple[tuple[Expiry, ...], ...]:
    """What each level says, one or two of them that points never end."""
    forms: list[tuple[Expiry, ...]] = [
        (
            Expiry(
                "after", random.choice([20, 40, 90]), "days", random.choice(["earned", "usable"])
            ),
        ),
        (Expiry("after", random.choice([2, 6]), "months", random.choice(["earned", "usable"])),),
        (Expiry("after", 1, "months", "earned", random.choice(["month", "quarter"])),),
        (),
    ]
    return tuple(random.sample(forms, len(LEVELS)))


def _expiry(random: Random) -> tuple[Expiry, ...]:
    forms = [
        Expiry("after", random.choice([1, 20, 90]), "days", random.choice(["earned", "usable"])),
        Expiry("after", random.choice([1, 6]), "months", random.choice(["earned", "usable"])),
        Expiry(
            "after",
            random.choice([1, 3]),
            "months",
            random.choice(["earned", "usable"]),
            random.choice(["month", "quarter", "year", "09-30", "02-29"]),
        ),
        Expiry("end_of", unit=random.choice(["month", "quarter", "year"])),
        Expiry("activity", random.choice([20, 60]), "days"),
        Expiry("activity", 3, "months"),
    ]
    count = random.choice([0, 1, 1, 1, 2])
    return tuple(random.sample(forms[:-1], count) if count == 2 else random.sample(forms, count))


def rules_text(policy: Policy) -> str:
    """The rule set of a policy."""
    return "\n".join(
        [
            _HEAD.format(zone=policy.zone, stock=_budget_text(policy.stock, "times")),
            *_program(policy),
            *_levels(policy),
            *_rules(policy),
        ]
    )


def _budget_text(budget: Budget | None, what: str) -> str:
    if budget is None:
        return ""
    said = f"{what}: {budget.cap}, per: {budget.per}, cap_counts: {budget.counts}"
    return f", budget: {{{said}, over: {budget.over}}}"


_HEAD: Final = """\
ruleset: torture
version: "1"
currency: EUR
timezone: {zone}
events:
  delivery: {{about: member, fields: {{order: {{type: text, optional: true}}}}}}
rewards:
  sticker: {{cost: {{program: beans, points: 1}}, give: {{type: product, sku: STICKER}}}}
  mug: {{cost: {{program: beans, points: 7}}, give: {{type: product, sku: MUG}}{stock}}}
  lamp: {{cost: {{program: beans, points: 40}}, give: {{type: product, sku: LAMP}}}}
programs:"""


def _program(policy: Policy) -> list[str]:
    grace = "none" if policy.grace_days is None else f"{policy.grace_days} days"
    made = [
        "  beans:",
        "    type: points",
        "    basis: {tax: included}",
        "    value: 0.01",
        f"    rounding: {{mode: {policy.mode}}}",
        f"    expiry: {_expiry_text(policy)}",
        f"    spend_order: {policy.spend_order}",
        f"    restore: {{expiry: {policy.restore}"
        + (f", grace: {grace}}}" if policy.restore == "original" else "}"),
        f"    returns: {{claw_back: {policy.claw_back}, negative: {policy.negative}, "
        f"expired: {policy.expired}, spent: {policy.spent}}}",
    ]
    if policy.waits_for:
        most = f", at_most: {policy.waits_days} days" if policy.waits_days else ""
        made.append(f"    pending: {{until: delivery{most}}}")
    elif policy.waits_days:
        made.append(f"    pending: {policy.waits_days} days")
    return made


def _expiry_text(policy: Policy) -> str:
    texts = [_form_text(form) for form in policy.expiry]
    if policy.by_level:
        levels = ", ".join(
            f"{level}: {_form_text(forms[0]) if forms else 'never'}"
            for level, forms in zip(LEVELS, policy.by_level, strict=True)
        )
        texts.append(f"{{by: status, is: {{{levels}}}, on_downgrade: {policy.on_downgrade}}}")
    if not texts:
        return "never"
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _form_text(form: Expiry) -> str:
    if form.kind == "end_of":
        return f"{{end_of: {form.unit}}}"
    lasts = f"after: {form.number} {form.unit}"
    if form.kind == "activity":
        return f"{{{lasts}, from: activity, activity: [purchase, redemption]}}"
    end = f', to_end_of: "{form.to_end_of}"' if form.to_end_of else ""
    return f"{{{lasts}, from: {form.start}{end}}}"


def _levels(policy: Policy) -> list[str]:
    window = f"last {policy.window_days} days" if policy.window == "rolling" else policy.window
    orders = f", orders: {policy.gold_orders}" if policy.gold_orders else ""
    then = f", then: {policy.then}" if policy.then else ""
    through = f"{policy.level_days} days" if policy.through == "days" else policy.through
    if policy.level_grace_days:
        then += f", grace: {policy.level_grace_days} days"
    return [
        "  status:",
        "    type: tiers",
        f"    window: {window}",
        f"    keep: {{through: {through}{then}}}",
        f"    on_return: {policy.on_return}",
        "    levels:",
        "      - {id: basic}",
        f"      - {{id: silver, at: {{spend: {policy.silver_minor // 100}}}}}",
        f"      - {{id: gold, at: {{spend: {policy.gold_minor // 100}{orders}}}}}",
    ]


def _rules(policy: Policy) -> list[str]:
    limit = ""
    if policy.cap_points is not None:
        limit = (
            f", limit: {{points: {policy.cap_points}, per: month, cap_counts: {policy.cap_counts}}}"
        )
    give = f"{{type: points, program: beans, points: {policy.rate}, per: 1.00}}"
    budget = _budget_text(policy.budget, "points")
    made = ["rules:", f"  - {{id: base, event: purchase, give: {give}{limit}{budget}}}"]
    for level, times in zip(LEVELS, policy.times, strict=True):
        if times != "1":
            give = f"{{type: multiplier, program: beans, times: {times}}}"
            when = f"""'status.level == "{level}"'"""
            made.append(f"  - {{id: {level}, event: purchase, when: {when}, give: {give}}}")
    if policy.threshold_minor is not None:
        give = f"{{type: bonus, program: beans, points: {policy.threshold_points}}}"
        when = f"beans.eligible >= {policy.threshold_minor // 100}.00"
        made.append(f"  - {{id: large, event: purchase, when: {when}, give: {give}}}")
    if policy.vip_points:
        give = f"{{type: bonus, program: beans, points: {policy.vip_points}}}"
        when = """'has(member.segments, "vip")'"""
        made.append(f"  - {{id: vip, event: purchase, when: {when}, give: {give}}}")
    return made
