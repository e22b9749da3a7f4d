"""What a plugin's lowering does wrong while a rule set is read carries its name, the type and the rule."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import PluginError, RulesError
from loyalty_rules.sdk import NUMBER, Form, Formula, Opaque, Quantity, Term
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.loading import check_text, load_text
from tests.plugins.samples import (
    GIFT,
    gift,
    one_point,
    opaque,
    purchase,
    registry,
    rules,
    seven,
)

Lower = Callable[[Form], object]


def changed(**fields: object) -> Lower:
    """A lowering that is right but for some fields of its award."""
    return lambda form: (replace(one_point(form)[0], **fields),)  # type: ignore[arg-type]


def counting(**fields: object) -> Lower:
    """A lowering with a quantity that is right but for some of its fields."""
    right = Quantity((Term(Fraction(1), "amount"),), Fraction(100))
    return changed(quantity=replace(right, **fields))  # type: ignore[arg-type]


def endless(form: Form) -> object:
    return endless(form)


def raising(error: BaseException) -> Lower:
    def lower(form: Form) -> object:
        raise error

    return lower


LOWERINGS: dict[str, tuple[Lower, str]] = {
    "an error": (raising(KeyError("x")), "it failed: KeyError"),
    "an exit": (raising(SystemExit()), "it failed: SystemExit"),
    "no memory": (raising(MemoryError()), "it failed: MemoryError"),
    "a recursion": (endless, "it failed: RecursionError"),
    "nothing": (lambda form: None, "a tuple of awards, or one opaque"),
    "a list": (lambda form: list(one_point(form)), "a tuple of awards, or one opaque"),
    "rubbish in a tuple": (lambda form: ("ten",), "a tuple of awards, or one opaque"),
    "a key that is not there": (lambda form: form.finite("gone"), "a tuple of awards"),
    "a role of its own": (changed(role="gift"), "`award.role` must be one of `points`"),
    "opaque by the back door": (changed(role="opaque"), "returned as `Opaque`"),
    "a program of its own": (changed(program="mine"), "`mine` is not a points program"),
    "no program": (changed(program=None), "`award.program` must be of type str"),
    "a rate that is a number": (changed(rate=3), "`award.rate` must be of type Formula"),
    "a rate made by hand": (changed(rate=Formula(-1, "3", NUMBER, "3")), "must come from the form"),
    "a float": (changed(factor=0.5), "`award.factor` must be of type Fraction, not `0.5`"),
    "a negative factor": (changed(factor=Fraction(-1)), "must not be below zero"),
    "a float in a quantity": (counting(per=1.0), "`award.quantity.per` must be of type Fraction"),
    "a step of nothing": (counting(per=Fraction(0)), "`per` above zero"),
    "a minimum below zero": (counting(at_least=Fraction(-1)), "`at_least` not below it"),
    "a list of terms": (counting(of=[Term(Fraction(1), "amount")]), "must be a tuple"),
    "a source of its own": (
        counting(of=(Term(Fraction(1), "weight"),)),  # type: ignore[arg-type]
        r"`award.quantity.of\[0\].source` must be one of",
    ),
    "a sum of nothing": (counting(of=(Term(Fraction(1), "sum_of"),)), "needs a formula"),
    "another's basis": (counting(of=(Term(Fraction(1), "eligible", "mine"),)), "`mine` is not"),
    "another's steps": (counting(carried="club.carried"), "not a figure of this program"),
}


@pytest.mark.parametrize("case", LOWERINGS)
def test_a_lowering_s_mistake_names_plugin_type_and_rule(case: str) -> None:
    lower, told = LOWERINGS[case]
    with pytest.raises(PluginError, match=told) as caught:
        rules(GIFT, gift(lower))
    error = caught.value
    assert (error.plugin, error.hook, error.rule) == ("pebble", "lower of `pebble.gift`", "gift")
    assert rules(GIFT, gift(one_point)).decide(purchase()).points["points"] == 1


OPAQUES: dict[str, tuple[dict[str, object], str]] = {
    "no function": ({"give": 7}, "`give` must be a function"),
    "no bound": ({"at_most": None}, "whole points from 0 to 10"),
    "a bound that is true": ({"at_most": True}, "whole points from 0 to 10"),
    "a float as bound": ({"at_most": 10.0}, "whole points from 0 to 10"),
    "a bound below zero": ({"at_most": -1}, "whole points from 0 to 10"),
    "no text": ({"text": ""}, "`text` must say"),
    "one name": ({"reads": "order.total"}, "`reads` must be a tuple"),
    "a name twice": ({"reads": ("amount", "amount")}, "names a fact twice"),
    "parameters that are none": ({"parameters": None}, "`parameters` must be a map"),
    "a float as parameter": ({"parameters": {"rate": 0.1}}, "parameter `rate` must be exact"),
    "a list as parameter": ({"parameters": {"ids": []}}, "parameter `ids` must be exact"),
    "a hidden list": ({"parameters": {"ids": ((1, []),)}}, "parameter `ids` must be exact"),
    "a program of its own": ({"program": "mine"}, "`mine` is not a points program"),
    "no program": ({"program": None}, "`program` must be the id"),
}


@pytest.mark.parametrize("case", OPAQUES)
def test_an_opaque_s_mistake_names_plugin_type_and_rule(case: str) -> None:
    fields, told = OPAQUES[case]
    with pytest.raises(PluginError, match=told) as caught:
        rules(GIFT, opaque(seven, **fields))
    assert (caught.value.hook, caught.value.rule) == ("lower of `pebble.gift`", "gift")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("order.totl", "unknown name `order.totl`"),
        ("order.total * 2", "which is not the name of a fact"),
        ("item.sku", "`item.sku`"),
        ('within(orders, "30 days")', "30 days"),
    ],
)
def test_a_fact_that_no_plugin_can_read_is_a_diagnostic_at_the_give(name: str, told: str) -> None:
    found = check_text(GIFT.encode(), "rules.yaml", registry(opaque(seven, reads=(name,))))
    assert found.rules is None
    assert [told in one.message for one in found.diagnostics] == [True]
    assert found.diagnostics[0].span is not None
    assert found.diagnostics[0].span.line == 12


def test_a_designer_s_mistake_stays_his_even_where_a_plugin_stumbles_over_it() -> None:
    """The stand-ins for what he got wrong are no fault of the plugin."""
    text = GIFT.replace("program: points}", "program: pionts}")
    with pytest.raises(RulesError, match="unknown program `pionts`"):
        rules(text, gift(one_point))
    with pytest.raises(RulesError, match="unknown program `pionts`"):
        rules(text, opaque(seven))


def test_a_type_of_a_plugin_that_is_not_allowed_is_a_diagnostic_with_its_cure() -> None:
    with pytest.raises(RulesError) as caught:
        load_text(GIFT, Registry.builtin())
    (found,) = caught.value.diagnostics
    assert found.code == "LR401"
    assert found.help == (
        "allow it by name: `--plugin pebble` for a command, "
        '`Registry.builtin().discover(allow=["pebble"])` in Python'
    )


def test_two_gifts_that_differ_in_their_bound_only_are_two() -> None:
    def lower(form: Form) -> Opaque:
        bound = 5 if form.name == "gift" else 9
        return Opaque("points", lambda p, f: bound, {}, (), bound, "its bound")

    second = (
        "\n  - id: second\n    event: purchase\n    give: {type: pebble.gift, program: points}\n"
    )
    assert rules(GIFT + second, gift(lower)).decide(purchase()).points["points"] == 14
