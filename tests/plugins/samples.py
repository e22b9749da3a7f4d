"""Small plugins and a rule set, for tests that need a plugin which does one thing (mostly a wrong one)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import loyalty_rules as lr
from loyalty_rules.sdk import (
    EARNING_RANK,
    NUMBER,
    Award,
    EventKind,
    Facts,
    Form,
    FunctionType,
    Kind,
    Lowered,
    Opaque,
    ProgramType,
    RewardType,
    Value,
    hookimpl,
)
from loyalty_rules.service.loading import load_text

PROGRAM_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "required": ["program"],
    "additionalProperties": False,
    "properties": {"program": {"type": "string", "format": "lr-id"}},
}
EMPTY_SCHEMA: Mapping[str, object] = {"type": "object", "additionalProperties": False}
HEAD = """
ruleset: shop
version: "1.0"
currency: EUR
timezone: UTC
programs:
  points: {type: points, basis: {tax: included}, expiry: never, spendable: false}
"""
GIFT = (
    HEAD
    + """
rules:
  - id: gift
    event: purchase
    give: {type: pebble.gift, program: points}
"""
)
CALL = (
    HEAD
    + """
rules:
  - id: called
    event: purchase
    when: pebble_call(quantity) >= 0
    give: {type: bonus, program: points, points: 1}
"""
)


class Plugin:
    """A plugin made of hook functions: ``Plugin(loyalty_reward_types=lambda: [...])``."""

    def __init__(self, **hooks: Callable[[], object]) -> None:
        for name, hook in hooks.items():
            setattr(self, name, hookimpl(hook))


def gift(lower: Callable[[Form], object], name: str = "pebble.gift") -> Plugin:
    """A plugin with one reward type, whose lowering may return anything."""
    kind = RewardType(name, "a gift", PROGRAM_SCHEMA, lower)  # type: ignore[arg-type]
    return Plugin(loyalty_reward_types=lambda: [kind])


def opaque(function: Callable[..., object], /, **changes: object) -> Plugin:
    """A plugin with one reward type that is an opaque function."""

    def lower(form: Form) -> Opaque:
        fields: dict[str, object] = {
            "program": form.program(),
            "give": function,
            "parameters": {"bonus": 7},
            "reads": ("order.total",),
            "at_most": 100,
            "text": "a gift",
            **changes,
        }
        return Opaque(**fields)  # type: ignore[arg-type]

    return gift(lower)


def function(
    call: Callable[..., object], result: Kind = NUMBER, name: str = "pebble_call"
) -> Plugin:
    """A plugin with one function of one number."""
    kind = FunctionType(name, "a function", (NUMBER,), result, call)  # type: ignore[arg-type]
    return Plugin(loyalty_functions=lambda: [kind])


def program(declare: Callable[[Form], object], lower: Callable[[Form], object]) -> Plugin:
    """A plugin with one program type."""
    kind = ProgramType("pebble.club", "a club", EMPTY_SCHEMA, declare, lower)  # type: ignore[arg-type]
    return Plugin(loyalty_program_types=lambda: [kind])


def one_point(form: Form) -> tuple[Award, ...]:
    """A lowering that is right."""
    return (Award("bonus", form.program(), form.constant(Fraction(1))),)


def seven(parameters: Mapping[str, Value], facts: Facts) -> int:
    """An opaque give that is right."""
    return 7


def nothing(form: Form) -> Lowered:
    """A program that adds nothing."""
    return Lowered()


def registry(plugin: object) -> lr.Registry:
    """Everything that ships, and one plugin."""
    return lr.Registry.builtin().with_plugins(pebble=plugin)


def rules(text: str, plugin: object) -> lr.RuleSet:
    """A rule set that may use one plugin."""
    return load_text(text, registry(plugin))


def purchase(amount: str = "50.00", **fields: object) -> lr.Event:
    """A purchase of one line."""
    lines = [{"id": "1", "quantity": 1, "amount": amount}]
    return lr.parse_event(
        {
            "id": "p-1",
            "type": "purchase",
            "member": "m-1",
            "occurred_at": "2026-03-02T12:00:00Z",
            "currency": "EUR",
            "lines": lines,
            **fields,
        }
    )


def reward(**changes: object) -> RewardType:
    """A reward type that is right but for the changes."""
    fields: dict[str, object] = {
        "name": "pebble.gift",
        "summary": "a gift",
        "schema": PROGRAM_SCHEMA,
        "lower": one_point,
        **changes,
    }
    return RewardType(**fields)  # type: ignore[arg-type]


def kind(**changes: object) -> EventKind:
    """A kind of event that is right but for the changes."""
    fields: dict[str, object] = {
        "name": "pebble_found",
        "about": "member",
        "rank": EARNING_RANK,
        **changes,
    }
    return EventKind(**fields)  # type: ignore[arg-type]
