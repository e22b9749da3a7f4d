"""``holdout`` of a rule: the share of members whom it leaves out, and the name of that group."""

from __future__ import annotations

from fractions import Fraction

from loyalty_rules.engine.holdout import Holdout
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.forms import read_share
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar


def read_holdout(node: Node | None, rule: str, context: Context) -> Holdout | None:
    """``10 %``, or a map of ``share`` and ``name``; the name of the rule is meant where none is written."""
    share = node.get("share") if isinstance(node, MappingNode) else node
    named = node.get("name") if isinstance(node, MappingNode) else None
    if not isinstance(share, Scalar) or context.findings.is_wrong(share):
        return None
    part = read_share(share.text)
    if not isinstance(part, Fraction):
        return None  # the shape check has reported it
    if not 0 < part < 1:
        whom = "nobody" if part == 0 else "everybody"
        context.findings.add(
            "holdout_of_all",
            share,
            f"`{share.text}` leaves out {whom}, and nothing can be compared",
            "write a share between, such as `10 %`, or leave `holdout` out",
        )
        return None
    return Holdout(named.text if isinstance(named, Scalar) else rule, part)
