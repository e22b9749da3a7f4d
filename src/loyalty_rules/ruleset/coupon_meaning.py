"""Checks of coupons over the whole model: a code must be one of one coupon only."""

from __future__ import annotations

from itertools import combinations

from loyalty_rules.engine.model import Model
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node


def check_coupons(model: Model, root: MappingNode, findings: Findings) -> None:
    """No two coupons have codes that begin alike: nobody could say whose a code is."""
    for first, second in combinations(model.coupons, 2):
        longer, shorter = sorted((second, first), key=lambda one: -len(one.prefix))
        if shorter.prefix and longer.prefix.startswith(shorter.prefix):
            message = f"codes that begin with `{longer.prefix}` are codes of `{shorter.id}` too"
            help = f"let neither prefix begin with the other; that of `{shorter.id}` is `{shorter.prefix}`"
            findings.add("prefix_of_two", _prefix(root, longer.id), message, help)


def _prefix(root: MappingNode, coupon: str) -> Node:
    programs = root.get("programs")
    program = programs.get(coupon) if isinstance(programs, MappingNode) else None
    prefix = program.get("prefix") if isinstance(program, MappingNode) else None
    assert prefix is not None, "the coupon was read with its prefix"
    return prefix
