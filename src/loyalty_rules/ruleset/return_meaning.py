"""Checks of a whole model about returns: what a member could keep although what earned it came back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loyalty_rules.engine.model import Formula, Model, Rule
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.finite import read_by
from loyalty_rules.ruleset.level_events import LEVEL_CHANGED, levels_fired_on, programs_fired_on
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar
from loyalty_rules.sdk.types import OpaqueCall

_NONE: Final = "none"


def check_levels_kept(model: Model, root: Mapping, findings: Findings) -> None:
    """Who buys his way to a level and gives all of it back keeps the level until its review, and earns more
    by it all the time. Points that wait (``pending``) leave time to see that. Told once for each pair of
    programs."""
    if findings.has_errors:  # what is wrong elsewhere may change which rules there are
        return
    for table in model.level_tables:
        if table.on_return != "keep_until_review":
            continue
        told: set[str] = set()
        for rule in model.rules:
            hangs = None
            if "purchase" in rule.events:
                hangs = next(_hanging_on(rule, f"{table.id}.level"), None)
            programs = {award.program for award in rule.awards if award.program} - told
            spendable = sorted(name for name in programs if not _waits(root, name))
            if hangs is None or not spendable:
                continue
            told.update(spendable)
            name = spendable[0]
            findings.add(
                "level_kept_after_return",
                hangs.span,
                f"a level of `{table.id}` outlives the return of what reached it, and gives more `{name}`",
                f"write `on_return: immediate` in `{table.id}`, or `pending: 14 days` or so in `{name}`",
            )


def check_level_gifts(model: Model, root: Mapping, findings: Findings) -> None:
    """What a change of level gives is no part of the order that reached the level, and stays when that comes
    back. Where a return ends the level at once it can be reached again, and so on."""
    if findings.has_errors:
        return
    immediate = {one.id: one for one in model.level_tables if one.on_return == "immediate"}
    for rule in model.rules:
        if LEVEL_CHANGED not in rule.events or not rule.awards or rule.caps:
            continue
        fires_on = programs_fired_on(model, rule)
        for name in sorted(fires_on & immediate.keys()):
            lowest = frozenset({immediate[name].levels[0].id})
            if levels_fired_on(rule) == lowest:
                continue  # it is given for a fall
            findings.add(
                "level_gift_after_return",
                rule.span,
                f"`{rule.id}` gives whenever a level of `{name}` is reached, and a return leaves it",
                "write `limit: {times: 1, per: year}` or so; or give it by a challenge that counts the same: "
                "a return is counted there",
            )
            break


def _hanging_on(rule: Rule, fact: str) -> Iterator[Formula]:
    """The formulas of a rule that read a fact: conditions first, then choices and rates."""
    choices = (one for one in (rule.items, rule.tenders) if one is not None)
    for formula in (*rule.when, *choices, *(award.rate for award in rule.awards)):
        tree = formula.tree
        reads = tree.opaque.reads if isinstance(tree, OpaqueCall) else read_by(formula)
        if fact in reads:
            yield formula


def _waits(root: Mapping, program: str) -> bool:
    """Whether points of a program cannot be spent at once."""
    node: Node | None = root
    for key in ("programs", program, "pending"):
        node = node.get(key) if isinstance(node, Mapping) else None
    return node is not None and not (isinstance(node, Scalar) and node.text == _NONE)
