"""Checks of a whole model: what each word allows alone but the rule set as a whole does not mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Final

from loyalty_rules.engine.model import (
    NOWHERE,
    Award,
    Counter,
    Limit,
    Model,
    Rule,
)
from loyalty_rules.expr.numbers import decimal_text
from loyalty_rules.ruleset.benefit_meaning import check_benefits
from loyalty_rules.ruleset.challenge_meaning import check_averages, check_challenges
from loyalty_rules.ruleset.coupon_meaning import check_coupons
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.finite import least_value, read_by
from loyalty_rules.ruleset.level_events import check_level_loops
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Sequence
from loyalty_rules.ruleset.partners import check_partners
from loyalty_rules.ruleset.return_meaning import check_level_gifts, check_levels_kept
from loyalty_rules.ruleset.thousands import check_thousands
from loyalty_rules.sdk.types import OpaqueCall

_LINE_SOURCES: Final = ("amount", "quantity", "eligible", "order_total", "sum_of")


_ALL_MONEY: Final = frozenset({"order.total", "amount"})


def check_meaning(model: Model, root: MappingNode, findings: Findings) -> None:
    """Run every check; each reports on its own."""
    for check in _CHECKS:
        check(model, root, findings)
    check_benefits(model, findings)


def _rates(model: Model, root: MappingNode, findings: Findings) -> None:
    """A multiplier is at least 1, an award never takes points."""
    tables = {table.id: table for table in model.tables}
    for rule in (*model.rules, *(reward.rule for reward in model.rewards)):
        for award in rule.awards:
            if isinstance(award.rate.tree, OpaqueCall) or award.rate.tree is None:
                continue
            least = least_value(award.rate.tree, tables)
            if award.role == "multiplier" and least < 1:
                findings.add(
                    "multiplier_below_one",
                    award.rate.span,
                    f"a multiplier of {decimal_text(least)} would take points away",
                    "write `times: 1` or more; to give less, give fewer `points`",
                )
            elif least < 0:
                findings.add(
                    "negative_award",
                    award.rate.span,
                    "an award cannot be below zero",
                    "points are taken back by returns, never by a rule",
                )


def _fixed_points(model: Model, root: MappingNode, findings: Findings) -> None:
    """A fixed number of points on a program with a multiplier is multiplied too, mostly by mistake."""
    multiplied = {
        (award.program, event)
        for rule in model.rules
        for award in rule.awards
        if award.role == "multiplier"
        for event in rule.events
    }
    for rule, award in _awards(model):
        if award.role != "points" or award.quantity is not None:
            continue
        if any((award.program, event) in multiplied for event in rule.events):
            findings.add(
                "fixed_points_multiplied",
                award.span,
                f"a fixed number of points of `{award.program}` is multiplied by the multipliers",
                "did you mean `type: bonus`? it is never multiplied",
            )


def _multipliers(model: Model, root: MappingNode, findings: Findings) -> None:
    """A multiplier acts on the points of the same event; without any it never gives."""
    if findings.has_errors:  # a give with a mistake may be the one that gives these points
        return
    given = {
        (award.program, event)
        for rule, award in _awards(model)
        if award.role == "points"
        for event in rule.events
    }
    for rule, award in _awards(model):
        missing = [event for event in rule.events if (award.program, event) not in given]
        if award.role == "multiplier" and award.program and missing:
            findings.add(
                "nothing_to_multiply",
                award.span,
                f"no rule gives `points` of `{award.program}` on `{missing[0]}`, so nothing is multiplied",
                "write a rule that gives `type: points`, or leave this one out",
            )


def _groups(model: Model, root: MappingNode, findings: Findings) -> None:
    """``best`` and ``worst`` compare worth, so all members pay one program or one with a value."""
    accounts = {account.id: account for account in model.accounts}
    standing: dict[str | None, list[Rule]] = {}
    for rule in model.rules:
        standing.setdefault(rule.group, []).append(rule)
    for group in model.groups:
        members = standing.get(group.id, [])
        programs = sorted({award.program for rule in members for award in rule.awards})
        if not members and not any(one.rule.group == group.id for one in model.rewards):
            findings.add(
                "empty_group",
                group.span,
                f"no rule stands in the group `{group.id}`",
                f"write `group: {group.id}` at its rules, or leave it out",
            )
        if group.choose in ("best", "worst") and len(programs) > 1:
            worthless = [
                name for name in programs if name in accounts and accounts[name].value is None
            ]
            if worthless:
                findings.add(
                    "group_without_worth",
                    group.span,
                    f"`{group.choose}` compares several programs, and `{worthless[0]}` has no value",
                    "write `value` (money for one point) at each of these programs",
                )
        _check_limits(group.caps, programs, findings)


def _rule_limits(model: Model, root: MappingNode, findings: Findings) -> None:
    for rule in model.rules:
        programs = sorted({award.program for award in rule.awards})
        _check_limits(rule.caps, programs, findings)


def _check_limits(limits: Iterable[Limit], programs: list[str], findings: Findings) -> None:
    for limit in limits:
        if limit.what == "points" and len(programs) > 1:
            findings.add(
                "limit_over_programs",
                limit.span,
                f"a {limit.word} of points over several programs: {', '.join(f'`{p}`' for p in programs)}",
                f"split the rule, one for each program, and give each its own {limit.word}",
            )


def _mixed_money(model: Model, root: MappingNode, findings: Findings) -> None:
    """A condition on all money beside an award on the basis: a gift card would help to reach it (E14)."""
    excluding = {
        account.id for account in model.accounts if account.basis.exclude or account.basis.items
    }
    for rule in model.rules:
        if "purchase" not in rule.events:
            continue
        programs = {award.program for award in rule.awards}
        for program in sorted(programs & excluding):
            formula = next((one for one in rule.when if read_by(one) & _ALL_MONEY), None)
            if formula is not None:
                findings.add(
                    "condition_beside_basis",
                    formula.span,
                    f"the condition counts money that `{program}` leaves out, such as gift cards",
                    f"write `{program}.eligible`, or `exclude: []` in its basis if all money counts",
                )
                break


def _levels(model: Model, root: MappingNode, findings: Findings) -> None:
    """A level that asks for less than the one below it is never the highest that is met."""
    for table in model.level_tables:
        before: Mapping[str, Fraction] = {}
        places = _place(root, "programs", table.id, "levels")
        for number, step in enumerate(table.levels):
            if len(step.at) != 1 or not step.at[0]:
                continue
            figures = dict(step.at[0])
            place = places.items[number] if isinstance(places, Sequence) else NOWHERE
            if isinstance(place, MappingNode) and findings.has_within(place):
                continue  # its figures are not as they were meant
            is_no_more = before.keys() == figures.keys() and all(
                figures[one] <= before[one] for one in figures
            )
            if is_no_more and not step.also_when:
                findings.add(
                    "level_unreachable",
                    place,
                    f"level `{step.id}` of `{table.id}` asks for no more than the level below it",
                    "list the levels lowest first, each with a higher `at`",
                )
            before = figures


def _split(model: Model, root: MappingNode, findings: Findings) -> None:
    """``tier_at: split`` cuts an order where a figure crosses, so figures must grow along its lines."""
    counters = {counter.id: counter for counter in model.counters}
    for table in model.level_tables:
        if table.tier_at != "split":
            continue
        for name in sorted({figure for step in table.levels for at in step.at for figure, _ in at}):
            if not _grows_along_lines(model, counters[name]):
                place = _place(root, "programs", table.id, "tier_at")
                findings.add(
                    "split_not_linear",
                    place or NOWHERE,
                    f"`split` cannot cut an order: `{name}` does not grow along its lines",
                    "write `before` or `after`, or a figure of points `per` an amount",
                )


def _grows_along_lines(model: Model, counter: Counter) -> bool:
    if counter.fed_by == "events":
        if counter.measure != "sum" or counter.adds is None:
            return False
        return all(term.source in _LINE_SOURCES for term in counter.adds)
    awards = [
        award
        for rule, award in _awards(model)
        if award.role == "points" and award.program == counter.program and "purchase" in rule.events
    ]
    return all(
        award.quantity is not None
        and not award.quantity.whole
        and award.quantity.at_least is None
        and all(term.source in _LINE_SOURCES for term in award.quantity.of)
        for award in awards
    )


def _awards(model: Model) -> Iterable[tuple[Rule, Award]]:
    return ((rule, award) for rule in model.rules for award in rule.awards)


def _place(root: MappingNode, *keys: str) -> Node | None:
    node: Node | None = root
    for key in keys:
        node = node.get(key) if isinstance(node, MappingNode) else None
    return node


_Check = Callable[[Model, MappingNode, Findings], None]
_CHECKS: Final[tuple[_Check, ...]] = (
    _rates,
    _fixed_points,
    _multipliers,
    _groups,
    _rule_limits,
    _mixed_money,
    _levels,
    check_level_loops,
    _split,
    check_challenges,
    check_averages,
    check_thousands,
    check_levels_kept,
    check_level_gifts,
    check_partners,
    check_coupons,
)
