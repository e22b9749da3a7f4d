"""``event``: the kinds of events that a rule or a counter is for."""

from __future__ import annotations

from typing import Final

from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.later import refuse
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Scalar, Sequence

NEVER: Final = ("return", "cancellation", "erasure", "adjustment")
"""Kinds that no rule may fire on: they take back or correct what rules gave."""


def read_event_names(node: MappingNode, context: Context) -> tuple[str, ...]:
    """The kinds under ``event``, sorted; unknown ones are reported and left out."""
    written = node.get("event")
    nodes = written.items if isinstance(written, Sequence) else (written,)
    names = {one.text for one in nodes if isinstance(one, Scalar) and _is_usable(one, context)}
    return tuple(sorted(names))


def _is_usable(node: Scalar, context: Context) -> bool:
    findings = context.findings
    if findings.is_wrong(node):
        return False
    allowed = [name for name in context.kinds if name not in NEVER]
    if node.text in NEVER:
        findings.add(
            "event_without_rules",
            node,
            f"no rule fires on `{node.text}`: it takes back or corrects what rules gave",
            did_you_mean(node.text, allowed),
        )
        return False
    kind = context.kinds.get(node.text)
    if kind is None:
        help = did_you_mean(node.text, allowed)
        findings.add("unknown_event", node, f"unknown event `{node.text}`", help)
        return False
    if not kind.decided:
        help = "decided so far: `purchase`, `signup`, `profile` and events of your own"
        refuse(findings, node, f"event: {node.text}", help)
        return False
    return True
