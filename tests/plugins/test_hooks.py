"""A plugin's mistakes while a registry is built: each is an error that names plugin and hook."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import NoReturn

import pytest

from loyalty_rules.domain.errors import PluginError
from loyalty_rules.sdk import NUMBER, TEXT, Field, FunctionType, Kind
from loyalty_rules.sdk import hooks as specs
from tests.plugins.samples import Plugin, gift, kind, one_point, registry, reward

HOOKS = sorted(name for name in vars(specs) if name.startswith("loyalty_"))


def no_offers() -> list[object]:
    return []


def failing(error: BaseException) -> Callable[[], object]:
    def hook() -> NoReturn:
        raise error

    return hook


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


class Unshowable:
    def __repr__(self) -> str:
        raise RecursionError


def endless() -> object:
    return endless()


def half_way() -> object:
    yield reward()
    raise MemoryError


HOOK_MISTAKES = {
    "an error": (failing(ValueError("no stones")), "it failed: ValueError: no stones"),
    "an exit": (failing(SystemExit(1)), "it failed: SystemExit: 1"),
    "no memory": (failing(MemoryError()), "it failed: MemoryError"),
    "a recursion": (endless, "it failed: RecursionError: maximum recursion"),
    "half way": (half_way, "it failed: MemoryError"),
    "a strange error": (failing(UnspeakableError()), "it failed: UnspeakableError"),
    "an escape": (failing(ValueError("\x1b[31mred")), r"ValueError: \\x1b\[31mred"),
    "nothing": (lambda: None, "it returned nothing: return a list"),
    "a number": (lambda: 5, "it returned `5`: return a list"),
    "text": (lambda: "ab", "`'a'` is not what this hook returns"),
    "one offer": (reward, "it returned `RewardType"),
    "a strange thing": (lambda: [Unshowable()], "`Unshowable` is not what this hook returns"),
    "another hook's": (lambda: [kind()], "is not what this hook returns"),
    "another's name": (lambda: [reward(name="beach.gift")], "`beach.gift` must begin with"),
    "a plain name": (lambda: [reward(name="points")], "`points` must begin with `pebble.`"),
    "no name": (lambda: [reward(name="pebble.")], "small letters, digits"),
    "a strange name": (lambda: [reward(name="pebble.Gift!")], "small letters, digits"),
    "a number as name": (lambda: [reward(name=7)], "`7` is not a name"),
    "no lowering": (lambda: [reward(lower=None)], "needs functions"),
    "no summary": (lambda: [reward(summary=" ")], "needs a summary"),
    "no schema": (lambda: [reward(schema=None)], '"type": "object"'),
    "a list's schema": (lambda: [reward(schema={"type": "array"})], '"type": "object"'),
    "a remote schema": (
        lambda: [reward(schema={"type": "object", "$ref": "https://example.org/x"})],
        "outside of the rule set",
    ),
}


@pytest.mark.parametrize("case", HOOK_MISTAKES)
def test_a_hook_s_mistake_is_an_error_that_names_plugin_and_hook(case: str) -> None:
    hook, told = HOOK_MISTAKES[case]
    with pytest.raises(PluginError, match=told) as caught:
        registry(Plugin(loyalty_reward_types=hook))
    assert (caught.value.plugin, caught.value.hook) == ("pebble", "loyalty_reward_types")
    assert registry(gift(one_point)).plugins, "the host goes on"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_guarded(hook: str) -> None:
    with pytest.raises(PluginError) as caught:
        registry(Plugin(**{hook: failing(SystemExit(2))}))
    assert (caught.value.plugin, caught.value.hook) == ("pebble", hook)


def test_a_hook_returns_offers_of_its_own_sort_even_if_empty() -> None:
    assert registry(Plugin(loyalty_reward_types=no_offers)).plugins[0].name == "pebble"


OFFER_MISTAKES: dict[str, tuple[str, object, str]] = {
    "function without kinds": (
        "loyalty_functions",
        FunctionType("pebble_f", "f", [NUMBER], NUMBER, lambda n: n),  # type: ignore[arg-type]
        "tuple of kinds",
    ),
    "function that returns a level": (
        "loyalty_functions",
        FunctionType("pebble_f", "f", (), Kind("level"), lambda: 1),
        "cannot return a level",
    ),
    "function without function": (
        "loyalty_functions",
        FunctionType("pebble_f", "f", (), NUMBER, 3),  # type: ignore[arg-type]
        "needs a function",
    ),
    "event of an order": ("loyalty_event_kinds", kind(about="order"), "about a member"),
    "event out of order": ("loyalty_event_kinds", kind(rank=99), "rank 40"),
    "field without kind": ("loyalty_event_kinds", kind(fields=("where",)), "field that is none"),
    "field nobody can write": (
        "loyalty_event_kinds",
        kind(fields=(Field("Where?", TEXT),)),
        "no rule can write",
    ),
    "field twice": (
        "loyalty_event_kinds",
        kind(fields=(Field("a", TEXT), Field("a", TEXT))),
        "two fields",
    ),
    "half a calendar": (
        "loyalty_calendars",
        SimpleNamespace(name="pebble_days", parse=int),
        "needs `write`",
    ),
}


@pytest.mark.parametrize("case", OFFER_MISTAKES)
def test_an_offer_s_mistake_is_an_error_that_names_it(case: str) -> None:
    hook, offer, told = OFFER_MISTAKES[case]
    with pytest.raises(PluginError, match=told) as caught:
        registry(Plugin(**{hook: lambda: [offer]}))
    assert caught.value.hook == hook


def test_a_module_without_hooks_or_with_wrong_ones_is_no_plugin() -> None:
    with pytest.raises(PluginError, match="it has no hook"):
        registry(ModuleType("empty"))
    with pytest.raises(PluginError, match="is no hook: did you mean `loyalty_reward_types`"):
        registry(Plugin(loyalty_reward_type=no_offers))
    with pytest.raises(PluginError, match="called without arguments, and must take none"):
        registry(Plugin(loyalty_reward_types=lambda surprise: no_offers()))  # type: ignore[misc,arg-type]


def test_a_hook_that_is_not_marked_is_told_though_others_are() -> None:
    module = ModuleType("pebble")
    unmarked = {"loyalty_reward_types": lambda: no_offers()}
    vars(module).update(loyalty_functions=specs.hookimpl(no_offers), **unmarked)
    with pytest.raises(
        PluginError, match="`loyalty_reward_types` is not marked: write `@hookimpl`"
    ):
        registry(module)
