"""``type: membership``: plans that are paid for by the period, and what they bring as long as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from loyalty_rules.sdk import (
    BOOLEAN,
    DAY,
    MONEY,
    NUMBER,
    Counter,
    Declared,
    Duration,
    Form,
    Kind,
    Lowered,
    MemberPlan,
    Membership,
    ProgramType,
    hookimpl,
)

Refund = Literal["pro_rata", "full_if_unused", "none"]
REFUNDS: Final[tuple[Refund, ...]] = ("pro_rata", "full_if_unused", "none")
Change = Literal["pro_rata", "next_period"]
CHANGES: Final[tuple[Change, ...]] = ("pro_rata", "next_period")
EVENT: Final = "membership"

_PLAN: Final = {
    "type": "object",
    "required": ["price", "period"],
    "additionalProperties": False,
    "properties": {
        "price": {"format": "lr-finite"},
        "period": {"format": "lr-duration"},
        "trial": {"format": "lr-duration"},
        "level": {"type": "string", "minLength": 1},
        "title": {"format": "lr-text"},
        "note": {"format": "lr-text"},
    },
}
SCHEMA: Final = {
    "type": "object",
    "required": ["plans"],
    "additionalProperties": False,
    "properties": {
        "plans": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"format": "lr-id"},
            "additionalProperties": _PLAN,
        },
        "refund": {"enum": list(REFUNDS)},
        "change": {"enum": list(CHANGES)},
    },
}


def declare(form: Form) -> Declared:
    """Whether the member is in it, on which plan, since when; whether he tries it, in which period he is, and
    what he has saved in it."""
    plans = form.form("plans")
    ids = () if plans is None else tuple(sorted(plans.written()))
    return Declared(
        {
            "active": BOOLEAN,
            "plan": Kind("text", choices=ids),
            "since": DAY,
            "trial": BOOLEAN,
            "period": NUMBER,
            "saved": MONEY,
        },
        figures={"saved": MONEY},
    )


def lower(form: Form) -> Lowered:
    """The membership, and the counter of what it saves."""
    plans = form.form("plans")
    names = () if plans is None else tuple(sorted(plans.written()))
    found = [
        _plan(name, plan)
        for name in names
        if plans is not None and (plan := plans.form(name)) is not None
    ]
    membership = Membership(
        form.name,
        tuple(one for one in found if one is not None),
        form.choice("refund", REFUNDS),
        form.choice("change", CHANGES),
        form.text("title"),
    )
    saved = Counter(f"{form.name}.saved", MONEY)
    return Lowered(memberships=(membership,), counters=(saved,))


def _plan(name: str, form: Form) -> MemberPlan | None:
    own, period, trial = form.about((EVENT,)), _time(form, "period"), _time(form, "trial")
    price, level = own.finite("price"), form.level("level")
    if period is None:
        return None
    return MemberPlan(name, price, period, trial, level, form.text("title"))


def _time(form: Form, key: str) -> Duration | None:
    time = form.duration(key)
    if time is not None and time.unit in ("minutes", "hours"):
        form.problem(
            key,
            "period_in_hours",
            "a membership lasts for whole days",
            "write days, weeks, months or years",
        )
        return None
    return time


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``membership``."""
    return [ProgramType("membership", "plans that are paid for", SCHEMA, declare, lower)]
