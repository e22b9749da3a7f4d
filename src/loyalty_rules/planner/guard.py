"""Plugin functions behind a guard: whatever goes wrong in them becomes a ``PluginError`` that names them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from types import MappingProxyType
from typing import Final

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.engine.plan import Code, Facts
from loyalty_rules.sdk import FunctionType
from loyalty_rules.sdk.containment import Fault, contained, shown
from loyalty_rules.sdk.types import OpaqueCall
from loyalty_rules.sdk.values import value_fault

SAMPLED_EVERY: Final = 64
"""One call of so many is made twice, to catch a function whose answer is not the same each time."""


def guarded_award(call: OpaqueCall) -> Code:
    """The code of an opaque award: whole points from 0 to its bound.

    It sees the facts that it asked for and nothing else, read-only.
    Errors: ``PluginError`` with the plugin, the reward type and the rule.
    """
    opaque = call.opaque
    parameters = MappingProxyType(dict(opaque.parameters))
    keys = dict(zip(opaque.reads, call.keys, strict=True))
    fault = partial(PluginError, call.plugin, f"give of `{call.type}`", call.rule)

    def check(points: object) -> str | None:
        if type(points) is not int:
            return f"it must return whole points, not `{shown(points)}`"
        if not 0 <= points <= opaque.at_most:
            return f"{shown(points)} points are outside of its own bounds, 0 to {opaque.at_most}"
        return None

    def give(facts: Facts, row: Facts) -> Value:
        seen = MappingProxyType({name: facts[key] for name, key in keys.items()})
        return run(partial(opaque.give, parameters, seen))

    run = _runner(check, fault)
    return give


def guarded_function(function: FunctionType, plugin: str) -> Callable[..., Value]:
    """A plugin's function for expressions: unknown in, unknown out; else a value of its kind.

    Errors: ``PluginError`` with the plugin and the function; the engine adds the rule.
    """
    fault = partial(PluginError, plugin, f"function `{function.name}`", "")

    def check(result: object) -> str | None:
        return None if result is None else value_fault(result, function.result)

    def call(*arguments: Value) -> Value:
        if None in arguments:
            return None
        return run(partial(function.call, *arguments))

    run = _runner(check, fault)
    return call


def _runner(
    check: Callable[[object], str | None], fault: Fault
) -> Callable[[Callable[[], Value]], Value]:
    """Runs a plugin's code and checks each answer; counts calls and makes some of them twice."""
    calls = count()

    def once(act: Callable[[], Value]) -> Value:
        answer = contained(act, fault)
        if (reason := check(answer)) is not None:
            raise fault(reason)
        return answer

    def run(act: Callable[[], Value]) -> Value:
        answer = once(act)
        if next(calls) % SAMPLED_EVERY == 0 and once(act) != answer:
            raise fault("it gave two answers to one question: it must depend on its arguments only")
        return answer

    return run
