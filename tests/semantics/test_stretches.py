"""Turns of the clock that come to the same: one entry for a stretch, and the state of turn after turn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import MemberState, RuleSet, open_ledger, parse_event
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.stretches import EACH_TURN
from loyalty_rules.engine.time import due, next_due
from tests.ledger.shop import sound
from tests.semantics.shop import BASE, decide, history, purchase, rules

DAILY = "{id: daily, event: clock, every: day, give: {type: points, program: beans, points: 2}}"
GOLD = (
    "{id: gold, event: clock, every: day, when: 'status.level == \"gold\"',"
    " give: {type: bonus, program: beans, points: 3}}"
)
STATUS = """
status:
  type: tiers
  window: %s
  keep: {through: %s}
  levels: [{id: basic}, {id: gold, at: {spend: 100}}]
"""
EXPIRY = (
    "never",
    "{after: 20 days}",
    "{after: 2 months, to_end_of: month}",
    "{end_of: quarter}",
    "{after: 30 days, from: activity}",
    "{by: status, is: {basic: {after: 9 days}, gold: never}}",
)
START = datetime(2026, 3, 10, 12, tzinfo=UTC)


def one_by_one(rule_set: RuleSet, state: MemberState, to: datetime) -> MemberState:
    """Where a member stands when each instant is decided by itself."""
    plan = rule_set.plan
    while (at := next_due(plan, state)) is not None and at <= to:
        state = due(plan, state, at).state
    return state


def in_parts(rule_set: RuleSet, state: MemberState, cuts: Iterable[datetime]) -> MemberState:
    for cut in cuts:
        if state.clock is None or cut >= state.clock:
            for decision in rule_set.advance(state, cut):
                assert write_state(fold(state, decision.effects)) == write_state(decision.state)
                state = decision.state
    return state


def test_five_years_of_days_are_one_outcome() -> None:
    rule_set = rules(BASE, DAILY)
    state = decide(rule_set, purchase("10.00")).state
    to = START + timedelta(days=1826)
    [decision] = rule_set.advance(state, to)
    assert (decision.points, len(decision.state.lots["beans"])) == ({"beans": 3652}, 1827)
    assert write_state(decision.state) == write_state(one_by_one(rule_set, state, to))
    [trace] = decision.trace
    assert (trace.reason, trace.detail) == (EACH_TURN, "1826")
    assert "the same at each of 1826 turns" in str(decision.explain())
    later = decide(rule_set, purchase("1.00", id="p-2", at="2026-03-20T12:00:00Z"), state)
    told = "daily gave 20 beans, in 10 turns from Wednesday 2026-03-11 00:00 on"
    assert told in str(later.explain())


def program(random: Random) -> RuleSet:
    expiry = random.choice(EXPIRY)
    window = random.choice(["month", "quarter", "last 30 days", "ever"])
    keep = random.choice(["window", "10 days", *([] if window == "ever" else ["next_window"])])
    lines = [DAILY, GOLD, "{id: weekly, event: clock, every: week, at: start, give: "]
    lines[2] += "{type: bonus, program: beans, points: 5}}"
    chosen = random.sample(lines, random.randint(1, 3))
    more = ""
    if random.random() < 0.3:
        more = "counters: {all_beans: beans.earned}"
    if random.random() < 0.3:
        give = "{type: voucher, amount: 1.00, valid: 9 days}"
        every = random.choice(["month", "week", "day"])
        more += f"\nrewards: {{v: {{cost: {{program: beans, points: 40}}, give: {give},"
        more += f" automatic: {{every: {every}, rest: carry}}}}}}"
    pending = random.choice(["", "", "pending: 3 days"])
    if expiry == "{after: 20 days}" and pending:
        pending = ""
    return rules(
        BASE, *chosen, expiry=expiry, points=pending, programs=STATUS % (window, keep), more=more
    )


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=15)
def test_it_does_not_matter_how_often_time_is_advanced(seed: int) -> None:
    random = Random(seed)
    rule_set = program(random)
    events = [
        purchase(
            f"{random.choice([5, 60, 120])}.00", id=f"p-{n}", at=f"2026-03-{1 + 3 * n:02}T12:00:00Z"
        )
        for n in range(random.randint(1, 3))
    ]
    state = history(rule_set, events)[-1].state
    to = START + timedelta(days=random.randint(1, 200), hours=random.randrange(24))
    hours = sorted(random.randrange(24 * 200) for _ in range(random.randint(0, 9)))
    cuts = [at for hour in hours if (at := START + timedelta(hours=hour)) < to]
    whole = write_state(one_by_one(rule_set, state, to))
    assert write_state(in_parts(rule_set, state, [to])) == whole
    assert write_state(in_parts(rule_set, state, [*cuts, to])) == whole


@pytest.mark.parametrize(
    ("line", "entries"),
    [
        pytest.param(DAILY, 1, id="a constant"),
        pytest.param(GOLD, 1, id="nothing each day"),
        pytest.param(
            DAILY.replace("every: day", "every: day, limit: {points: 30}"), 60, id="a limit"
        ),
        pytest.param(
            DAILY.replace("every: day", "every: day, when: beans.balance >= 20"), 60, id="a balance"
        ),
        pytest.param(
            DAILY.replace("every: day", "every: day, during: {weekdays: [mon]}"), 60, id="a weekday"
        ),
        pytest.param(
            DAILY.replace("every: day", "every: day, when: days_since(member.joined) > 9"),
            60,
            id="days",
        ),
        pytest.param(
            "{id: tea, event: clock, every: day, give: {type: perk, name: tea}}", 60, id="a perk"
        ),
    ],
)
def test_what_is_one_entry_and_what_is_one_each(line: str, entries: int) -> None:
    rule_set = rules(BASE, line, programs=STATUS % ("ever", "window"))
    now = [START]
    with sound(open_ledger("memory:", rule_set, now=lambda: now[0])) as ledger:
        ledger.record(parse_event(purchase("10.00")))
        now[0] += timedelta(days=60)
        assert ledger.advance(now[0]).entries == entries


def test_what_ends_in_between_has_entries_of_its_own() -> None:
    rule_set = rules(BASE, DAILY, expiry="{end_of: month}")
    state = decide(rule_set, purchase("10.00")).state
    decisions = rule_set.advance(state, datetime(2026, 5, 15, tzinfo=UTC))
    assert [one.points["beans"] for one in decisions] == [42, -52, 58, -58, 28]


def test_a_late_event_in_the_middle_of_a_stretch_takes_its_place() -> None:
    rule_set = rules(BASE, GOLD, programs=STATUS % ("ever", "window"))
    now = [START]
    late = purchase("200.00", id="p-late", at="2026-03-20T12:00:00Z")
    with (
        sound(open_ledger("memory:", rule_set, now=lambda: now[0])) as ledger,
        sound(open_ledger("memory:", rule_set, now=lambda: now[0])) as in_order,
    ):
        for one in (ledger, in_order):
            one.record(parse_event(purchase("10.00")))
        now[0] += timedelta(days=10)
        in_order.record(parse_event(late))
        now[0] += timedelta(days=20)
        ledger.advance(now[0])
        in_order.advance(now[0])
        receipt = ledger.record(parse_event(late))
        assert receipt.late
        states = [write_state(next(iter(one.states()))) for one in (ledger, in_order)]
        assert states[0] == states[1]
