"""Checks of rewards and of what is given beside points, over the whole model."""

from __future__ import annotations

from collections.abc import Iterator

from loyalty_rules.engine.model import Award, Model, Rule
from loyalty_rules.ruleset.findings import Findings


def check_benefits(model: Model, findings: Findings) -> None:
    """Run every check; each reports on its own."""
    _discounts(model, findings)
    _costs(model, findings)
    _groups(model, findings)


def _discounts(model: Model, findings: Findings) -> None:
    """A discount is taken off the present order, so there must be one."""
    kinds = {kind.name: kind for kind in model.kinds}
    for rule, award in _benefits(model.rules):
        assert award.benefit is not None, "it is a benefit"
        if award.benefit.kind != "discount":
            continue
        without = [name for name in rule.events if kinds[name].about != "order"]
        if without:
            findings.add(
                "discount_without_order",
                award.span,
                f"a discount is taken off the present order, and `{without[0]}` has none",
                "give a `voucher`, which is used later, or write `event: purchase`",
            )


def _costs(model: Model, findings: Findings) -> None:
    spendable = {account.id: account.spendable for account in model.accounts}
    for reward in model.rewards:
        if not spendable.get(reward.program, True):
            findings.add(
                "not_spendable",
                reward.rule.span,
                f"`{reward.id}` costs points of `{reward.program}`, which are not spent",
                "take `spendable: false` from the program, or name another one",
            )


def _groups(model: Model, findings: Findings) -> None:
    """``best`` and ``worst`` compare worth: money off is money, but a product or a perk has no price here."""
    for group in model.groups:
        if group.choose not in ("best", "worst"):
            continue
        members = [rule for rule in model.rules if rule.group == group.id]
        for _, award in _benefits(members):
            assert award.benefit is not None, "it is a benefit"
            if award.benefit.unit != "money":
                findings.add(
                    "group_without_worth",
                    award.span,
                    f"`{group.choose}` compares worth, and this `{award.type}` has no amount of money",
                    "write `choose: highest_priority`, or give an `amount`",
                )


def _benefits(rules: tuple[Rule, ...] | list[Rule]) -> Iterator[tuple[Rule, Award]]:
    return ((rule, award) for rule in rules for award in rule.awards if award.benefit is not None)
