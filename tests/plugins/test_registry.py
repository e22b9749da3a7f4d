"""The registry is a value, what ships goes through the same hooks, and what enters is checked by name."""

from __future__ import annotations

import importlib
from fractions import Fraction
from types import SimpleNamespace

import pytest

import loyalty_rules as lr
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.ruleset.answers import awards_type_fault
from loyalty_rules.ruleset.plugin_schemas import schema_fault
from loyalty_rules.sdk import (
    NUMBER,
    TEXT,
    Award,
    EventKind,
    Field,
    Form,
    FunctionType,
    ProgramType,
    RewardType,
    hookimpl,
)
from loyalty_rules.sdk import hooks as specs
from loyalty_rules.sdk import registry as registry_module
from loyalty_rules.sdk.offers import offer_fault
from loyalty_rules.service.loading import load_text
from tests.plugins.samples import (
    EMPTY_SCHEMA,
    GIFT,
    PROGRAM_SCHEMA,
    Plugin,
    function,
    gift,
    kind,
    nothing,
    one_point,
    purchase,
    registry,
    reward,
)

HOOKS = sorted(name for name in vars(specs) if name.startswith("loyalty_"))


def test_adding_a_plugin_makes_a_new_registry_and_leaves_the_old_one() -> None:
    before = lr.Registry.builtin()
    after = before.with_plugins(pebble=gift(one_point))
    assert "pebble.gift" not in before.reward_types
    assert "pebble.gift" in after.reward_types
    assert before.reward_types == lr.Registry.builtin().reward_types
    with pytest.raises(TypeError):
        after.reward_types["x"] = after.reward_types["points"]  # type: ignore[index]


def test_two_registries_in_one_process_mean_different_things_by_one_name() -> None:
    one = registry(gift(one_point))
    two = registry(gift(lambda form: one_point(form) * 3))
    points = [load_text(GIFT, r).decide(purchase()).points["points"] for r in (one, two, one)]
    assert points == [1, 3, 1]


def test_the_digest_of_a_rule_set_holds_the_versions_of_its_plugins() -> None:
    old, new = gift(one_point), gift(one_point)
    old.__version__, new.__version__ = "1.0", "2.0"  # type: ignore[attr-defined]
    digests = {load_text(GIFT, registry(one)).digest for one in (old, new, old)}
    assert len(digests) == 2


@pytest.mark.parametrize("name", registry_module.BUILT_IN_MODULES)
def test_what_ships_comes_through_the_hooks_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "BUILT_IN_MODULES", ())
    assert lr.Registry.builtin() == lr.Registry()
    monkeypatch.setattr(registry_module, "BUILT_IN_MODULES", (name,))
    alone = lr.Registry.builtin()
    module = importlib.import_module(name)
    offered = {
        offer.name for hook in HOOKS if hasattr(module, hook) for offer in getattr(module, hook)()
    }
    held = (
        alone.reward_types,
        alone.program_types,
        alone.functions,
        alone.event_kinds,
        alone.calendars,
    )
    assert offered
    assert {one for offers in held for one in offers} == offered


def test_the_types_that_ship_would_pass_as_a_stranger_s() -> None:
    shipped = lr.Registry.builtin()
    rewards, programs = shipped.reward_types.values(), shipped.program_types.values()
    assert {offer_fault(one) for one in (*rewards, *programs)} == {None}
    schemas = [*(one.schema for one in rewards), *(one.schema for one in programs)]
    assert {schema_fault(schema) for schema in schemas} == {None}
    rules = lr.load("rules/coffee-club/rules.yaml")
    awards = tuple(award for rule in rules.plan.model.rules for award in rule.awards)
    assert len(awards) > 8
    assert awards_type_fault(awards) is None


def test_a_copy_of_what_ships_may_be_a_plugin_under_its_own_name() -> None:
    module = importlib.import_module("loyalty_rules.builtin.rewards")
    copies = [
        RewardType(f"mine.{one.name}", one.summary, one.schema, one.lower)
        for one in module.loyalty_reward_types()
    ]
    copy = Plugin(loyalty_reward_types=lambda: copies)
    text = GIFT.replace("{type: pebble.gift, program: points}", "{type: mine.points, ...}")
    text = text.replace("...", "program: points, points: 1, per: 2.00")
    rules = load_text(text, lr.Registry.builtin().with_plugins(mine=copy))
    assert rules.decide(purchase("50.00")).points["points"] == 25


class Quarry:
    """Every hook, each with one offer."""

    __version__ = "3.1"

    @hookimpl
    def loyalty_reward_types(self) -> list[RewardType]:
        return [reward()]

    @hookimpl
    def loyalty_program_types(self) -> list[ProgramType]:
        return [ProgramType("pebble.club", "a club", EMPTY_SCHEMA, nothing, nothing)]  # type: ignore[arg-type]

    @hookimpl
    def loyalty_functions(self) -> list[FunctionType]:
        return [FunctionType("pebble_double", "twice", (NUMBER,), NUMBER, lambda n: 2 * n)]

    @hookimpl
    def loyalty_event_kinds(self) -> list[EventKind]:
        return [kind(fields=(Field("where", TEXT),))]

    @hookimpl
    def loyalty_calendars(self) -> list[object]:
        gregorian = lr.Registry.builtin().calendars["gregorian"]
        methods = {
            name: getattr(gregorian, name)
            for name in ("parse", "write", "box", "add_months", "parts")
        }
        return [SimpleNamespace(name="pebble_days", **methods)]


