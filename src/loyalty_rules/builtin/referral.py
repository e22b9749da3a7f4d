"""``type: referral``: members who bring members, and what both are given for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from loyalty_rules.sdk import (
    NUMBER,
    Award,
    Counter,
    Declared,
    Duration,
    Form,
    Lowered,
    ProgramType,
    Referral,
    Rule,
    hookimpl,
)

ORDER: Final = "friend_order"
"""The kind of event that tells of what a friend did."""

_WHOLE: Final = {"type": "integer", "minimum": 1, "maximum": 10}
_REWARD: Final = {
    "type": "object",
    "required": ["to", "give"],
    "additionalProperties": False,
    "properties": {
        "to": {"enum": ["friend", "referrer"]},
        "level": {
            "anyOf": [
                _WHOLE,
                {
                    "type": "object",
                    "required": ["from", "through"],
                    "additionalProperties": False,
                    "properties": {"from": _WHOLE, "through": _WHOLE},
                },
            ]
        },
        "give": {"format": "lr-give"},
        "limit": {"format": "lr-limit"},
        "ignore_below": {"type": "number", "format": "lr-number"},
        "title": {"format": "lr-text"},
        "note": {"format": "lr-text"},
    },
}
SCHEMA: Final = {
    "type": "object",
    "required": ["qualifies", "rewards"],
    "additionalProperties": False,
    "properties": {
        "qualifies": {"format": "lr-count"},
        "within": {"format": "lr-duration"},
        "levels_at_most": _WHOLE,
        "repeat": {"type": "boolean"},
        "rewards": {"type": "array", "items": _REWARD, "minItems": 1},
    },
}


def declare(form: Form) -> Declared:
    """A referral adds no words of its own."""
    return Declared()


def lower(form: Form) -> Lowered:
    """What qualifies, and a rule for each reward, which fires on a friend's order at its levels."""
    written = form.number("levels_at_most")
    levels = 1 if written is None else int(written)
    referral = Referral(
        form.name,
        _qualifies(form),
        _within(form),
        levels,
        form.flag("repeat", False),
        form.text("title"),
    )
    rules: list[Rule] = []
    for reward in form.forms("rewards"):
        rules.append(_rule(form.name, reward, levels, {rule.id for rule in rules}))
    return Lowered(referrals=(referral,), rules=tuple(rules))


def _qualifies(form: Form) -> Counter:
    inner = form.form("qualifies")
    name = f"{form.name}.qualifies"
    if inner is None:  # reported by the shape check
        return Counter(name, NUMBER, events=("purchase",))
    if inner.has("adds"):
        inner.problem(
            "adds",
            "unknown_key",
            "an order qualifies or it does not, so there is no `adds`",
            "leave it out",
        )
    events = inner.events()
    own = inner.about(events)
    return Counter(
        name,
        NUMBER,
        events=events,
        when=own.conditions("when"),
        items=own.items(),
        tenders=own.tenders(),
    )


def _within(form: Form) -> Duration | None:
    within = form.duration("within")
    if within is not None and within.unit in ("minutes", "hours"):
        form.problem(
            "within",
            "period_in_hours",
            "it counts from the day on which the friend signed up, in whole days",
            "write days, weeks, months or years",
        )
        return None
    return within


def _rule(program: str, reward: Form, levels: int, taken: set[str]) -> Rule:
    at = _levels(reward, levels)
    name = f"{program}-friend" if at == (0, 0) else f"{program}-level-{at[0]}"
    if at[1] > at[0]:
        name += f"-{at[1]}"
    name = next(one for one in (name, *(f"{name}-{n}" for n in range(2, 99))) if one not in taken)
    own = reward.about((ORDER,))
    if at != (0, 0) and not reward.has("limit"):
        reward.problem(
            "limit",
            "missing_key",
            "a reward of a referrer has no `limit`, so bringing members pays without end",
            "write how much one member may get, or `limit: none` if that is meant",
        )
    return Rule(
        name,
        tuple(f"{ORDER}.{program}.{level}" for level in range(at[0], at[1] + 1)),
        _awards(own),
        limits=own.limits("limit", name),
        title=reward.text("title"),
        ignore_below=reward.number("ignore_below"),
    )


def _levels(reward: Form, levels: int) -> tuple[int, int]:
    """The first and the last level of a reward; the friend himself stands on none (0)."""
    if reward.text("to") == "friend":
        if reward.has("level"):
            reward.problem(
                "level",
                "level_of_friend",
                "levels are those of referrers, and this reward is the friend's",
                "leave `level` out, or write `to: referrer`",
            )
        return (0, 0)
    span, single = reward.form("level"), reward.number("level")
    first = last = 1 if single is None else int(single)
    if span is not None:
        first, last = (int(span.number(key) or 1) for key in ("from", "through"))
    if first > last:
        reward.problem(
            "level",
            "level_not_reached",
            f"`from: {first}` lies above `through: {last}`",
            "write the lower level first",
        )
        return (last, last)
    if last > levels:
        reward.problem(
            "level",
            "level_not_reached",
            f"nobody stands on level {last}: `levels_at_most` is {levels}",
            f"write `levels_at_most: {last}` beside `rewards`, or a lower level",
        )
    return first, last


def _awards(form: Form) -> tuple[Award, ...]:
    awards = form.awards("give", {})
    for award in awards:
        if award.benefit is not None and award.benefit.kind == "discount":
            form.problem(
                "give",
                "discount_without_order",
                "a referral is rewarded when the friend's order is there, and a discount acts on an order"
                " that is to be paid",
                "give a `voucher` for the next order",
            )
    return awards


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``referral``."""
    return [ProgramType("referral", "members who bring members", SCHEMA, declare, lower)]
