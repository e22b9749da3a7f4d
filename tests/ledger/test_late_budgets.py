"""Late events beside budgets: members were served in the order of booking, and keep what they were served."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules import Event, Ledger, RuleSet, parse_event
from loyalty_rules.base.records import replace
from loyalty_rules.ledger.drivers.memory import MemoryStore
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, STORES, Opener, back, beans, bought, opener, sound
from tests.ledger.test_budgets import POINTS, campaign, used
from tests.ledger.test_redemptions import code, taken, undone
from tests.semantics.shop import rules

RULES = campaign()


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def by(member: str, amount: str, day: str, id: str = "") -> Event:
    return bought(amount, id=id or f"{member}-{amount}", member=member, day=day)


def test_a_late_event_gets_what_is_left_and_takes_nothing_from_anybody(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        ledger.record(by("ana", "60.00", "2026-11-10"))
        ledger.record(by("ben", "30.00", "2026-11-11"))
        late = ledger.record(by("ana", "50.00", "2026-11-05"))
        assert late.late and late.points == {"beans": 10}
        assert (beans(ledger, "ana"), beans(ledger, "ben")) == (70, 30)
        assert used(ledger) == {POINTS: 100}
        assert ledger.record(by("ana", "20.00", "2026-11-04")).points == {}


def test_what_a_late_event_was_served_it_keeps_when_another_one_comes(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        ledger.record(by("ana", "60.00", "2026-11-10"))
        ledger.record(by("ana", "30.00", "2026-11-08"))
        ledger.record(by("ben", "50.00", "2026-11-11"))
        ledger.record(by("ana", "20.00", "2026-11-07"))
        assert (beans(ledger, "ana"), beans(ledger, "ben")) == (90, 10)
        assert used(ledger) == {POINTS: 100}


def test_a_late_return_makes_room_for_what_came_after_it(open_one: Opener) -> None:
    """60 and 60 of 100 gave 60 and 40; the first came back between them."""
    with sound(open_one(RULES)) as ledger:
        ledger.record(by("ana", "60.00", "2026-11-05"))
        ledger.record(by("ana", "60.00", "2026-11-10", id="second"))
        assert beans(ledger, "ana") == 100
        ledger.record(back("ana-60.00", member="ana", day="2026-11-07"))
        assert beans(ledger, "ana") == 60
        assert used(ledger) == {POINTS: 60}


def test_what_others_had_of_a_return_is_not_theirs_to_lose(open_one: Opener) -> None:
    """An order and its return are told again; what came back had gone to somebody else since."""
    with sound(open_one(RULES)) as ledger:
        ledger.record(by("ana", "80.00", "2026-11-05"))
        ledger.record(back("ana-80.00", member="ana", day="2026-11-07"))
        ledger.record(by("ben", "90.00", "2026-11-08"))
        ledger.record(by("ana", "30.00", "2026-11-04"))
        assert (beans(ledger, "ana"), beans(ledger, "ben")) == (10, 90)
        assert used(ledger) == {POINTS: 100}


def test_rules_of_the_clock_keep_what_they_were_served(open_one: Opener) -> None:
    give = "{type: bonus, program: beans, points: 1, per: 10.00, of: 'within(spend, \"month\")'}"
    monthly = rules(
        "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}",
        f"{{id: monthly, event: clock, every: month, give: {give}, budget: {{points: 20}}}}",
    )
    with sound(open_one(monthly)) as ledger:
        for who, amount in (("ana", "100.00"), ("ben", "200.00")):
            ledger.record(by(who, amount, "2026-11-10"))
        ledger.advance()
        assert (beans(ledger, "ana"), beans(ledger, "ben")) == (110, 210)
        ledger.record(by("ana", "50.00", "2026-11-09"))
        assert beans(ledger, "ana") == 160  # the budget is used up: nothing for November
        assert used(ledger) == {"~all.budget.rule.monthly.points per ever": 20}


MEMBERS = ("ana", "ben", "cem")
CAPS = {
    "~all.budget.rule.base.points per ever": 60,
    "~all.budget.group.both.times per month": 3,
    "~all.budget.reward.mug.times per ever": 2,
    "~all.budget.rule.card.times per ever": 2,
}


def everything(over: str = "trim", counts: str = "net") -> RuleSet:
    """Budgets of a rule, of a group, of a challenge, and a stock."""
    more = """
    groups:
      both: {choose: best, budget: {times: 3, per: month}}
    rewards:
      mug: {cost: {program: beans, points: 5}, give: {type: product, sku: MUG}, budget: {times: 2}}
    """
    programs = """
    card:
      type: challenge
      counts: {event: purchase}
      target: 2
      repeat: true
      rest: carry
      budget: {times: 2}
      give: {type: bonus, program: beans, points: 7}
    """
    give = "{type: points, program: beans, points: 1, per: 1.00}"
    budget = f"{{points: 60, over: {over}, cap_counts: {counts}}}"
    return rules(
        f"{{id: base, event: purchase, give: {give}, budget: {budget}}}",
        "{id: big, event: purchase, group: both, when: order.total >= 20.00,"
        " give: {type: bonus, program: beans, points: 9}}",
        "{id: small, event: purchase, group: both, give: {type: bonus, program: beans, points: 3}}",
        programs=programs,
        more=more,
    )


RULE_SETS = [everything(over, counts) for over in ("trim", "skip") for counts in ("net", "gross")]


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """Purchases, returns of them, redemptions and their cancellations, of three members, in any order."""
    events: list[Event] = []
    for number in range(draw(st.integers(1, 8))):
        who = draw(st.sampled_from(MEMBERS))
        day = draw(st.integers(1, 24))
        lines = draw(st.lists(st.sampled_from(("5.00", "12.00", "25.00")), min_size=1, max_size=2))
        order = f"o-{number}"
        events.append(bought(*lines, id=order, member=who, day=f"2026-11-{day:02}"))
        if draw(st.booleans()):
            part = () if draw(st.booleans()) else (("1", 1),)
            later = f"2026-11-{day + draw(st.integers(1, 5)):02}"
            events.append(back(order, *part, id=f"r-{number}", member=who, day=later))
        if draw(st.integers(0, 2)) == 0:
            later = f"2026-11-{day + draw(st.integers(1, 5)):02}"
            events.append(replace(taken(f"t-{number}", day=later, mug=1), member=who))
            if draw(st.booleans()):
                again = undone(f"u-{number}", f"t-{number}", day=later)
                events.append(replace(again, member=who))
    return draw(st.permutations(events))


def conserved(ledger: Ledger) -> None:
    """Every counter is what the entries say (so `verify` finds), never below zero and never above its cap."""
    report = ledger.verify(seal=False)
    assert report.findings == []
    for counter, days in ledger.shared().counters.items():
        values = [value for value in days.values() if isinstance(value, int)]
        assert len(values) == len(days)
        assert 0 <= sum(values) <= CAPS[counter], counter


def delivered(ledger: Ledger, events: Iterable[Event]) -> None:
    for event in events:
        ledger.record(event)
        conserved(ledger)


@given(st.sampled_from(RULE_SETS), lives())
def test_no_order_of_delivery_overdraws_a_budget(rule_set: RuleSet, events: list[Event]) -> None:
    store = MemoryStore()
    with open_ledger(store, rule_set, now=lambda: NOW) as ledger:
        delivered(ledger, events)
        assert ledger.rebuild().is_identical


@given(st.sampled_from(RULE_SETS), lives())
def test_what_is_sent_again_uses_nothing_again(rule_set: RuleSet, events: list[Event]) -> None:
    with open_ledger(MemoryStore(), rule_set, now=lambda: NOW) as ledger:
        booked = [event for event in events if ledger.record(event).status == "booked"]
        before = ledger.shared()
        for event in booked:
            assert ledger.record(event).status == "duplicate"
        assert ledger.shared() == before


def test_a_stock_taken_meanwhile_is_not_taken_away(open_one: Opener) -> None:
    """A redemption that is told again keeps its piece, though none is left."""
    with sound(open_one(RULES)) as ledger:
        ledger.record(by("ana", "50.00", "2026-11-01"))
        ledger.record(by("ben", "50.00", "2026-11-01"))
        ledger.record(replace(taken("a", day="2026-11-10", mug=2), member="ana"))
        ledger.record(replace(taken("b", day="2026-11-09", mug=1), member="ben"))
        late = parse_event(
            {
                "id": "checked",
                "type": "checkin",
                "member": "ana",
                "occurred_at": "2026-11-05T12:00:00Z",
            }
        )
        assert ledger.record(late).late
        assert code(ledger.record(replace(taken("c", day="2026-11-12", mug=1), member="ben"))) == (
            "out_of_stock"
        )
        assert beans(ledger, "ana") == 30
