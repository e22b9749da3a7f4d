"""What is cast from a mould is what a full check of the same text gives: tree, places, meaning and code."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules.expr import (
    Checked,
    Expect,
    Moulds,
    Scope,
    check,
    python_source,
    to_python,
    unparse,
    walk,
)
from loyalty_rules.expr.tree import Fact
from tests.expr.setting import FUNCTION_CALLS, ITEMS, TABLE_CALLS, WHEN
from tests.expr.trees import random_facts, random_line, random_text

_VALUE = re.compile(r"""(?<![\w.])[0-9]+(?:\.[0-9]+)?|"[^"]*"|'[^']*'""")
_NUMBERS = ("0", "1", "2", "7", "12", "0.5", "5.00", "100", "999999", "012", "1.2345678", "1_000")
_TEXTS = (
    "a",
    "beans",
    "gold",
    "it's",
    "economy",
    "2026-03-07",
    "in",
    "",
    "a, b",
    "last 9 days",
    "x\\\\y",
    "é",
)


def _varied(text: str, random: Random) -> str:
    """The text with some of its values replaced by others of their sort."""

    def other(match: re.Match[str]) -> str:
        if random.random() < 0.3:
            return match[0]
        return random.choice(_NUMBERS) if match[0][0].isdigit() else f'"{random.choice(_TEXTS)}"'

    return _VALUE.sub(other, text)


def _compare(moulds: Moulds, text: str, scope: Scope, expect: Expect) -> bool:
    """Whether the text was cast; either way it must be what a full check gives."""
    plain = check(text, scope, expect)
    found, made = moulds.check(text, scope, expect)
    assert repr(found) == repr(plain), text
    if made is None:
        return False
    assert isinstance(plain, Checked)
    assert made.meaning == unparse(plain.tree)
    assert python_source([made]) == python_source([plain.tree])
    assert made.mould.facts == {node.name for node in walk(plain.tree) if isinstance(node, Fact)}
    return True


def _run_alike(moulds: Moulds, text: str, scope: Scope, random: Random) -> None:
    found, made = moulds.check(text, scope, "value")
    if made is None or not isinstance(found, Checked):
        return
    codes = to_python([made, found.tree], TABLE_CALLS, FUNCTION_CALLS)
    facts, row = random_facts(random), random_line(random) if scope is ITEMS else {}
    cast, plain = (code(facts, row) for code in codes)
    assert type(cast) is type(plain) and cast == plain, text


@pytest.mark.property
@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_a_varied_expression_is_cast_as_it_would_be_checked(seed: int) -> None:
    random, moulds = Random(seed), Moulds()
    scope = ITEMS if random.random() < 0.25 else WHEN
    text = random_text(random, row=scope is ITEMS)
    for _ in range(6):
        _compare(moulds, text, scope, "value")
        _run_alike(moulds, text, scope, random)
        text = _varied(text, random)


@pytest.mark.property
def test_many_expressions_of_one_make_are_cast() -> None:
    """Else the test above would compare a full check with itself; not all, for many values are no values."""
    random, casts, texts = Random(7), 0, 0
    for _ in range(300):
        moulds, text = Moulds(), random_text(random)
        _compare(moulds, text, WHEN, "value")
        for _ in range(3):
            texts += 1
            casts += _compare(moulds, _varied(text, random), WHEN, "value")
    assert casts > 0.15 * texts, (casts, texts)


