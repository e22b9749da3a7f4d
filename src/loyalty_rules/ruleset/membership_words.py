"""Which rules ask for a membership: what they give to a member of it is a use of it."""

from __future__ import annotations

from dataclasses import replace

from loyalty_rules.engine.membership import WORDS
from loyalty_rules.engine.model import Model, Rule
from loyalty_rules.ruleset.finite import read_by


def with_asking(model: Model) -> Model:
    """The model, whose rules say which memberships their conditions ask for."""
    if not model.memberships:
        return model
    words = {f"{one.id}.{word}": one.id for one in model.memberships for word in WORDS}
    return replace(model, rules=tuple(_asking(rule, words) for rule in model.rules))


def _asking(rule: Rule, words: dict[str, str]) -> Rule:
    asked = {words[name] for formula in rule.when for name in read_by(formula) if name in words}
    return replace(rule, asks=tuple(sorted(asked))) if asked else rule
