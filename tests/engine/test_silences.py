"""Rules of the clock that wait until a member has done nothing for a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loyalty_rules import Event, MemberState, RuleSet, parse_event
from loyalty_rules.engine.lots import balance
from loyalty_rules.service.ledger import open_ledger
from tests.semantics.shop import decide, purchase, rules

BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"
SILENT = "{id: miss-you, event: clock, every: %s, give: {type: bonus, program: beans, points: 100}}"


def waiting(every: str) -> RuleSet:
    return rules(BASE, SILENT % every)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def beans(rule_set: RuleSet, state: MemberState, when: str) -> int:
    """What a member has at an instant, if nothing happens until then."""
    passed = rule_set.advance(state, at(when))
    return balance(passed[-1].state if passed else state, "beans")


def checkin(day: str) -> dict[str, object]:
    head = {"id": f"c-{day}", "type": "checkin", "member": "m-1"}
    return {**head, "occurred_at": f"{day}T12:00:00Z"}


@pytest.mark.parametrize(
    ("every", "before", "then"),
    [
        pytest.param(
            "{inactive: 90 days}", "2026-06-08T23:59+02:00", "2026-06-09T00:00+02:00", id="days"
        ),
        pytest.param(
            "{inactive: 1 month}", "2026-04-10T23:59+02:00", "2026-04-11T00:00+02:00", id="month"
        ),
        pytest.param("{inactive: 36 hours}", "2026-03-11T23:59Z", "2026-03-12T00:00Z", id="hours"),
    ],
)
def test_a_silence_is_full_when_its_last_day_is_over(every: str, before: str, then: str) -> None:
    rule_set = waiting(every)
    state = decide(rule_set, purchase("10.00", at="2026-03-10T12:00:00Z")).state
    assert beans(rule_set, state, before) == 10
    assert beans(rule_set, state, then) == 110


def test_it_is_told_once_until_something_happens_again() -> None:
    rule_set = waiting("{inactive: 30 days}")
    state = decide(rule_set, purchase("10.00", at="2026-03-10T12:00:00Z")).state
    assert beans(rule_set, state, "2027-03-10T12:00Z") == 110
    again = decide(rule_set, purchase("10.00", id="p-2", at="2026-09-10T12:00:00Z"), state).state
    assert beans(rule_set, again, "2026-09-10T12:00Z") == 120
    assert beans(rule_set, again, "2027-03-10T12:00Z") == 220


def test_only_what_counts_as_activity_breaks_it() -> None:
    rule_set = waiting("{inactive: 30 days, activity: [purchase]}")
    state = decide(rule_set, purchase("10.00", at="2026-03-10T12:00:00Z")).state
    state = decide(rule_set, checkin("2026-04-01"), state).state
    assert beans(rule_set, state, "2026-04-10T12:00Z") == 110
    every_kind = waiting("{inactive: 30 days}")
    state = decide(every_kind, purchase("10.00", at="2026-03-10T12:00:00Z")).state
    state = decide(every_kind, checkin("2026-04-01"), state).state
    assert beans(every_kind, state, "2026-04-10T12:00Z") == 10
    assert beans(every_kind, state, "2026-05-02T12:00Z") == 110


def test_who_never_did_anything_is_not_missed() -> None:
    rule_set = waiting("{inactive: 30 days, activity: [purchase]}")
    state = decide(rule_set, checkin("2026-03-10")).state
    assert beans(rule_set, state, "2027-03-10T12:00Z") == 0


def test_an_order_that_comes_late_takes_back_what_its_silence_gave() -> None:
    rule_set = waiting("{inactive: 30 days}")
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    with open_ledger("memory:", rule_set, now=lambda: now) as ledger:
        ledger.record(_bought("p-1", "2026-03-10"))
        ledger.advance()
        assert ledger.balance("m-1")["beans"].available == 110
        late = ledger.record(_bought("p-2", "2026-04-05"))
        assert late.late and ledger.balance("m-1")["beans"].available == 20
        assert ledger.rebuild().is_identical and ledger.verify().findings == []


def _bought(id: str, day: str) -> Event:
    return parse_event(purchase("10.00", id=id, at=f"{day}T12:00:00Z"))
