"""What is wrong with the functions of a plugin that are hooks, or were meant to be, in its author's words."""

from __future__ import annotations

import inspect
from typing import Final

from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.sdk import hooks

HOOKS: Final = tuple(sorted(name for name in vars(hooks) if name.startswith("loyalty_")))
_MARK: Final = f"{hooks.PROJECT}_impl"


def hook_fault(plugin: object) -> str | None:
    """The first function of ``plugin`` that no host could call as a hook; None if there is none."""
    for name in dir(plugin):
        function = getattr(plugin, name, None)
        if not inspect.isroutine(function):
            continue
        is_marked = isinstance(getattr(function, _MARK, None), dict)
        if name in HOOKS and not is_marked:
            return f"`{name}` is not marked: write `@hookimpl` above it"
        if is_marked and name not in HOOKS:
            return f"`{name}` is no hook: {did_you_mean(name, HOOKS)}"
        if is_marked and any(map(_must_be_given, inspect.signature(function).parameters.values())):
            return f"`{name}` is called without arguments, and must take none"
    return None


def _must_be_given(one: inspect.Parameter) -> bool:
    return one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
