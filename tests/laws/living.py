"""Lives under rule sets: decided event after event, by one back end or another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from loyalty_rules import Decision, MemberState, Registry, RuleSet, parse_event
from loyalty_rules.base.records import replace
from loyalty_rules.engine.plan import Code
from loyalty_rules.expr import Tree
from loyalty_rules.planner.build import functions, lookups
from loyalty_rules.planner.witness import evaluate
from loyalty_rules.service.loading import load_text
from tests.laws.worlds import World, life, world
from tests.laws.yaml_text import to_yaml

REGISTRY = Registry.builtin()
CROWDED = ("limit", "exclusive_group", "outdone")


@dataclass(frozen=True, slots=True)
class Case:
    """A rule set, and what happens to one member."""

    world: World
    text: str
    rules: RuleSet
    events: list[dict[str, Any]]


def case_of(random: Random, distinct_priorities: bool = False) -> Case:
    """A random case; its rule set is accepted."""
    made = world(random, distinct_priorities)
    text = to_yaml(made)
    return Case(made, text, load(text), life(random))


def load(text: str) -> RuleSet:
    """A rule set through the real door."""
    return load_text(text, REGISTRY)


def live(rules: RuleSet, events: Iterable[Mapping[str, Any]]) -> list[Decision]:
    """The decisions of one member's events, none of which is refused."""
    state, decisions = MemberState("m-1"), list[Decision]()
    for raw in events:
        decision = rules.decide(parse_event(dict(raw)), state)
        assert decision.status == "decided", decision.refusal
        decisions.append(decision)
        state = decision.state
    return decisions


def by_witness(rules: RuleSet) -> RuleSet:
    """The same rule set with every expression run by the interpreter instead of generated code."""
    tables, called = lookups(rules.plan.model), functions(rules.registry)

    def code(tree: Tree) -> Code:
        return lambda facts, row: evaluate(tree, facts, row, tables, called)

    trees = [formula.tree for formula in rules.plan.model.formulas]
    table = tuple(code(tree) for tree in trees if isinstance(tree, Tree))
    assert len(table) == len(trees), "only expressions here"
    return replace(rules, plan=replace(rules.plan, code=table))


def is_crowded(decision: Decision) -> bool:
    """Whether a cap, a group or a rivalling multiplier had a say."""
    return any(trace.reason in CROWDED for trace in decision.trace)
