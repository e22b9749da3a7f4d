"""Generated Python and the witness answer alike for random expressions and random facts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import get_args

import pytest

from loyalty_rules.domain.effects import Value
from loyalty_rules.expr import Tree, to_python, walk
from loyalty_rules.planner.witness import evaluate
from tests.expr.setting import FUNCTION_CALLS, ITEMS, TABLE_CALLS, WHEN, good
from tests.expr.trees import random_facts, random_line, random_text

TREES_IN_A_BATCH = 100


@dataclass
class Tally:
    """What a run saw: pairs of tree and facts, how many had a value, and every node of every tree."""

    pairs: int = 0
    valued: int = 0
    nodes: Counter[str] = field(default_factory=Counter)


def _batch(random: Random, tally: Tally, facts_each: int) -> None:
    filters = random.random() < 0.25
    texts = [random_text(random, row=filters) for _ in range(TREES_IN_A_BATCH)]
    checked = [good(text, "value", ITEMS if filters else WHEN) for text in texts]
    codes = to_python([one.tree for one in checked], TABLE_CALLS, FUNCTION_CALLS)
    for one, code in zip(checked, codes, strict=True):
        tally.nodes.update(type(node).__name__ for node in walk(one.tree))
        for _ in range(facts_each):
            facts, row = random_facts(random), random_line(random) if filters else {}
            generated = code(facts, row)
            seen = evaluate(one.tree, facts, row, TABLE_CALLS, FUNCTION_CALLS)
            assert _alike(generated, seen), (one.text, facts, row, generated, seen)
            tally.pairs += 1
            tally.valued += generated is not None


def _alike(one: Value, other: Value) -> bool:
    """Equal and of one type: 1 is not true, and a whole number is never a fraction."""
    return type(one) is type(other) and one == other


def _compare(trees: int, facts_each: int, seed: int) -> Tally:
    random, tally = Random(seed), Tally()
    for _ in range(trees // TREES_IN_A_BATCH):
        _batch(random, tally, facts_each)
    return tally


@pytest.mark.property
def test_both_back_ends_agree_on_random_expressions() -> None:
    tally = _compare(trees=800, facts_each=3, seed=20260301)
    assert tally.pairs == 2_400
    assert tally.valued >= 0.6 * tally.pairs
    assert {node.__name__ for node in get_args(Tree)} == set(tally.nodes)


@pytest.mark.property
@pytest.mark.slow
def test_both_back_ends_agree_on_two_hundred_thousand_pairs() -> None:
    tally = _compare(trees=40_000, facts_each=5, seed=7)
    assert tally.pairs == 200_000
    assert tally.valued >= 0.6 * tally.pairs
    rarest = min(get_args(Tree), key=lambda node: tally.nodes[node.__name__])
    assert tally.nodes[rarest.__name__] >= 1_000, tally.nodes
