"""``change``: other values in the text of a rule set, whatever it is written like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyalty_rules import Registry
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar, Sequence
from loyalty_rules.ruleset.tree import read_tree
from loyalty_rules.service.finding import rule_sets_in
from loyalty_rules.service.loading import check_text
from loyalty_rules.testing.scenarios.change import Changed, NoPlace, change
from tests.house.laws import ROOT

REGISTRY = Registry.builtin().discover(allow=["skyline"])
SETS = rule_sets_in(ROOT / "rules")

TEXT = """\
# a comment
ruleset: shop
programs:
  beans:            # in the house
    type: points
    basis: {tax: included}
  miles: {type: points}
  empty: {}
rules:
- id: base
  event: purchase
  when:
    - order.total >= 5
    - has(event.coupons, "a")
  give: {type: points, points: 1}

- {id: more, event: [signup, purchase]}
note: >
  folded
  text
last: 1
"""


def node(text: str) -> Node:
    root, found = read_tree(text.encode(), "")
    assert root is not None
    assert not found
    return root


def plain(one: Node) -> Any:
    if isinstance(one, Scalar):
        return one.value
    if isinstance(one, Sequence):
        return [plain(item) for item in one]
    return {key.text: plain(value) for key, value in one}


def changed(path: str, value: str) -> dict[str, object]:
    after = plain(node(change(Changed(TEXT), path, node(value)).text))
    assert isinstance(after, dict)
    return after


BEFORE = plain(node(TEXT))


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("ruleset", "bar", ("ruleset",)),
        ("last", '"1"', ("last",)),
        ("note", "short", ("note",)),
        ("programs.beans", "{type: tiers}", ("programs", "beans")),
        ("programs.beans.basis.tax", "excluded", ("programs", "beans", "basis", "tax")),
        ("rules", "[{id: x, n: -2.50}]", ("rules",)),
        ("rules.base.when", "'a > \"b # c: d\"'", ("rules", 0, "when")),
        ("rules.base", "{id: base}", ("rules", 0)),
        ("rules.more.event", "- a\n- b", ("rules", 1, "event")),
        ("programs.miles.expiry", "never", ("programs", "miles", "expiry")),
        ("programs.empty.expiry", "never", ("programs", "empty", "expiry")),
        ("programs.beans.expiry", "never", ("programs", "beans", "expiry")),
        ("programs.new.a.b", "true", ("programs", "new")),
        ("rules.base.priority", "5", ("rules", 0, "priority")),
        ("groups", "{g: {choose: best}}", ("groups",)),
    ],
)
def test_a_change_puts_one_value_into_the_text_and_leaves_the_rest(
    path: str, value: str, where: tuple[str | int, ...]
) -> None:
    after = changed(path, value)
    wanted = plain(node(value))
    if path == "programs.new.a.b":
        wanted = {"a": {"b": True}}
    expected = plain(node(TEXT))
    here = expected
    for step in where[:-1]:
        here = here[step]
    here[where[-1]] = wanted
    assert after == expected
    assert after != BEFORE


def test_a_key_with_points_of_its_own_is_found_before_a_path_is_taken_apart() -> None:
    text = "levels: [{id: gold, at: {beans.base: 300}}]\n"
    after = change(Changed(text), "levels.gold.at.beans.base", node("5"))
    assert after.text == "levels: [{id: gold, at: {beans.base: 5}}]\n"


@pytest.mark.parametrize(
    ("path", "message", "help"),
    [
        ("rules.bas.when", "no entry of the list has the id `bas`", "did you mean `base`?"),
        ("last.one", "`one` leads below `1`, which is a value", "end the path at the key above"),
        ("rules.base.when.0", "no entry of the list has the id `0`", "replace the whole list"),
    ],
)
def test_a_path_that_leads_nowhere_is_told_with_its_cure(
    path: str, message: str, help: str
) -> None:
    with pytest.raises(NoPlace) as raised:
        change(Changed(TEXT), path, node("1"))
    assert (raised.value.message, raised.value.help) == (message, help)


def test_lines_of_a_changed_text_lead_back_to_the_lines_of_the_file() -> None:
    after = Changed(TEXT)
    for path, value in [
        ("programs.beans.expiry", "never"),
        ("rules.base.when", "x"),
        ("rules.base.priority", "5"),
        ("note", "short"),
        ("groups", "{}"),
    ]:
        after = change(after, path, node(value))
    before = TEXT.splitlines()
    kept = [
        "    type: points",
        "  miles: {type: points}",
        "last: 1",
        "- {id: more, event: [signup, purchase]}",
    ]
    lines = after.text.splitlines()
    for line in kept:
        assert after.lines.origin(lines.index(line) + 1) == before.index(line) + 1
    assert len(after.lines.origins) == len(lines) + 1, "the empty end counts as a line"


def scalars(one: Node, path: tuple[str, ...]) -> Iterator[tuple[str, Scalar]]:
    """Every value of a rule set by its path; values of lists without ids have none."""
    if isinstance(one, Scalar):
        yield ".".join(path), one
    elif isinstance(one, Mapping):
        for key, value in one:
            yield from scalars(value, (*path, key.text))
    else:
        for item in one:
            own = item.get("id") if isinstance(item, Mapping) else None
            if isinstance(own, Scalar):
                yield from scalars(item, (*path, own.text))


@pytest.mark.parametrize("file", SETS, ids=lambda path: path.parent.name)
def test_changing_every_value_of_a_rule_set_to_itself_changes_nothing(file: Path) -> None:
    text = file.read_text("utf-8")
    before = check_text(text.encode(), "rules.yaml", REGISTRY)
    after = Changed(text)
    paths = list(scalars(node(text), ()))
    assert len(paths) >= 10
    for path, value in paths:
        after = change(after, path, value)
    checked = check_text(after.text.encode(), "rules.yaml", REGISTRY)
    assert before.rules is not None
    assert checked.rules is not None, checked.report()
    assert checked.rules.digest == before.rules.digest
    assert after.lines.origins in ((), tuple(range(1, text.count("\n") + 2)))
