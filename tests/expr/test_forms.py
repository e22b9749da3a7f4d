"""What a checked expression says of itself: terms, facts, figures, cost, canonical text, parts."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import cast

import pytest

from loyalty_rules.base.period import Window
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import MONEY, TEXT
from loyalty_rules.expr import RESERVED, Name, Tree, check, parts, python_source, to_python, unparse
from loyalty_rules.planner.witness import part_values, values
from tests.expr.setting import (
    FUNCTION_CALLS,
    ITEMS,
    TABLE_CALLS,
    WHEN,
    Facts,
    good,
    rows,
    run,
)
from tests.expr.trees import random_text


def test_a_linear_is_a_sum_of_exact_constants_times_sources() -> None:
    checked = good('0.5 * (amount - beans.eligible / 3) + 2 * within(spend, "month")', "linear")
    terms = [(term.factor, term.source, term.program, term.text) for term in checked.terms]
    assert terms == [
        (Fraction(1, 2), "amount", "", ""),
        (Fraction(-1, 6), "eligible", "beans", ""),
        (Fraction(2), "fact", "", 'within(spend, "month")'),
    ]
    assert checked.kind == MONEY


def test_the_terms_of_a_linear_add_up_to_its_own_value() -> None:
    text = "3 * event.score - sum_of(item.quantity) / 4 + 1.5"
    checked = good(text, "linear")
    lines: list[dict[str, Value]] = [{"quantity": 3}, {"quantity": Fraction(1, 2)}]
    facts = Facts({"event.score": 7, "~lines": rows(*lines)})
    total = Fraction(0)
    for term in checked.terms:
        (code,) = to_python([cast(Tree, term.tree)], {}, {})
        for line in lines if term.source == "sum_of" else [{}]:
            part = code(facts, line)
            assert isinstance(part, (int, Fraction))
            total += term.factor * part
    assert total == run(checked, facts)


def test_a_checked_expression_lists_what_it_reads() -> None:
    checked = good(
        'any_item(item.sku == event.store) and within(spend, "last 90 days") > 3 and big '
        'and flight_points("FRA", event.cabin) > 3 and skyline_miles(1, amount) > 2',
        "condition",
    )
    assert checked.facts == (
        "amount",
        "event.cabin",
        "event.store",
        "item.sku",
        "order.total",
        "within(spend, last 90 days)",
    )
    assert checked.figures == (("spend", Window("rolling", "days", 90)),)
    assert checked.tables == ("flight_points",)
    assert checked.functions == ("skyline_miles",)


def test_going_over_the_lines_weighs_more_than_anything_else() -> None:
    assert good("order.total > 1").cost == 3
    assert good("any_item(item.quantity > 1)").cost == 151
    assert good("any_item(item.quantity > 1) and order.total > 1").cost == 155


def test_an_expression_that_goes_over_the_lines_too_often_is_refused() -> None:
    text = " or ".join(f"any_item(item.quantity > {number})" for number in range(40))
    checked = check(text, WHEN, "condition")
    assert isinstance(checked, tuple)
    assert [problem.name for problem in checked] == ["expression_too_costly"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("order.total > 1 and " * 300 + "true", "expression_too_long"),
        ("(" * 51 + "event.gift" + ")" * 51, "expression_too_deep"),
        ("not " * 11 + "event.gift", "expression_too_deep"),
        ("+".join(["quantity"] * 202) + " > 3", "expression_too_deep"),
        ("+".join(["quantity"] * 70) + " > 3", "expression_too_deep"),
    ],
)
def test_what_nobody_can_review_is_refused(text: str, name: str) -> None:
    checked = check(text, WHEN, "condition")
    assert isinstance(checked, tuple)
    assert [problem.name for problem in checked] == [name]


@pytest.mark.property
def test_the_canonical_text_means_the_same_and_stays_as_it_is() -> None:
    random = Random(5)
    for number in range(400):
        row = number % 4 == 0
        text = random_text(random, row=row)
        scope = ITEMS if row else WHEN
        checked = good(text, "value", scope)
        canonical = unparse(checked.tree)
        again = good(canonical, "value", scope)
        assert unparse(again.tree) == canonical
        assert python_source([again.tree]) == python_source([checked.tree])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order.total>=50.00", "order.total >= 50"),
        ("(event.gift and big)", "event.gift and order.total >= 100"),
        ("10 <= order.total < 20", "10 <= order.total and order.total < 20"),
        ("order.total > 2 * 25", "order.total > 50"),
        ("event.store in ['a']", 'event.store in ["a"]'),
        ("order.total > 1_000", "order.total > 1000.0"),
    ],
)
def test_equal_meaning_in_another_spelling_has_one_canonical_text(one: str, other: str) -> None:
    assert unparse(good(one).tree) == unparse(good(other).tree)


def test_the_generated_module_is_the_same_under_every_hash_seed() -> None:
    program = (
        "from random import Random\n"
        "from loyalty_rules.expr import python_source\n"
        "from tests.expr.setting import good\n"
        "from tests.expr.trees import random_text\n"
        "random = Random(11)\n"
        "import hashlib\n"
        "trees = [good(random_text(random)).tree for _ in range(60)]\n"
        "print(hashlib.sha256(python_source(trees).encode()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(digests) == 1


def test_generated_code_has_no_builtins() -> None:
    (code,) = to_python([good("order.total > 1").tree], {}, {})
    assert code.__globals__["__builtins__"] == {}


def test_the_parts_of_a_condition_are_its_questions_with_their_places() -> None:
    text = 'order.total >= 50.00 and not (event.gift or any_item(item.sku == "a")) and big'
    shown = [(part.text, text[part.start : part.end]) for part in parts(good(text).tree)]
    assert shown == [
        ("order.total >= 50", "order.total >= 50.00"),
        ("event.gift", "event.gift"),
        ('any_item(item.sku == "a")', 'any_item(item.sku == "a")'),
        ("order.total >= 100", "big"),
    ]


def test_the_parts_have_values_and_so_has_what_they_read() -> None:
    tree = good('order.total / 2 >= 20 and event.store == "a" and known(event.score)').tree
    facts = Facts({"order.total": 4500, "event.store": "b"})
    assert values(tree, facts, {}, TABLE_CALLS, FUNCTION_CALLS) == (
        ("order.total / 2 >= 20", True),
        ('event.store == "a"', False),
        ("known(event.score)", False),
    )
    reads = [
        [(text, value) for text, value, _ in part.reads]
        for part in part_values(tree, facts, {}, TABLE_CALLS, FUNCTION_CALLS)
    ]
    assert reads == [
        [("order.total / 2", 2250), ("order.total", 4500)],
        [("event.store", "b")],
        [("event.score", None)],
    ]


def test_every_word_that_can_begin_an_expression_is_reserved() -> None:
    assert {"order", "item", "amount", "any_item", "within", "true", "and", "class"} <= RESERVED
    assert "beans" not in RESERVED and "gold" not in RESERVED


def test_in_a_filter_over_tenders_the_lines_are_other_rows() -> None:
    tender = Name("type", TEXT, "tender")
    scope = replace(WHEN, names={**WHEN.names, "tender.type": tender}, row="tender")
    assert good('tender.type == "card" and any_item(item.sku == "a")', "filter", scope)
    checked = check('any_item(tender.type == "card")', scope, "filter")
    assert isinstance(checked, tuple)
    assert [(problem.name, problem.start) for problem in checked] == [("name_not_here", 9)]


def test_a_part_of_a_define_within_a_define_stands_where_the_outer_one_is_named() -> None:
    inner = good("order.total > 7 and event.gift")
    outer = good(
        "known(event.score) or inner", "condition", replace(WHEN, defines={"inner": inner})
    )
    text = "order.number == 1 and outer"
    tree = good(text, "condition", replace(WHEN, defines={"outer": outer})).tree
    assert [text[part.start : part.end] for part in parts(tree)] == [
        "order.number == 1",
        "outer",
        "outer",
        "outer",
    ]
