"""The hooks of a plugin. All are called once, when a registry is built; never while an event is decided."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from loyalty_rules.base.period import Calendar
from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.sdk.types import FunctionType, ProgramType, RewardType

PROJECT = "loyalty_rules"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def loyalty_reward_types() -> Iterable[RewardType]:
    """Return the reward types (kinds of ``give``) that this plugin adds.

    Each name is ``<plugin>.<name>`` and must be new: a clash stops the load and names both plugins.
    """
    raise NotImplementedError


@hookspec
def loyalty_program_types() -> Iterable[ProgramType]:
    """Return the program types that this plugin adds, named ``<plugin>.<name>``.

    A program type lowers to lot accounts, counters, level tables and rules; it never changes a state.
    """
    raise NotImplementedError


@hookspec
def loyalty_functions() -> Iterable[FunctionType]:
    """Return the functions that this plugin adds to expressions, named ``<plugin>_<name>``.

    A function is pure and typed: same arguments, same result; no clock, no network, no float.
    """
    raise NotImplementedError


@hookspec
def loyalty_event_kinds() -> Iterable[EventKind]:
    """Return the kinds of events that this plugin adds; a rule names them under ``event:``."""
    raise NotImplementedError


@hookspec
def loyalty_calendars() -> Iterable[Calendar]:
    """Return the calendars that this plugin adds; a rule set names one under ``calendar:``."""
    raise NotImplementedError
