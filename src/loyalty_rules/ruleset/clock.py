"""``event: clock`` with ``every`` and ``at``: when a rule fires by itself; and ``automatic`` of
rewards: when one is taken by itself."""

from __future__ import annotations

from typing import Final, Literal

from loyalty_rules.base.period import Duration
from loyalty_rules.engine.model import Automatic, Every
from loyalty_rules.engine.silences import Silence, unit_of
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.events import earning_kinds, read_member_kind
from loyalty_rules.ruleset.forms import read_duration
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence

CLOCK: Final = "clock"

Unit = Literal["day", "week", "month", "quarter", "year", "member_year", "birthday"]
UNITS: Final[tuple[Unit, ...]] = (
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "member_year",
    "birthday",
)


def read_every(node: MappingNode, kinds: tuple[str, ...], context: Context) -> Every | None:
    """When a rule fires by itself; None for one that fires on what members do. What does not go together
    is reported."""
    written = node.get("every")
    if CLOCK not in kinds:
        for key in ("every", "at"):
            if (place := node.key(key)) is not None:
                message = f"`{key}` is of rules that the clock fires"
                _report(context, place, message, "write `event: clock`, or leave it out")
        return None
    if kinds != (CLOCK,):
        message = "`clock` stands beside events of members, and has none of their facts"
        _report(context, node.get("event") or node, message, "write a rule of its own for it")
    if isinstance(written, MappingNode):
        return _silence(node, written, context)
    if not isinstance(written, Scalar):
        if written is None:
            message = "`event: clock` does not say when the rule fires"
            _report(context, node.get("event") or node, message, "write `every: month`, say")
        return None
    unit = _unit(written, context)
    return None if unit is None else _every(node, unit, context)


def _silence(node: MappingNode, written: MappingNode, context: Context) -> Every | None:
    """A rule that fires when a member has done nothing for a time."""
    lasts, kinds = written.get("inactive"), written.get("activity")
    duration = read_duration(lasts.text) if isinstance(lasts, Scalar) else None
    if (at := node.key("at")) is not None:
        message = "a silence has no end and no start to choose from"
        _report(context, at, message, "leave `at` out: the rule fires when it is full")
    if not isinstance(duration, Duration):
        return None  # the shape check has reported it
    found = earning_kinds(context)
    if isinstance(kinds, Sequence):
        own = {read_member_kind(one, context) for one in kinds.items if isinstance(one, Scalar)}
        found = tuple(sorted(own - {""}))
    return Every(unit_of(Silence(duration, found)), "start") if found else None


def read_automatic(node: Node | None, context: Context) -> Automatic | None:
    """When the clock takes a reward, and what becomes of the points that are left."""
    if not isinstance(node, MappingNode):
        return None
    every, rest = node.get("every"), node.get("rest")
    if not isinstance(every, Scalar) or not isinstance(rest, Scalar):
        return None  # the shape check has reported it
    unit = _unit(every, context)
    if unit is None or unit == "birthday":
        return None
    return Automatic(Every(unit, "end"), "drop" if rest.text == "drop" else "carry")


def _unit(written: Scalar, context: Context) -> str | None:
    if written.text.endswith(".period"):
        window = context.window(written.text)
        if isinstance(window, str):
            context.refuse_window(written, written.text, window)
            return None
        return window.unit
    # what is none of them was reported by the shape check
    return next((unit for unit in UNITS if unit == written.text), None)


def _every(node: MappingNode, unit: str, context: Context) -> Every:
    at = node.get("at")
    if unit == "birthday":
        if at is not None:
            message = "a birthday has no end and no start to choose from"
            help = "leave `at` out: the rule fires when the day begins"
            _report(context, node.key("at") or at, message, help)
        return Every("birthday", "start")
    return Every(unit, "start" if isinstance(at, Scalar) and at.text == "start" else "end")


def _report(context: Context, place: Node, message: str, help: str) -> None:
    context.findings.add("unclear_clock", place, message, help)
