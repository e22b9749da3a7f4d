"""The kit finds what a host would hold against a plugin."""

from __future__ import annotations

from fractions import Fraction
from itertools import count
from typing import Any, cast

import pytest

from loyalty_rules.sdk import (
    NUMBER,
    TEXT,
    Award,
    Declared,
    Form,
    FunctionType,
    Quantity,
    RewardType,
)
from loyalty_rules.testing import check_plugin
from tests.plugins.samples import (
    GIFT,
    HEAD,
    PROGRAM_SCHEMA,
    Plugin,
    function,
    gift,
    nothing,
    one_point,
    opaque,
    program,
    seven,
)

EVENT: dict[str, object] = {
    "id": "p-1",
    "type": "purchase",
    "member": "m-1",
    "occurred_at": "2026-03-02T12:00:00Z",
    "currency": "EUR",
    "lines": [{"id": "1", "quantity": 1, "amount": "50.00"}],
}
TURNS = count()


def faults(plugin: object, rules: str = GIFT, event: dict[str, object] = EVENT) -> tuple[str, ...]:
    return check_plugin(plugin, "pebble", [rules], [event])


@pytest.mark.parametrize("plugin", [gift(one_point), opaque(seven)], ids=["award", "opaque"])
def test_a_plugin_without_mistakes_gets_no_remarks(plugin: object) -> None:
    assert faults(plugin) == ()


def test_functions_and_programs_without_mistakes_get_no_remarks() -> None:
    assert check_plugin(function(lambda n: n * 2 if abs(n) < 10**9 else None), "pebble") == ()
    text = HEAD + "  club: {type: pebble.club}\n"
    assert faults(program(lambda form: Declared(), nothing), text) == ()


def turning(form: Form) -> tuple[Award, ...]:
    return (Award("bonus", form.program(), form.constant(Fraction(next(TURNS)))),)


def turning_summary() -> Plugin:
    return Plugin(
        loyalty_reward_types=lambda: [
            RewardType("pebble.gift", f"gift {next(TURNS)}", PROGRAM_SCHEMA, one_point)
        ]
    )


def unknown_fails(parameters: object, facts: dict[str, int]) -> int:
    return facts["order.total"] // 1000


SHORT = {**PROGRAM_SCHEMA, "required": "program"}
CASES: dict[str, tuple[object, str]] = {
    "names": (gift(one_point, "beach.gift"), "`beach.gift` must begin with `pebble.`"),
    "hooks": (turning_summary(), "its hooks do not return the same each time"),
    "schema": (
        Plugin(loyalty_reward_types=lambda: [RewardType("pebble.gift", "g", SHORT, one_point)]),
        "the schema of `pebble.gift`: 'program' is not of type 'array'",
    ),
    "lowering": (gift(turning), "rule set 1: it is not lowered to the same parts each time"),
    "a float in a lowering": (
        gift(lambda form: (Award("bonus", "points", form.constant(0.5)),)),  # type: ignore[arg-type]
        "it failed",
    ),
    "unknown": (opaque(unknown_fails), "with `order.total` unknown: it failed: TypeError"),
    "bounds": (
        opaque(lambda p, f: (f["order.total"] or 0) // 1000),
        "with `order.total` 1000000000000000: 1000000000000 points are outside",
    ),
    "other answers": (opaque(lambda p, f: next(TURNS) % 9), "it gave two answers to one question"),
    "floats": (opaque(lambda p, f: 7.0), "it must return whole points, not `7.0`"),
    "mutation": (opaque(lambda p, f: f.update(x=1)), "it failed: AttributeError"),
    "no gift": (
        gift(lambda form: ()),
        "no event of these tests makes `pebble.gift` give something",
    ),
    "a function's float": (
        function(lambda n: float(n)),
        "`pebble_call(0)`: it must return a value of kind `number`, not `0.0`",
    ),
    "a function's failure": (
        function(lambda n: 1 // n),
        "`pebble_call(0)`: it failed: ZeroDivision",
    ),
    "a function's size": (function(lambda n: n**3), "`pebble_call(1000000000000000)`: it must"),
    "a function's turns": (function(lambda n: next(TURNS)), "it gave two answers"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_kit_says_what_is_wrong(case: str) -> None:
    plugin, told = CASES[case]
    found = faults(plugin) if "function" not in case else check_plugin(plugin, "pebble")
    assert [text for text in found if told in text] != [], found


def test_a_type_that_no_rule_set_uses_is_not_tested() -> None:
    assert check_plugin(gift(one_point), "pebble") == (
        "no rule set of these tests uses `pebble.gift`",
    )


def test_mistakes_of_the_examples_themselves_are_told() -> None:
    assert "unknown program `pionts`" in faults(
        gift(one_point), GIFT.replace("program: points}", "program: pionts}")
    )[0]  # fmt: skip
    assert "`lines`" in faults(gift(one_point), event={**EVENT, "lines": 5})[0]
    refused = faults(gift(one_point), event={**EVENT, "currency": "USD"})
    assert refused[0].startswith("rule set 1: event `p-1` is refused: other_currency")


def test_every_argument_kind_of_a_function_is_tried() -> None:
    seen: set[object] = set()

    def note(text: str, number: object) -> None:
        seen.add((type(text), type(number)))

    offer = FunctionType("pebble_f", "f", (TEXT, NUMBER), NUMBER, note)
    assert check_plugin(Plugin(loyalty_functions=lambda: [offer]), "pebble") == ()
    assert seen == {(str, int), (str, Fraction)}


@pytest.mark.parametrize(
    ("rules", "events", "told"),
    [
        pytest.param(GIFT, [EVENT], "`rules` is a list of texts", id="a text of rules"),
        pytest.param([GIFT], EVENT, "`events` is a list of events", id="one event"),
        pytest.param([GIFT], ["p-1"], "`events` is a list of events", id="ids of events"),
    ],
)
def test_what_the_kit_cannot_try_is_told_once(rules: Any, events: Any, told: str) -> None:
    [fault] = check_plugin(gift(one_point), "pebble", rules, events)
    assert fault.startswith(told)


def test_a_format_that_the_language_does_not_have_is_no_schema() -> None:
    schema = {**PROGRAM_SCHEMA, "properties": {"program": {"format": "lr-idd"}}}
    plugin = Plugin(
        loyalty_reward_types=lambda: [RewardType("pebble.gift", "a gift", schema, one_point)]
    )
    assert "`lr-idd` is not a format of the language: did you mean `lr-id`?" in faults(plugin)[0]


def test_a_constant_is_exact_and_a_quantity_of_the_plugin_s_own_is_checked() -> None:
    def inexact(form: Form) -> tuple[Award, ...]:
        return (Award("bonus", form.program(), form.constant(cast(Fraction, 1.5))),)

    def misspelt(form: Form) -> tuple[Award, ...]:
        program = form.program()
        of = form.linear("of", default=f"{program}.eligable")
        return (Award("bonus", program, form.constant(Fraction(1)), Quantity(of, Fraction(1))),)

    assert "a constant is an `int` or a `Fraction`" in faults(gift(inexact))[0]
    assert "unknown name `points.eligable`" in faults(gift(misspelt))[0]
