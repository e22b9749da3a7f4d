"""Plugin functions behind a guard: whatever goes wrong in them becomes a ``PluginError`` that names them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import count
from types import MappingProxyType
from typing import Final

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.engine.plan import Code, Facts
from loyalty_rules.sdk import FunctionType
from loyalty_rules.sdk.types import OpaqueCall

SAMPLED_EVERY: Final = 64
"""One call of so many is made twice, to catch a function whose answer is not the same each time."""

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "number": (int, Fraction),
    "money": (int, Fraction),
    "points": (int, Fraction),
    "text": (str,),
    "boolean": (bool,),
    "day": (int,),
    "duration": (str,),
    "list": (tuple,),
    "level": (int,),
}


def guarded_award(call: OpaqueCall) -> Code:
    """The code of an opaque award: whole points from 0 to its bound, or a ``PluginError``."""
    opaque = call.opaque
    parameters = MappingProxyType(dict(opaque.parameters))

    def fault(reason: str) -> PluginError:
        return PluginError(call.type.split(".")[0], f"give of `{call.type}`", call.rule, reason)

    def give(facts: Facts, row: Facts) -> Value:
        seen = MappingProxyType({name: facts[name] for name in opaque.reads})
        points = run(lambda: opaque.give(parameters, seen))
        if type(points) is not int:
            raise fault(f"it must return whole points, not `{points!r:.80}`")
        if not 0 <= points <= opaque.at_most:
            raise fault(f"{points} points are outside of its own bounds, 0 to {opaque.at_most}")
        return points

    run = _runner(fault)
    return give


def guarded_function(function: FunctionType) -> Callable[..., Value]:
    """A plugin's function for expressions: unknown in, unknown out; a value of its kind or an error."""

    def fault(reason: str) -> PluginError:
        return PluginError(function.name.split("_")[0], f"function `{function.name}`", "", reason)

    def call(*arguments: Value) -> Value:
        if None in arguments:
            return None
        result = run(lambda: function.call(*arguments))
        if result is not None and not _is_of(result, function.result):
            raise fault(
                f"it must return a value of kind `{function.result.name}`, not `{result!r:.80}`"
            )
        return result

    run = _runner(fault)
    return call


def _runner(fault: Callable[[str], PluginError]) -> Callable[[Callable[[], Value]], Value]:
    """Runs a plugin's code; counts calls and makes some of them twice."""
    calls = count()

    def once(act: Callable[[], Value]) -> Value:
        try:
            return act()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            raise fault(f"it failed: {type(error).__name__}: {error}") from error

    def run(act: Callable[[], Value]) -> Value:
        result = once(act)
        if next(calls) % SAMPLED_EVERY == 0 and once(act) != result:
            raise fault("it gave two answers to one question: it must depend on its arguments only")
        return result

    return run


def _is_of(value: Value, kind: Kind) -> bool:
    if isinstance(value, bool) and kind.name != "boolean":
        return False
    if not isinstance(value, _TYPES[kind.name]):
        return False
    return not kind.choices or kind.name == "level" or value in kind.choices
