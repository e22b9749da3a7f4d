"""Every example in docs/expressions.md is true."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.expr import RESERVED, Checked, Expect, check
from loyalty_rules.expr.numbers import decimal_text
from tests.expr.setting import WHEN, run
from tests.expr.test_values import FACTS

PAGE = Path(__file__).parents[2] / "docs" / "expressions.md"
EXAMPLE = re.compile(r"^(?:(\w+): )?(.*?) +(->|!!) (.*)$")


def _examples() -> list[tuple[str, ...]]:
    blocks = re.findall(r"```text\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    found = [EXAMPLE.match(line) for line in lines]
    assert all(found), "every line of a block is an example"
    return [match.groups(default="") for match in found if match]


def _written(value: Value, kind: Kind) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind.name == "level":
        assert isinstance(value, int)
        return f'"{kind.choices[value]}"'
    if isinstance(value, str):
        return f'"{value}"'
    assert isinstance(value, (int, Fraction))
    if kind.name == "money":
        return f"{Decimal(int(value)) / 100:.2f}"
    return decimal_text(value)


@pytest.mark.parametrize(("place", "text", "sign", "expected"), _examples())
def test_an_example_of_the_page_is_true(place: str, text: str, sign: str, expected: str) -> None:
    expect: Expect = "value"
    for one in get_args(Expect):
        if place == one:
            expect = one
    checked = check(text, WHEN, expect)
    if sign == "->":
        assert isinstance(checked, Checked), checked
        assert _written(run(checked, FACTS), checked.kind) == expected
        return
    if isinstance(checked, Checked):
        checked = check(text, WHEN, "condition")
    assert isinstance(checked, tuple)
    assert [problem.message for problem in checked] == [expected]


def test_the_page_has_examples_of_both_sorts() -> None:
    signs = [example[2] for example in _examples()]
    assert signs.count("->") > 30
    assert signs.count("!!") > 15


def test_the_page_lists_the_words_that_are_kept() -> None:
    heads = re.search(r"`(amount event [a-z ]+)`", PAGE.read_text("utf-8"))
    assert heads is not None
    assert set(heads.group(1).split()) <= RESERVED
