"""Members whom rules leave out: always the same, as many as was said, each name apart."""

from __future__ import annotations

import re
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules import Decision, MemberState, RuleSet, parse_event
from loyalty_rules.engine.holdout import Holdout, is_held_out
from loyalty_rules.service.loading import load_text
from tests.house.laws import ROOT
from tests.semantics.shop import purchase, rules

MEMBERS = [f"m-{number:05}" for number in range(10_000)]
BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"
DOUBLE = "{id: double, event: purchase, %s, give: {type: multiplier, program: beans, times: 2}}"


def of(name: str, share: Fraction | str = Fraction(1, 10)) -> set[str]:
    """Whom a name leaves out."""
    return {one for one in MEMBERS if is_held_out(Holdout(name, Fraction(share)), one)}


def buys(rule_set: RuleSet, member: str) -> Decision:
    event = parse_event({**purchase("10.00"), "member": member})
    return rule_set.decide(event, MemberState(member))


def test_the_hash_is_what_the_page_says() -> None:
    """Anybody can work it out without this package."""
    for member in MEMBERS[:200]:
        first = int(sha256(b"spring\0" + member.encode()).hexdigest()[:16], 16)
        assert is_held_out(Holdout("spring", Fraction(1, 10)), member) == (first / 2**64 < 0.1)


def test_a_share_of_all_members_is_left_out() -> None:
    assert 900 < len(of("spring")) < 1100
    assert 4800 < len(of("spring", "1/2")) < 5200


def test_names_have_nothing_to_do_with_each_other() -> None:
    both = of("spring", "1/2") & of("autumn", "1/2")
    assert 2300 < len(both) < 2700


@given(st.fractions(0, 1), st.fractions(0, 1), st.text(max_size=20))
def test_a_smaller_share_lies_within_a_larger_one(
    one: Fraction, other: Fraction, member: str
) -> None:
    small, large = sorted((one, other))
    if is_held_out(Holdout("spring", small), member):
        assert is_held_out(Holdout("spring", large), member)


def test_a_rule_leaves_out_whom_its_name_says_and_explains_it() -> None:
    rule_set = rules(BASE, DOUBLE % "holdout: {share: 50 %, name: spring}")
    out = of("spring", "1/2")
    for member in MEMBERS[:40]:
        decision = buys(rule_set, member)
        assert decision.points["beans"] == (10 if member in out else 20)
        [double] = [one for one in decision.trace if one.rule == "double"]
        assert (double.reason, double.detail) == (
            ("holdout", "spring") if member in out else ("", "")
        )
    left_out = next(one for one in MEMBERS if one in out)
    said = str(buys(rule_set, left_out).explain())
    assert "left out: the member is of the 50 % of `spring`" in said


def test_rules_without_a_name_have_groups_of_their_own() -> None:
    rule_set = rules(BASE, DOUBLE % "holdout: 50 %")
    [held] = [one for one in rule_set.plan.model.rules if one.id == "double"]
    assert held.holdout == Holdout("double", Fraction(1, 2))


def test_a_rule_that_leaves_somebody_out_stands_in_nobodys_way() -> None:
    rule_set = rules(
        BASE,
        "{id: strong, event: purchase, group: one, priority: 9, holdout: {share: 99 %, name: a},"
        " give: {type: multiplier, program: beans, times: 3}}",
        "{id: weak, event: purchase, group: one, give: {type: multiplier, program: beans, times: 2}}",
        more="groups: {one: {choose: highest_priority}}",
    )
    out = of("a", "99/100")
    inside = next(one for one in MEMBERS if one not in out)
    outside = next(one for one in MEMBERS if one in out)
    assert buys(rule_set, inside).points["beans"] == 30
    assert buys(rule_set, outside).points["beans"] == 20


@pytest.mark.parametrize("side", [True, False], ids=["left out", "not"])
def test_a_return_takes_what_was_given_to_this_side(side: bool) -> None:
    rule_set = rules(BASE, DOUBLE % "holdout: {share: 50 %, name: spring}")
    member = next(one for one in MEMBERS if (one in of("spring", "1/2")) is side)
    bought = buys(rule_set, member)
    back = {"id": "r-1", "type": "cancellation", "member": member, "order": "p-1"}
    event = parse_event({**back, "occurred_at": "2026-03-20T12:00:00Z"})
    returned = rule_set.decide(event, bought.state, bought.outcome.order)
    assert returned.points["beans"] == (-10 if side else -20)
    assert returned.state.lots == {}


def test_the_page_of_holdouts_says_what_is_so() -> None:
    page = (ROOT / "docs" / "holdouts.md").read_text("utf-8")
    [block] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    model = load_text(block).plan.model
    assert {one.holdout for one in model.rules} == {None, Holdout("spring", Fraction(1, 10))}
    assert not is_held_out(Holdout("spring", Fraction(1, 10)), "m-00042") and "# False" in page
