"""The shape check and jsonschema agree on what a rule set is; what ours says of it has a place and a cure."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules.ruleset.foreign_schema import plain, validator
from loyalty_rules.ruleset.nodes import Node
from loyalty_rules.ruleset.schema import json_schema
from loyalty_rules.ruleset.shape import Shape, check_shape
from loyalty_rules.ruleset.tree import read_tree

WHOLE = (Path(__file__).parent / "whole_language.yaml").read_bytes()
PLUGIN = {
    "skyline.miles": {
        "type": "object",
        "required": ["miles"],
        "properties": {
            "miles": {"type": "integer", "multipleOf": 5},
            "rate": {"type": "number", "minimum": 0.1, "maximum": 2.5},
            "when": {"format": "lr-condition"},
            "tier": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 3}]},
        },
    }
}
SCHEMA = json_schema({}, PLUGIN)
VALIDATOR = validator(SCHEMA)
POOL: list[Any] = [
    "x", "month", "last 30 days", "30 days", "2026-03-31", "2026-03-31T18:00", "17:00-19:00", "50 %",
    "points", "none", "never", "EUR", "A b", "", 0, 1, -1, 7, Decimal("1.5"), True, False, [], {},
    ["x"], [1], {"a": 1}, {"type": "points"}, {"type": "skyline.miles", "miles": 10},
    {"type": "skyline.miles", "miles": 7}, {"type": "skyline.miles", "miles": 5, "tier": 4},
    {"type": "skyline.miles", "miles": 5, "rate": Decimal("0.1")}, {"en": "x"}, {"times": 1},
]  # fmt: skip
NAMES = [
    "type",
    "id",
    "give",
    "when",
    "title",
    "points",
    "limit",
    "per",
    "odd",
    "a-b",
    "A",
    "at",
    "of",
]


def tree_of(data: object) -> Node:
    """``data`` written as a file and read again: JSON is YAML."""
    text = (
        json.dumps(data, default=lambda number: f"~{number}~").replace('"~', "").replace('~"', "")
    )
    root, found = read_tree(text.encode(), "rules.yaml")
    assert found == ()
    assert root is not None
    return root


def whole_language() -> Node:
    root, found = read_tree(WHOLE, "whole.yaml")
    assert found == ()
    assert root is not None
    return root


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything inside ``data``."""
    keys = (
        data.keys()
        if isinstance(data, dict)
        else range(len(data))
        if isinstance(data, list)
        else ()
    )
    return [each for key in keys for each in ((*path, key), *places(data[key], (*path, key)))]


def mutated(data: Any, dice: random.Random) -> Any:
    """A copy of ``data`` with one thing deleted, renamed, replaced, moved or added."""
    data = copy.deepcopy(data)
    path = dice.choice(places(data))
    parent = data
    for step in path[:-1]:
        parent = parent[step]
    key, what = path[-1], dice.choice(["delete", "rename", "replace", "replace", "move", "add"])
    if what == "delete":
        del parent[key]
    elif what == "rename" and isinstance(parent, dict):
        parent[dice.choice(NAMES)] = parent.pop(key)
    elif what == "add" and isinstance(parent, dict):
        parent[dice.choice(NAMES)] = copy.deepcopy(dice.choice(POOL))
    elif what == "move":
        other: Any = data
        for step in dice.choice(places(data)):
            other = other[step]
        parent[key] = copy.deepcopy(other)
    else:
        parent[key] = copy.deepcopy(dice.choice(POOL))
    return data


def test_every_word_of_the_language_passes() -> None:
    root = whole_language()
    assert check_shape(root, SCHEMA) == ()
    assert VALIDATOR.is_valid(plain(root))


def test_the_schema_is_a_valid_schema_of_its_draft() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(json.loads(json.dumps(SCHEMA)))


@pytest.mark.property
def test_our_check_and_jsonschema_accept_and_refuse_the_same() -> None:
    """Over seeded mutations of a file with every word; enough of both answers, or it proves nothing."""
    compare_mutations(count=300, seed=20260331)


@pytest.mark.slow
def test_our_check_and_jsonschema_agree_for_long() -> None:
    for seed in range(20):
        compare_mutations(count=2_000, seed=seed)


def compare_mutations(count: int, seed: int) -> None:
    dice, shape = random.Random(seed), Shape(SCHEMA)
    sections = [{key: value} for key, value in plain_sections().items()]
    head = {"ruleset": "club", "version": "1", "currency": "EUR", "timezone": "UTC"}
    answers = {True: 0, False: 0}
    for _ in range(count):
        data: Any = {**head, **dice.choice(sections)}
        for _ in range(dice.choice([1, 1, 1, 2, 3])):
            data = mutated(data, dice) if places(data) else data
        root = tree_of(data)
        ours = check_shape_of(shape, root)
        theirs = VALIDATOR.is_valid(plain(root))
        assert (not ours) == theirs, (data, ours)
        answers[theirs] += 1
    assert min(answers.values()) > count // 12, answers


