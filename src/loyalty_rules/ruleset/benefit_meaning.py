"""Checks of rewards and of what is given beside points, over the whole model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.engine.model import Award, Model, Reward, Rule
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.finite import read_by

_OF_CART: Final = ("amount", "quantity", "eligible", "order_total", "sum_of")
"""The sources of a quantity that stand in a cart."""


def check_benefits(model: Model, findings: Findings) -> None:
    """Run every check; each reports on its own."""
    _discounts(model, findings)
    _costs(model, findings)
    _fixed(model, findings)
    _groups(model, findings)
    for reward in model.rewards:
        if reward.automatic is not None:
            _without_cart(reward, findings)
    _rests(model, findings)


def _discounts(model: Model, findings: Findings) -> None:
    """A discount is taken off the present order, so there must be one."""
    kinds = {kind.name: kind for kind in model.kinds}
    for rule, award in _benefits(model.rules):
        assert award.benefit is not None, "it is a benefit"
        if award.benefit.kind != "discount":
            continue
        without = [name for name in rule.events if name in kinds and kinds[name].about != "order"]
        if without:
            findings.add(
                "discount_without_order",
                award.span,
                f"a discount is taken off the present order, and `{without[0]}` has none",
                "give a `voucher`, which is used later, or write `event: purchase`",
            )


def _fixed(model: Model, findings: Findings) -> None:
    """What a target gives belongs to no order that could be on its way."""
    for rule, award in _benefits([one for one in model.rules if not one.events]):
        if award.benefit is not None and award.benefit.fixed_after:
            findings.add(
                "fixed_after_target",
                award.span,
                f"`{rule.id}` gives when its target is reached, and no order holds what it gives",
                "leave `fixed_after` out, or give it by a rule on the purchase",
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


def _without_cart(reward: Reward, findings: Findings) -> None:
    """The clock brings no cart: what a reward chooses or takes off there is never there."""
    rule = reward.rule
    for award in rule.awards:
        benefit, quantity = award.benefit, award.quantity
        if benefit is not None and benefit.kind == "discount":
            what = "a discount is taken off the present order"
            _needs_cart(reward, award.span, what, findings)
        elif quantity is not None and any(one.source in _OF_CART for one in quantity.of):
            what = "it is given for what is bought"
            _needs_cart(reward, award.span, what, findings)
    asked = [one for one in (rule.items, rule.tenders) if one is not None]
    for formula in asked:
        what = f"`{formula.text}` chooses from what is bought"
        _needs_cart(reward, formula.span, what, findings)
    for formula in rule.when:
        if any(_is_of_cart(name) for name in read_by(formula)):
            what = f"`{formula.text}` asks what is bought"
            _needs_cart(reward, formula.span, what, findings)


def _needs_cart(reward: Reward, place: Span, what: str, findings: Findings) -> None:
    findings.add(
        "automatic_needs_cart",
        place,
        f"{what}, and the clock that takes `{reward.id}` brings no cart",
        "give a `voucher`, which is used later, or leave `automatic` out",
    )


def _is_of_cart(name: str) -> bool:
    return name in ("amount", "quantity") or name.startswith(("order.", "item.", "tender."))


def _rests(model: Model, findings: Findings) -> None:
    """What is left of the points of a program either stays or ends."""
    first: dict[str, Reward] = {}
    for reward in model.rewards:
        if reward.automatic is None:
            continue
        other = first.setdefault(reward.program, reward)
        if other.automatic is not None and other.automatic.rest != reward.automatic.rest:
            findings.add(
                "automatic_rests",
                reward.rule.span,
                f"`{reward.id}` and `{other.id}` say other things of what is left of `{reward.program}`",
                "write the same `rest` at both",
                related=((other.rule.span, "the other one stands here"),),
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
