"""The registry: which program types, reward types, functions, event kinds and calendars a host allows.

A registry is a value: adding plugins makes a new one. pluggy works here, once, and nowhere else.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

import pluggy

from loyalty_rules.base.period import Calendar
from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.sdk import hooks
from loyalty_rules.sdk.calendar_guard import GuardedCalendar, calendar_fault
from loyalty_rules.sdk.containment import contained, shown
from loyalty_rules.sdk.hook_faults import hook_fault
from loyalty_rules.sdk.offers import PLUGIN_NAME, name_fault, offer_fault
from loyalty_rules.sdk.types import FunctionType, ProgramType, RewardType

ENTRY_POINT_GROUP: Final = "loyalty_rules"
BUILT_IN: Final = "loyalty-rules"
BUILT_IN_MODULES: Final = (
    "loyalty_rules.builtin.points",
    "loyalty_rules.builtin.tiers",
    "loyalty_rules.builtin.spend",
    "loyalty_rules.builtin.challenge",
    "loyalty_rules.builtin.partner",
    "loyalty_rules.builtin.membership",
    "loyalty_rules.builtin.raffle",
    "loyalty_rules.builtin.referral",
    "loyalty_rules.builtin.coupon",
    "loyalty_rules.builtin.rewards",
    "loyalty_rules.builtin.benefits",
    "loyalty_rules.builtin.events",
    "loyalty_rules.builtin.calendars",
    "loyalty_rules.builtin.jalali",
)

VERSION_MAX: Final = 100

Offer = TypeVar("Offer")


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that a registry holds, by the name that its types begin with."""

    name: str
    version: str


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


