"""What a whole-history simulation will cost: the class of each rule (`docs/language.md`, cost of words)."""

from __future__ import annotations

from typing import Final, Literal, cast

from loyalty_rules.domain.referrals import FRIEND_ORDER
from loyalty_rules.engine.model import Formula, Limit, Model, Rule
from loyalty_rules.expr.tree import FunctionCall, Tree, Within, walk
from loyalty_rules.ruleset.finite import facts_of
from loyalty_rules.sdk.types import OpaqueCall

RuleClass = Literal[
    "columns", "columns + segmented scan", "member by member", "in one order", "opaque"
]
_ORDER: Final[tuple[RuleClass, ...]] = (
    "columns",
    "columns + segmented scan",
    "member by member",
    "in one order",
    "opaque",
)


def classify(model: Model) -> dict[str, RuleClass]:
    """The class of every rule, by id: the costliest of the words that it uses."""
    groups = {group.id: group.caps for group in model.groups}
    moved = _moved_levels(model)
    found: dict[str, RuleClass] = {}
    for rule in model.rules:
        limits = (*rule.caps, *groups.get(rule.group or "", ()))
        classes: set[RuleClass] = {_of_formula(formula) for formula in _formulas(rule)}
        classes |= {_of_limit(limit) for limit in limits}
        if any(a.quantity is not None and a.quantity.carried for a in rule.awards):
            classes.add("columns + segmented scan")
        of_others = any(one.startswith(f"{FRIEND_ORDER}.") for one in rule.events)
        if of_others or rule.id in moved or not rule.events or rule.every is not None:
            classes.add("member by member")
        found[rule.id] = max(classes, key=_ORDER.index) if classes else "columns"
    return found


def _formulas(rule: Rule) -> list[Formula]:
    found = list(rule.when)
    found += [formula for formula in (rule.items, rule.tenders) if formula is not None]
    found += [award.rate for award in rule.awards]
    terms = [term for award in rule.awards if award.quantity for term in award.quantity.of]
    return found + [term.formula for term in terms if term.formula is not None]


def _of_formula(formula: Formula) -> RuleClass:
    if isinstance(formula.tree, OpaqueCall):
        return "opaque"
    tree = cast(Tree, formula.tree)
    if any(isinstance(node, FunctionCall) for node in walk(tree)):
        return "opaque"
    history = any(isinstance(node, Within) for node in walk(tree))
    own = ("event.", "order.", "item.", "tender.")
    words = {name for name in facts_of(tree) if "." in name and not name.startswith(own)}
    words = {name for name in words if not name.endswith(".eligible")}
    return (
        "columns + segmented scan"
        if history or words or "order.number" in facts_of(tree)
        else "columns"
    )


def _of_limit(limit: Limit) -> RuleClass:
    if limit.word == "budget":
        return "in one order"
    if limit.per.form in ("order", "line"):
        return "columns"
    simple = (
        limit.per.form in ("box", "ever") and limit.over == "trim" and limit.cap_counts == "gross"
    )
    return "columns + segmented scan" if simple else "member by member"


def _moved_levels(model: Model) -> set[str]:
    """Rules under a level that the points of their own program move, that outlasts its figures, or whose
    orders are split."""
    found = set()
    for table in model.level_tables:
        figures = {name for step in table.levels for at in step.at for name, _ in at}
        programs = {counter.program for counter in model.counters if counter.id in figures}
        for rule in model.rules:
            reads = any(
                fact.startswith(f"{table.id}.")
                for formula in _formulas(rule)
                if _plain(formula)
                for fact in facts_of(formula.tree)
            )
            moves = any(award.program in programs for award in rule.awards)
            if reads and (moves or table.tier_at == "split" or not table.keep.reads_anew):
                found.add(rule.id)
    return found


def _plain(formula: Formula) -> bool:
    return not isinstance(formula.tree, OpaqueCall)
