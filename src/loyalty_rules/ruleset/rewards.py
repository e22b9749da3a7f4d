"""``rewards``: what points are spent on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.engine.model import Limit, Reward, Rule
from loyalty_rules.expr.numbers import decimal_text
from loyalty_rules.ruleset.clock import read_automatic
from loyalty_rules.ruleset.form import NodeForm
from loyalty_rules.ruleset.gives import Gives
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar
from loyalty_rules.ruleset.rules import RuleReader

KINDS: Final = ("redemption",)
"""The events that rewards are taken by."""


class RewardReader:
    """Reads the rewards of one rule set; after the groups of ``rules``."""

    def __init__(self, gives: Gives, rules: RuleReader, scales: Mapping[str, int]) -> None:
        self._gives = gives
        self._rules = rules
        self._scales = scales
        self._findings = gives.context.findings

    def rewards(self, node: Node | None, taken: Mapping[str, Span]) -> tuple[Reward, ...]:
        """Every reward, by id. ``taken`` are the ids of rules, with their places."""
        if not isinstance(node, MappingNode):
            return ()
        found = []
        for key, value in node.entries:
            if not isinstance(value, MappingNode):
                continue
            if key.text in taken:
                self._findings.add(
                    "duplicate_id",
                    key,
                    f"the id `{key.text}` stands for a rule and for a reward",
                    "give each an id of its own; members see it in their statements",
                    related=((taken[key.text], "the rule stands here"),),
                )
            found.append(self._reward(key, value))
        return tuple(sorted(found, key=lambda reward: reward.id))

    def _reward(self, key: Scalar, node: MappingNode) -> Reward:
        rule = self._rules.rule_of(node, key.text, KINDS, f"reward.{key.text}", key.span)
        form = NodeForm(key.text, node, self._gives, KINDS)
        price = form.form("cost")
        program = "" if price is None else price.program()
        cost = None if price is None else price.number("points")
        reward = Reward(
            rule,
            program,
            self._units(form, "cost", program, cost) or 1,
            self._units(form, "at_least", program, form.number("at_least")),
            self._units(form, "at_most", program, form.number("at_most")),
            form.share("share_at_most"),
            read_automatic(node.get("automatic"), self._gives.context),
            form.share("share_at_least"),
        )
        self._check(reward, form)
        self._check_limits(rule.caps)
        return reward

    def _units(self, form: NodeForm, key: str, program: str, points: Fraction | None) -> int | None:
        """Points in units of the scale of their program."""
        if points is None:
            return None
        scale = self._scales.get(program, 0)
        units = points * 10**scale
        if units.denominator == 1 and units > 0:
            return int(units)
        if program and points > 0:
            form.problem(
                key,
                "finer_than_points",
                f"{decimal_text(points)} points of `{program}` are finer than its `scale` of {scale}",
                "write points that the program can hold, or give it a larger `scale`",
            )
        return None

    def _check(self, reward: Reward, form: NodeForm) -> None:
        most, cost = reward.at_most, reward.cost
        units = max(1, -(-(reward.at_least or 0) // cost))
        if most is not None and units * cost > most:
            form.problem(
                "at_most",
                "reward_out_of_reach",
                f"no number of units of `{reward.id}` lies between `at_least` and `at_most`",
                "`cost` is one unit, and only whole units are taken",
            )
        discounts = [
            award
            for award in reward.rule.awards
            if award.benefit is not None and award.benefit.kind == "discount"
        ]
        for key in ("share_at_most", "share_at_least"):
            if form.has(key) and reward.rule.awards and not discounts:
                form.problem(
                    key,
                    "share_without_discount",
                    f"`{key}` bounds what is taken off the cart, and `{reward.id}` takes off nothing",
                    f"give a `discount`, or leave `{key}` out",
                )
        least, most_share = reward.share_at_least, reward.share_at_most
        if least is not None and most_share is not None and least > most_share:
            form.problem(
                "share_at_least",
                "reward_out_of_reach",
                f"no part of a cart lies between `share_at_least` and `share_at_most` of `{reward.id}`",
                "let `share_at_least` be the smaller one",
            )

    def _check_limits(self, limits: Iterable[Limit]) -> None:
        for limit in limits:
            if limit.what in ("amount", "quantity"):
                self._findings.add(
                    "limit_of_reward",
                    limit.span,
                    f"`{limit.what}` caps what a rule counts, and a reward is taken in units",
                    "write `times` (units) or `points` (what they cost)",
                )


def ids_of(rules: Iterable[Rule]) -> dict[str, Span]:
    """The ids of rules, with their places."""
    return {rule.id: rule.span for rule in rules}