def _no_owners() -> Mapping[tuple[str, str], str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Registry:
    """What rule sets may name. Immutable; two registries may live in one process.

    >>> sorted(Registry.builtin().program_types)
    ['challenge', 'coupon', 'membership', 'partner', 'points', 'raffle', 'referral', 'spend', 'tiers']
    """

    plugins: tuple[Plugin, ...] = ()
    reward_types: Mapping[str, RewardType] = field(default_factory=_empty, repr=False)
    program_types: Mapping[str, ProgramType] = field(default_factory=_empty, repr=False)
    functions: Mapping[str, FunctionType] = field(default_factory=_empty, repr=False)
    event_kinds: Mapping[str, EventKind] = field(default_factory=_empty, repr=False)
    calendars: Mapping[str, Calendar] = field(default_factory=_empty, repr=False)
    owners: Mapping[tuple[str, str], str] = field(default_factory=_no_owners, repr=False)

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
        if isinstance(allow, str):
            raise PluginError(allow, "discover", "", f"`allow` is a list of names: `[{allow!r}]`")
        if not isinstance(allow, Iterable):
            raise PluginError("", "discover", "", "`allow` is a list of names; `[]` allows none")
        installed = _installed()
        registry = self
        for name in sorted(set(allow)):
            point = _only(name, installed)
            plugin = contained(point.load, partial(PluginError, name, "discover", ""))
            registry = registry._with(name, _version(point), plugin)
        return registry

    def with_plugins(self, **plugins: object) -> Registry:
        """This registry and plugins at hand: modules or objects with hook implementations, by name.

        Errors: ``PluginError`` for a plugin that fails.
        """
        registry = self
        for name in sorted(plugins):
            version = contained(
                partial(_own_version, plugins[name]), partial(PluginError, name, "register", "")
            )
            registry = registry._with(name, version, plugins[name])
        return registry

    def without(self, names: Iterable[str]) -> Registry:
        """This registry as if the plugins of these names had never been there."""
        gone = set(names)

        def rest(hook: str, offers: Mapping[str, Offer]) -> Mapping[str, Offer]:
            kept = {name: one for name, one in offers.items() if self.owner(hook, name) not in gone}
            return MappingProxyType(kept)

        owners = {key: owner for key, owner in self.owners.items() if owner not in gone}
        return Registry(
            plugins=tuple(known for known in self.plugins if known.name not in gone),
            reward_types=rest("loyalty_reward_types", self.reward_types),
            program_types=rest("loyalty_program_types", self.program_types),
            functions=rest("loyalty_functions", self.functions),
            event_kinds=rest("loyalty_event_kinds", self.event_kinds),
            calendars=rest("loyalty_calendars", self.calendars),
            owners=MappingProxyType(owners),
        )

    def owner(self, hook: str, name: str) -> str:
        """The plugin that handed over ``name`` under a hook; `BUILT_IN` for what ships with us."""
        return self.owners.get((hook, name), BUILT_IN)

    def _with(self, name: str, version: str, plugin: object) -> Registry:
        fault = partial(PluginError, name, "register", "")
        if name != BUILT_IN and any(known.name == name for known in self.plugins):
            raise fault("a plugin of this name is there already")
        if name != BUILT_IN and not PLUGIN_NAME.fullmatch(name):
            raise fault("a name is a small letter, then small letters, digits and `_`, 40 at most")
        caller = _Caller(name, plugin, self)
        plugins = {*self.plugins, Plugin(name, version)} if name != BUILT_IN else set(self.plugins)
        return Registry(
            plugins=tuple(sorted(plugins, key=lambda known: known.name)),
            reward_types=caller.join(self.reward_types, "loyalty_reward_types", RewardType, "."),
            program_types=caller.join(
                self.program_types, "loyalty_program_types", ProgramType, "."
            ),
            functions=caller.join(self.functions, "loyalty_functions", FunctionType, "_"),
            event_kinds=caller.join(self.event_kinds, "loyalty_event_kinds", EventKind, "_"),
            calendars=caller.join_calendars(self.calendars),
            owners=MappingProxyType({**self.owners, **caller.owned}),
        )


class _Caller:
    """Calls the hooks of one plugin and lets none of its mistakes through unnamed."""

    def __init__(self, name: str, plugin: object, registry: Registry) -> None:
        self._name = name
        self._registry = registry
        self._is_built_in = name == BUILT_IN
        self.owned: dict[tuple[str, str], str] = {}
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        fault = partial(self._fault, "register")
        if (reason := contained(partial(hook_fault, plugin), fault)) is not None:
            raise fault(reason)
        contained(lambda: self._manager.register(plugin), fault)
        contained(self._manager.check_pending, fault)
        if not self._manager.get_hookcallers(plugin):
            raise fault("it has no hook: mark its functions with `@hookimpl`")

    def join(
        self, known: Mapping[str, Offer], hook: str, kind: type[Offer], joint: str
    ) -> Mapping[str, Offer]:
        """The offers known so far and what this plugin adds under ``hook``."""
        joined = dict(known)
        for offer in self._offers(hook):
            if type(offer) is not kind:
                raise self._fault(hook, f"`{shown(offer)}` is not what this hook returns")
            name = self._claim(hook, getattr(offer, "name", None), joint, joined)
            reason = None if self._is_built_in else offer_fault(offer)
            if reason is not None:
                raise self._fault(hook, reason)
            joined[name] = offer
        return MappingProxyType(joined)

    def join_calendars(self, known: Mapping[str, Calendar]) -> Mapping[str, Calendar]:
        """The calendars known so far and those of this plugin, each behind its guard."""
        hook, joined = "loyalty_calendars", dict(known)
        for offer in self._offers(hook):
            fault = partial(self._fault, hook)
            if (reason := contained(partial(calendar_fault, offer), fault)) is not None:
                raise fault(f"`{shown(offer)}` is not what this hook returns: {reason}")
            calendar = cast(Calendar, offer)
            name = self._claim(
                hook, contained(partial(getattr, calendar, "name", None), fault), "_", joined
            )
            joined[name] = (
                calendar if self._is_built_in else GuardedCalendar(name, self._name, calendar)
            )
        return MappingProxyType(joined)

    def _offers(self, hook: str) -> list[object]:
        """Everything that the plugin returns under a hook. pluggy drops a ``None``, so it is counted."""
        caller = getattr(self._manager.hook, hook)
        fault = partial(self._fault, hook)
        given = contained(caller, fault)
        for one in given:
            if not isinstance(one, Iterable):
                raise fault(f"it returned `{shown(one)}`: return a list")
        answers = contained(lambda: [list(some) for some in given], fault)
        expected = [one for one in caller.get_hookimpls() if not (one.wrapper or one.hookwrapper)]
        if len(answers) < len(expected):
            raise fault("it returned nothing: return a list")
        return [offer for answer in answers for offer in answer]

    def _claim(self, hook: str, name: object, joint: str, taken: Mapping[str, object]) -> str:
        if type(name) is not str:
            raise self._fault(hook, f"`{shown(name)}` is not a name")
        begin = "" if self._is_built_in else f"{self._name}{joint}"
        if (reason := name_fault(name, begin)) is not None and not self._is_built_in:
            raise self._fault(hook, reason)
        owner = self.owned.get((hook, name)) or self._registry.owner(hook, name)
        if name in taken:
            raise self._fault(hook, f"`{name}` is taken already, by plugin `{owner}`")
        self.owned[hook, name] = self._name
        return name

    def _fault(self, hook: str, reason: str) -> PluginError:
        return PluginError(self._name, hook, "", reason)


def _own_version(plugin: object) -> str:
    return str(getattr(plugin, "__version__", ""))[:VERSION_MAX]


def _version(point: EntryPoint) -> str:
    return point.dist.version if point.dist is not None else ""


def _installed() -> dict[str, list[EntryPoint]]:
    """Entry points of our group by name; finding them imports nothing."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        found.setdefault(point.name, []).append(point)
    return found


def _only(name: str, installed: Mapping[str, list[EntryPoint]]) -> EntryPoint:
    """The one installed plugin of a name."""
    fault = partial(PluginError, name, "discover", "")
    if name not in installed:
        choice = did_you_mean(name, installed) if installed else "no plugin is installed"
        raise fault(f"no installed plugin has this name: {choice}")
    points = {point.value: point for point in installed[name]}
    if len(points) > 1:
        both = " and ".join(f"`{value}`" for value in sorted(points))
        raise fault(f"two installed packages have a plugin of this name: {both}")
    return next(iter(points.values()))
