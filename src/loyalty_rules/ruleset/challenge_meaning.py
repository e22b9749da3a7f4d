"""Checks of challenges and averages against the whole model: targets, figures, limits, offers."""

from __future__ import annotations

from loyalty_rules.engine.model import NOWHERE, Challenge, Model, Rule
from loyalty_rules.expr.numbers import decimal_text
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.finite import least_value
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node


def check_challenges(model: Model, root: MappingNode, findings: Findings) -> None:
    """Every challenge can be reached, counts what adds up, and is opened by what it says opens it."""
    rules = {rule.id: rule for rule in model.rules}
    for challenge in model.challenges:
        _target(model, challenge, findings)
        _figure(model, challenge, rules[challenge.id], root, findings)
        _ends(challenge, root, findings)
        _limits(rules[challenge.id], findings)
    challenges = {one.id: one for one in model.challenges}
    for rule in (*model.rules, *(reward.rule for reward in model.rewards)):
        _offers(rule, challenges, findings)


def check_averages(model: Model, root: MappingNode, findings: Findings) -> None:
    """No level hangs on an average, which moves from day to day without anything happening."""
    averages = {one.id for one in model.counters if one.measure == "average"}
    for table in model.level_tables:
        figures = {name for step in table.levels for choice in step.at for name, _ in choice}
        for name in sorted(figures & averages):
            findings.add(
                "level_of_average",
                _place(root, table.id, "levels") or NOWHERE,
                f"`{name}` is an average, which moves by itself from day to day, and a level cannot",
                "ask for it in `when` of a rule, or let the level count a sum",
            )


def _target(model: Model, challenge: Challenge, findings: Findings) -> None:
    if challenge.target.tree is None:
        return  # the expression was wrong, and reported
    tables = {table.id: table for table in model.tables}
    least = least_value(challenge.target.tree, tables)
    if least <= 0:
        findings.add(
            "target_not_above_zero",
            challenge.target.span,
            f"a target of {decimal_text(least)} is reached before anything was counted",
            "write a target above 0",
        )


def _figure(
    model: Model, challenge: Challenge, rule: Rule, root: MappingNode, findings: Findings
) -> None:
    counter = next((one for one in model.counters if one.id == challenge.figure), None)
    if counter is None or counter.measure == "sum":
        return
    findings.add(
        "counts_no_sum",
        _place(root, challenge.id, "counts") or rule.span,
        f"`{challenge.figure}` does not add up, so nothing can be counted towards a target",
        "name a counter with `measure: sum`, or say what an event counts",
    )


def _ends(challenge: Challenge, root: MappingNode, findings: Findings) -> None:
    """Every opening adds an instance that counts for ever, and each of them remembers what it counts."""
    if challenge.opens is None or challenge.lasts is not None:
        return
    if challenge.opens.event == "signup":
        return  # that happens once
    findings.add(
        "never_lapses",
        _place(root, challenge.id, "opens") or NOWHERE,
        f"each opening of `{challenge.id}` counts for ever, beside all those before it",
        "write how long one lasts, such as `lasts: 30 days`",
    )


def _place(root: MappingNode, program: str, key: str) -> Node | None:
    """Where the value of a program's key stands."""
    programs = root.get("programs")
    node = programs.get(program) if isinstance(programs, MappingNode) else None
    return node.get(key) if isinstance(node, MappingNode) else None


def _limits(rule: Rule, findings: Findings) -> None:
    for limit in rule.caps:
        if limit.what in ("amount", "quantity"):
            findings.add(
                "limit_of_challenge",
                limit.span,
                f"`{limit.what}` caps what an order counts, and this gives for what many of them did",
                "cap `times` or `points`",
            )


def _offers(rule: Rule, challenges: dict[str, Challenge], findings: Findings) -> None:
    for award in rule.awards:
        if award.benefit is None or award.benefit.kind != "offer":
            continue
        challenge = challenges.get(award.benefit.to)
        if challenge is None or (challenge.opens and challenge.opens.event == "grant"):
            continue
        findings.add(
            "challenge_not_granted",
            award.span,
            f"`{challenge.id}` is not opened by a `grant`, so this offer would open nothing",
            f"write `opens: {{event: grant}}` at `{challenge.id}`",
        )