def test_every_hook_adds_its_offers() -> None:
    made, shipped = registry(Quarry()), lr.Registry.builtin()
    assert made.plugins == (registry_module.Plugin("pebble", "3.1"),)
    for held, before, added in (
        (made.reward_types, shipped.reward_types, "pebble.gift"),
        (made.program_types, shipped.program_types, "pebble.club"),
        (made.functions, shipped.functions, "pebble_double"),
        (made.event_kinds, shipped.event_kinds, "pebble_found"),
        (made.calendars, shipped.calendars, "pebble_days"),
    ):
        assert set(held) - set(before) == {added}


def test_a_rule_fires_on_a_plugin_s_event_and_reads_its_field() -> None:
    text = GIFT.replace("event: purchase", 'event: pebble_found\n    when: event.where == "beach"')
    text = text.replace("timezone: UTC", "timezone: UTC\ncalendar: pebble_days")
    rules = load_text(text, registry(Quarry()))
    found = {
        "id": "f-1",
        "type": "pebble_found",
        "member": "m-1",
        "occurred_at": "2026-03-02T12:00:00Z",
    }
    given = [
        rules.decide(lr.parse_event({**found, "where": where})).points["points"]
        for where in ("beach", "attic")
    ]
    assert given == [1, 0]


def test_names_belong_to_their_plugin() -> None:
    with pytest.raises(PluginError, match="`pebble_call` must begin with `sky_`"):
        lr.Registry.builtin().with_plugins(sky=function(abs))


def test_a_clash_names_both_plugins() -> None:
    def offering(name: str) -> Plugin:
        offer = FunctionType(name, "a function", (NUMBER,), NUMBER, lambda n: n)
        return Plugin(loyalty_functions=lambda: [offer])

    one = lr.Registry.builtin().with_plugins(sky=offering("sky_line_far"))
    with pytest.raises(PluginError) as caught:
        one.with_plugins(sky_line=offering("sky_line_far"))
    assert str(caught.value) == (
        "plugin `sky_line`, loyalty_functions: `sky_line_far` is taken already, by plugin `sky`"
    )


def test_a_clash_with_what_ships_or_with_oneself_is_told_too() -> None:
    cancelled = Plugin(loyalty_event_kinds=lambda: [kind(name="redemption_cancelled")])
    with pytest.raises(PluginError, match="taken already, by plugin `loyalty-rules`"):
        lr.Registry.builtin().with_plugins(redemption=cancelled)
    twice = Plugin(loyalty_reward_types=lambda: [reward(), reward()])
    with pytest.raises(PluginError, match="taken already, by plugin `pebble`"):
        registry(twice)
    with pytest.raises(PluginError, match="a plugin of this name is there already"):
        registry(gift(one_point)).with_plugins(pebble=gift(one_point))


@pytest.mark.parametrize("name", ["Pebble", "pebble-2", "2pebble", "pébble", "p" * 41, "_p", ""])
def test_the_name_of_a_plugin_can_be_written_in_a_rule_set(name: str) -> None:
    with pytest.raises(PluginError, match="small letter"):
        lr.Registry.builtin().with_plugins(**{name: gift(one_point, f"{name}.gift")})


def test_a_function_cannot_take_a_word_of_the_language() -> None:
    offer = FunctionType("any_item", "a function", (NUMBER,), NUMBER, lambda n: n)
    plugin = Plugin(loyalty_functions=lambda: [offer])
    with pytest.raises(PluginError, match="`any_item` is a word of the language"):
        lr.Registry.builtin().with_plugins(any=plugin)


SCHEMA_MISTAKES = {
    "no JSON Schema": ({"type": "object", "properties": 5}, "5 is not of type 'object'"),
    "a dangling reference": (
        {"type": "object", "properties": {"program": {"$ref": "#/$defs/nowhere"}}},
        "not a definition of the language",
    ),
    "definitions of its own": ({"type": "object", "$defs": {}}, "no `[$]defs`"),
    "a broken pattern": (
        {"type": "object", "properties": {"program": {"type": "string", "pattern": "("}}},
        "is not a pattern",
    ),
}


@pytest.mark.parametrize("case", SCHEMA_MISTAKES)
def test_a_schema_that_is_none_is_found_when_a_rule_set_is_read(case: str) -> None:
    schema, told = SCHEMA_MISTAKES[case]
    offers = [reward(schema=schema)]
    with pytest.raises(PluginError, match=told) as caught:
        load_text(GIFT, registry(Plugin(loyalty_reward_types=lambda: offers)))
    assert caught.value.plugin == "pebble"


def test_a_schema_may_say_more_than_our_own_check_knows() -> None:
    schema = {
        **PROGRAM_SCHEMA,
        "properties": {"program": {"not": {"const": "points"}}},
    }
    plugin = Plugin(loyalty_reward_types=lambda: [reward(schema=schema)])
    with pytest.raises(lr.RulesError, match="does not fit `not`"):
        load_text(GIFT, registry(plugin))


def test_a_rate_of_the_plugin_s_own_is_exact() -> None:
    def third(form: Form) -> tuple[Award, ...]:
        return (Award("bonus", form.program(), form.constant(Fraction(10, 3))),)

    rules = load_text(GIFT, registry(gift(third)))
    assert rules.decide(purchase()).trace[0].given[0].exact == Fraction(10, 3)


def test_a_registry_without_a_plugin_is_what_it_was_before_it() -> None:
    base = lr.Registry.builtin().with_plugins(pebble=gift(one_point))
    both = base.with_plugins(brook=function(abs, NUMBER, "brook_call"))
    assert "brook_call" in both.functions
    again = both.without(["brook"])
    assert again == base
    assert again.owner("loyalty_functions", "brook_call") == base.owner("loyalty_functions", "x")
    assert both.without(["nobody"]) == both
    assert both.without(["pebble", "brook"]).plugins == ()
    assert "pebble.gift" not in both.without(["pebble"]).reward_types
