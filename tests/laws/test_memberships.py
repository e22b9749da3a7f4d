"""Random lives of members of a paid club, beside a plain model: plans, last days, fees, refunds, refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules import Decision, MemberState, RuleSet, apply, parse_event
from loyalty_rules.domain.effects import Granted
from loyalty_rules.service.ledger import open_ledger
from loyalty_rules.service.member_standings import MemberStanding, member_standings
from tests.laws.plain_club import PRICES, TRIAL_DAYS, Club
from tests.semantics.shop import rules

START = date(2026, 1, 28)
DAYS = (0, 1, 2, 9, 10, 11, 27, 28, 29, 30, 31, 60, 90, 180, 181, 365, 366)
ACTS = ("join", "renew", "change", "cancel", "buy", "nothing")
PERK = (
    "{id: perk, event: purchase, when: club.active, give: {type: perk, name: early, worth: 3.00}}"
)
POLICIES = [
    (refund, change)
    for refund in ("pro_rata", "full_if_unused", "none")
    for change in ("pro_rata", "next_period")
]

acts = st.lists(
    st.tuples(st.sampled_from(DAYS), st.sampled_from(ACTS), st.sampled_from(sorted(PRICES))),
    max_size=14,
)


def club_of(refund: str, change: str) -> RuleSet:
    return rules(
        PERK,
        programs=f"""
        club:
          type: membership
          plans:
            year: {{price: 60.00, period: 1 year, trial: {TRIAL_DAYS} days}}
            half: {{price: 33.33, period: 6 months}}
            month: {{price: 6.90, period: 1 month}}
          refund: {refund}
          change: {change}
        """,
    )


RULES = {policy: club_of(*policy) for policy in POLICIES}


def event_of(number: int, day: date, act: str, plan: str) -> dict[str, object]:
    at = datetime.combine(day, time(12), UTC).isoformat()
    head: dict[str, object] = {"id": f"e-{number}", "member": "m-1", "occurred_at": at}
    head["sequence"] = number
    if act == "buy":
        line = {"sku": "A", "quantity": 1, "amount": "9.00"}
        return head | {"type": "purchase", "currency": "EUR", "lines": [line]}
    said = {"plan": plan} if act in ("join", "change") else {}
    return head | {"type": "membership", "action": act, **said}


def in_the_book(book: Club, day: date, act: str, plan: str) -> str:
    book.pass_to(day)
    if act == "join":
        return book.join(day, plan)
    if act == "renew":
        return book.renew("")
    if act == "change":
        return book.change_to(day, plan)
    if act == "cancel":
        return book.cancel(day)
    if act == "buy" and book.now is not None:
        book.used = True
    return ""


def settled(decision: Decision, kind: str) -> int:
    return sum(
        one.amount_minor or 0
        for one in decision.outcome.all_effects
        if isinstance(one, Granted) and one.kind == kind
    )


def stands(rule_set: RuleSet, state: MemberState) -> MemberStanding | None:
    return next(member_standings(rule_set.plan, state), None)


@pytest.mark.parametrize("policy", POLICIES, ids="-".join)
@given(life=acts)
def test_a_life_in_a_club_is_what_a_note_book_says(
    policy: tuple[str, str], life: list[tuple[int, str, str]]
) -> None:
    rule_set, book, state, day = RULES[policy], Club(*policy), MemberState("m-1"), START
    fees = refunds = 0
    for number, (days, act, plan) in enumerate(life):
        day += timedelta(days=days)
        wanted = in_the_book(book, day, act, plan)
        if act == "nothing":
            continue
        decision = rule_set.decide(parse_event(event_of(number, day, act, plan)), state)
        assert (decision.refusal.code if decision.refusal else "") == wanted, (day, act, plan)
        folded = state
        for effect in decision.outcome.all_effects:
            folded = apply(folded, effect)
        assert folded == decision.state
        state = decision.state
        fees += settled(decision, "fee")
        refunds += settled(decision, "refund")
        assert (fees, refunds) == (book.fees, book.refunds), (day, act, plan)
        if decision.status == "decided":
            agree(stands(rule_set, state), book)
    assert 0 <= refunds <= fees


def agree(found: MemberStanding | None, book: Club) -> None:
    if book.now is None:
        assert found is None
        return
    assert found is not None
    last = book.now.last.isoformat()
    says = (found.plan, found.through, found.is_trial, found.cancelled)
    assert says == (book.now.plan, last, book.now.is_trial, book.cancelled)
    assert found.next == (book.next.plan if book.next else "")


@given(life=acts)
def test_a_ledger_that_is_advanced_each_day_holds_the_same(
    life: list[tuple[int, str, str]],
) -> None:
    """Time is booked once, whoever comes first; what was booked is made again byte by byte."""
    rule_set, day = RULES["pro_rata", "pro_rata"], START
    clock = [datetime.combine(START, time(12), UTC)]
    with (
        open_ledger("memory:", rule_set, now=lambda: clock[0]) as eager,
        open_ledger("memory:", rule_set, now=lambda: clock[0]) as lazy,
    ):
        for number, (days, act, plan) in enumerate(life):
            day += timedelta(days=days)
            clock[0] = datetime.combine(day, time(12), UTC)
            eager.advance()
            if act != "nothing":
                event = parse_event(event_of(number, day, act, plan))
                assert eager.record(event).status == lazy.record(event).status
        both = [one.statement("m-1") for one in (eager, lazy)]
        assert both[0].memberships == both[1].memberships
        for ledger in (eager, lazy):
            assert ledger.rebuild().is_identical
            assert ledger.verify().findings == []