def check_shape_of(shape: Shape, root: Node) -> list[str]:
    from loyalty_rules.ruleset.decode import Found

    found = Found(root.source)
    shape.check(root, found)
    return [each.message for each in found.diagnostics]


def plain_sections() -> dict[str, Any]:
    data = plain(whole_language())
    assert isinstance(data, dict)
    return data


FOREIGN: list[dict[str, object]] = [
    {"multipleOf": 5},
    {"type": "string", "not": {"const": "x"}},
    {"if": {"type": "integer"}, "then": {"minimum": 3}},
    {"oneOf": [{"type": "integer"}, {"type": "number"}]},
    {"oneOf": [{"minimum": 3}, {"maximum": 5}]},
    {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "number", "maximum": -1.5}]},
    {"type": ["array", "string"], "uniqueItems": True, "maxLength": 2},
    {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    {
        "type": "object",
        "patternProperties": {"^a": {"type": "integer"}},
        "additionalProperties": False,
    },
    {"type": "object", "propertyNames": {"maxLength": 1}},
    {"type": "object", "minProperties": 1, "maxProperties": 1},
    {
        "type": "object",
        "properties": {"a": {"const": 1}},
        "required": ["a"],
        "dependentRequired": {},
    },
    {"enum": [1, "x", True, 2.5]},
    {"const": 1},
    {"type": "number", "exclusiveMinimum": 0.5, "exclusiveMaximum": 7},
    {"type": "string", "pattern": "^[a-z]$"},
    {"contains": {"const": 1}},
    {"allOf": [{"type": "integer"}, {"minimum": 1}]},
]


@pytest.mark.parametrize("schema", FOREIGN, ids=json.dumps)
def test_a_plugins_schema_means_the_same_to_both(schema: dict[str, object]) -> None:
    wrapped: dict[str, object] = {"type": "object", "properties": {"v": schema}}
    for value in (*POOL, 2, 3, Decimal("2.5"), ["a"], ["a", 1], [1, 1], {"ab": 1}, {"b": 1}, "abc"):
        root = tree_of({"v": value})
        ours, theirs = check_shape(root, wrapped), validator(wrapped).is_valid(plain(root))
        assert (not ours) == theirs, (value, ours)


@given(st.recursive(st.sampled_from(POOL), lambda inner: st.lists(inner, max_size=2), max_leaves=4))
@settings(max_examples=60, deadline=None)
def test_any_value_in_any_place_is_one_clear_answer(value: object) -> None:
    for key in ("programs", "rules", "title", "currency", "define", "limit"):
        for each in check_shape(tree_of({"ruleset": "club", key: value}), SCHEMA):
            assert each.span is not None
            assert each.message == each.message.strip()
            assert not each.message.endswith(".")


def test_one_mistake_gives_one_message() -> None:
    """A misspelt key that must be there is not also missing."""
    root = tree_of({"ruleset": "club", "version": "1", "curency": "EUR", "timezone": "UTC"})
    assert [each.message for each in check_shape(root, SCHEMA)] == ["unknown key `curency`"]


def test_a_file_of_a_megabyte_is_checked_in_a_moment() -> None:
    """The bound leaves room for a slow machine; jsonschema alone would take several times as long."""
    rule = (
        b"  - id: rule-%d\n    event: purchase\n    when: order.total >= 50.00\n"
        b"    give: {type: points, program: beans, points: 2, per: 1.00, of: amount}\n"
        b"    limit: {points: 500, per: month}\n"
    )
    head = b'ruleset: club\nversion: "1"\ncurrency: EUR\ntimezone: UTC\nrules:\n'
    data = head + b"".join(rule % number for number in range(5_000))
    started = time.process_time()
    root, _ = read_tree(data, "rules.yaml")
    assert root is not None
    assert check_shape(root, SCHEMA) == ()
    assert time.process_time() - started < 2.5


def test_jsonschema_is_not_imported_until_a_foreign_schema_needs_it() -> None:
    script = (
        "import sys\n"
        "from loyalty_rules.ruleset.schema import json_schema\n"
        "from loyalty_rules.ruleset.shape import check_shape\n"
        "from loyalty_rules.ruleset.tree import read_tree\n"
        f"root, found = read_tree({WHOLE!r}, 'f')\n"
        "assert check_shape(root, json_schema()) == ()\n"
        "assert 'jsonschema' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
