"""Runs a plugin's code so that each of its mistakes becomes a ``PluginError`` that names the plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from loyalty_rules.base.screen import printable
from loyalty_rules.domain.errors import PluginError

Answer = TypeVar("Answer")
Fault = Callable[[str], PluginError]
"""Makes the error from one sentence; it knows the plugin, the hook and the rule."""

SHOWN_MAX: Final = 200
"""Characters of a plugin's own text that an error shows."""


def contained(act: Callable[[], Answer], fault: Fault) -> Answer:
    """What ``act`` returns.

    Errors: ``PluginError`` for whatever it raises, ``SystemExit``, ``RecursionError`` and ``MemoryError``
    too. A ``PluginError`` from within names its culprit already and passes; so does the user's Ctrl-C.
    """
    try:
        return act()
    except (PluginError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise fault(f"it failed: {described(error)}") from error


def described(error: BaseException) -> str:
    """The class and the text of an error; a text that cannot be had, or would not end, stays out."""
    text = _safely(error, str)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def shown(value: object) -> str:
    """A plugin's answer as an error may show it, whatever its ``repr`` does."""
    return _safely(value, repr) or type(value).__name__


def _safely(value: object, write: Callable[[object], str]) -> str:
    try:
        return printable(write(value)[:SHOWN_MAX])
    except KeyboardInterrupt:
        raise
    except BaseException:
        return ""