CAST = [
    pytest.param("order.total >= 5", "order.total >= 120.50", "condition", id="money in minor units"),
    pytest.param("beans.balance > 5", "beans.balance > 7.5", "condition", id="points as written"),
    pytest.param('event.store == "a"', 'event.store == "it\'s"', "condition", id="a text with a quote"),
    pytest.param("event.store == 'a'", 'event.store == \'say "x"\'', "condition", id="quotes to escape"),
    pytest.param('event.store in ["a", "b"]', 'event.store in ["cc", "d"]', "condition", id="a list"),
    pytest.param('has(member.segments, "a")', 'has(member.segments, "bb")', "condition", id="has"),
    pytest.param("1 < order.number < 5", "10 < order.number < 500", "condition", id="a chain"),
    pytest.param("big and order.number > 1", "big and order.number > 10", "condition", id="a define"),
    pytest.param("event.score == 1 or many", "event.score == 22 or many", "condition", id="or"),
    pytest.param("not event.score == 1", "not event.score == 22", "condition", id="not"),
    pytest.param('any_item(item.sku == "a") and 1 < amount', 'any_item(item.sku == "abc") and 1.00 < amount',
                 "condition", id="over lines"),
    pytest.param("5", "12.5", "finite", id="a rate"),
    pytest.param("order.number * 2 > 5", "order.number * 2 > 6", "condition", id="beside a fixed value"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "expect"), CAST)
def test_a_second_expression_of_one_make_is_cast(first: str, second: str, expect: Expect) -> None:
    moulds = Moulds()
    assert not _compare(moulds, first, WHEN, expect)
    assert _compare(moulds, second, WHEN, expect)
    assert _compare(moulds, first, WHEN, expect)


CHECKED = [
    pytest.param("order.total / 2 > 1", "order.total / 0 > 1", id="a divisor of zero"),
    pytest.param("order.number + 2 * 3 > 1", "order.number + 2 * 4 > 1", id="folded constants"),
    pytest.param('status.level >= "gold"', 'status.level >= "silver"', id="a level is a rank"),
    pytest.param('status.level >= "gold"', 'status.level >= "none"', id="no level at all"),
    pytest.param('event.cabin == "economy"', 'event.cabin == "first"', id="one of several choices"),
    pytest.param('member.joined < "2026-01-31"', 'member.joined < "2026-02-31"', id="no such day"),
    pytest.param('within(spend, "month") > 5', 'within(spend, "mont") > 5', id="no window"),
    pytest.param('within(spend, "month") > 5', 'within(spend, "year") > 5', id="another window"),
    pytest.param("round(amount, 'floor', 5) > 5", "round(amount, 'floor', 0) > 5", id="a step of zero"),
    pytest.param("order.number > -5", "order.number > -7", id="a sign"),
    pytest.param("order.total > 100", "order.total > 0100", id="a leading zero"),
    pytest.param("order.total > 100", "order.total > " + "9" * 31, id="too many digits"),
    pytest.param("order.total > 100", "order.total > 1,100", id="a comma for thousands"),
    pytest.param('event.store == "a"', 'event.store == "a\\"b"', id="an escape"),
    pytest.param('event.store == "a"', 'event.store == "a\u200bb"', id="what cannot be seen"),
    pytest.param('event.store == "a"', f'event.store == "{"a" * 4_000}"', id="too long"),
    pytest.param('event.store == "a"', "event.store == 5", id="a number for a text"),
    pytest.param("5 < order.number < 9 and 1 > 0", "5 < order.number", id="another skeleton"),
    pytest.param("5", "50 %", id="a share"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), CHECKED)
def test_a_value_that_the_check_looks_at_is_checked_again(first: str, second: str) -> None:
    moulds = Moulds()
    for text in (first, first, second, second, first):
        _compare(moulds, text, WHEN, "value")
    _, made = moulds.check(second, WHEN, "value")
    plain = check(second, WHEN, "value")
    assert made is None or (isinstance(plain, Checked) and unparse(plain.tree) == made.meaning)


def test_a_constant_that_stands_in_two_comparisons_is_no_hole() -> None:
    """In `a < 5 < b` the value meets both sides, which may be of two kinds."""
    moulds, first, second = Moulds(), "order.total < 5 < amount", "order.total < 500 < amount"
    for text in (first, first, second, second):
        _compare(moulds, text, WHEN, "condition")


def test_expressions_for_two_places_share_no_mould() -> None:
    moulds = Moulds()
    for text in ('item.sku == "a"', 'item.sku == "b"', 'item.sku == "c"'):
        assert isinstance(moulds.check(text, ITEMS, "filter")[0], Checked)
        assert not isinstance(moulds.check(text, WHEN, "condition")[0], Checked)
