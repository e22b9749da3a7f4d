"""The registry: which program types, reward types, functions, event kinds and calendars a host allows.

A registry is a value: adding plugins makes a new one. pluggy works here, once, and nowhere else.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final, TypeVar

import pluggy

from loyalty_rules.base.period import Calendar
from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.sdk import hooks
from loyalty_rules.sdk.types import FunctionType, ProgramType, RewardType

ENTRY_POINT_GROUP: Final = "loyalty_rules"
BUILT_IN: Final = "loyalty-rules"
BUILT_IN_MODULES: Final = (
    "loyalty_rules.builtin.points",
    "loyalty_rules.builtin.tiers",
    "loyalty_rules.builtin.spend",
    "loyalty_rules.builtin.rewards",
    "loyalty_rules.builtin.events",
    "loyalty_rules.builtin.calendars",
)

Offer = TypeVar("Offer")


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that a registry holds, by the name that its types begin with."""

    name: str
    version: str


def _empty() -> Mapping[str, Offer]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Registry:
    """What rule sets may name. Immutable; two registries may live in one process.

    >>> sorted(Registry.builtin().program_types)
    ['points', 'spend', 'tiers']
    """

    plugins: tuple[Plugin, ...] = ()
    reward_types: Mapping[str, RewardType] = field(default_factory=_empty)
    program_types: Mapping[str, ProgramType] = field(default_factory=_empty)
    functions: Mapping[str, FunctionType] = field(default_factory=_empty)
    event_kinds: Mapping[str, EventKind] = field(default_factory=_empty)
    calendars: Mapping[str, Calendar] = field(default_factory=_empty)

    @classmethod
    def builtin(cls) -> Registry:
        """A registry of everything that ships with us, and nothing else."""
        registry = cls()
        for module in BUILT_IN_MODULES:
            registry = registry._with(BUILT_IN, "", importlib.import_module(module))
        return registry

    def discover(self, allow: Iterable[str]) -> Registry:
        """This registry and the installed plugins that are named in ``allow``.

        A plugin is an entry point of the group ``loyalty_rules``; nothing that is not named is imported.
        Errors: ``PluginError`` for a name that nothing installed has, and for a plugin that fails.
        """
        installed = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
        registry = self
        for name in sorted(set(allow)):
            if name not in installed:
                choice = did_you_mean(name, installed) if installed else "no plugin is installed"
                raise PluginError(
                    name, "discover", "", f"no installed plugin has this name: {choice}"
                )
            registry = registry._with(name, _version(installed[name]), _import(installed[name]))
        return registry

    def with_plugins(self, **plugins: object) -> Registry:
        """This registry and plugins at hand: modules or objects with hook implementations, by name."""
        registry = self
        for name in sorted(plugins):
            version = getattr(plugins[name], "__version__", "")
            registry = registry._with(name, str(version), plugins[name])
        return registry

    def _with(self, name: str, version: str, plugin: object) -> Registry:
        if name != BUILT_IN and any(known.name == name for known in self.plugins):
            raise PluginError(name, "register", "", "a plugin of this name is there already")
        caller = _Caller(name, plugin)
        plugins = {*self.plugins, Plugin(name, version)} if name != BUILT_IN else set(self.plugins)
        return Registry(
            plugins=tuple(sorted(plugins, key=lambda known: known.name)),
            reward_types=caller.join(self.reward_types, "loyalty_reward_types", RewardType, "."),
            program_types=caller.join(
                self.program_types, "loyalty_program_types", ProgramType, "."
            ),
            functions=caller.join(self.functions, "loyalty_functions", FunctionType, "_"),
            event_kinds=caller.join(self.event_kinds, "loyalty_event_kinds", EventKind, "_"),
            calendars=caller.join(self.calendars, "loyalty_calendars", object, "_"),
        )


class _Caller:
    """Calls the hooks of one plugin and lets none of its mistakes through unnamed."""

    def __init__(self, name: str, plugin: object) -> None:
        self._name = name
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        self._guard("register", lambda: self._manager.register(plugin))
        self._guard("register", self._manager.check_pending)

    def join(
        self, known: Mapping[str, Offer], hook: str, kind: type, joint: str
    ) -> Mapping[str, Offer]:
        """The offers known so far and what this plugin adds under ``hook``."""
        joined = dict(known)
        answers = self._guard(
            hook, lambda: [list(some) for some in getattr(self._manager.hook, hook)()]
        )
        for offer in (offer for answer in answers for offer in answer):
            name = getattr(offer, "name", None)
            if not isinstance(offer, kind) or not isinstance(name, str):
                raise self._fault(hook, f"`{offer!r:.80}` is not what this hook returns")
            if self._name != BUILT_IN and not name.startswith(f"{self._name}{joint}"):
                raise self._fault(hook, f"`{name}` must begin with `{self._name}{joint}`")
            if name in joined:
                raise self._fault(
                    hook, f"`{name}` is taken by another plugin: {self._owner(name, joint)}"
                )
            joined[name] = offer  # type: ignore[assignment]
        return MappingProxyType(joined)

    def _owner(self, name: str, joint: str) -> str:
        return name.split(joint)[0] if joint in name else BUILT_IN

    def _fault(self, hook: str, reason: str) -> PluginError:
        return PluginError(self._name, hook, "", reason)

    def _guard(self, hook: str, act: Callable[[], Offer]) -> Offer:
        try:
            return act()
        except PluginError:
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            raise self._fault(hook, f"it failed: {type(error).__name__}: {error}") from error


def _version(point: EntryPoint) -> str:
    return point.dist.version if point.dist is not None else ""


def _import(point: EntryPoint) -> object:
    try:
        return point.load()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        reason = f"it cannot be imported: {type(error).__name__}: {error}"
        raise PluginError(point.name, "discover", "", reason) from error
