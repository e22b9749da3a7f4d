"""What the page of memberships shows is true: each row of its tables is what the act comes to."""

from __future__ import annotations

import re
from datetime import datetime

import loyalty_rules as lr
from loyalty_rules.domain.effects import Granted
from loyalty_rules.domain.state import MemberState
from loyalty_rules.service.loading import load_text
from loyalty_rules.service.member_standings import member_standings
from tests.house.laws import ROOT
from tests.house.test_language_pages import PART, completed, rows

PAGE = (ROOT / "docs" / "programs" / "membership.md").read_text("utf-8")
HEAD = "| a member, on | does | pays | gets back | and stands |"


def acted(rules: lr.RuleSet, state: MemberState, day: str, act: str) -> tuple[lr.Decision, ...]:
    """What a row of the table does at noon of its day; ``nothing`` lets time pass."""
    at = f"{day}T12:00:00Z"
    if act == "nothing":
        return rules.advance(state, datetime.fromisoformat(at))
    action, _, plan = act.partition(" ")
    event = {"id": f"{day} {act}", "type": "membership", "member": "m-1", "occurred_at": at}
    said = event | {"action": action} | ({"plan": plan} if plan else {})
    return (rules.decide(lr.parse_event(said), state),)


def money(decisions: tuple[lr.Decision, ...], kind: str) -> str:
    effects = (one for decision in decisions for one in decision.outcome.effects)
    minor = sum(
        one.amount_minor or 0 for one in effects if isinstance(one, Granted) and one.kind == kind
    )
    return f"{minor // 100}.{minor % 100:02}"


def stands(rules: lr.RuleSet, state: MemberState) -> str:
    found = [f"{one.plan} through {one.through}" for one in member_standings(rules.plan, state)]
    return found[0] if found else "nowhere"


def test_every_row_of_the_page_is_what_the_act_comes_to() -> None:
    told = 0
    rules = None
    for block, table in PART.findall(PAGE):
        if block:
            rules = load_text(completed(block))
        elif table.startswith(HEAD):
            assert rules is not None
            state = MemberState("m-1")
            for day, act, pays, back, where in rows(table):
                decisions = acted(rules, state, day, act)
                assert all(one.status == "decided" for one in decisions), (day, act)
                state = decisions[-1].state if decisions else state
                got = (money(decisions, "fee"), money(decisions, "refund"), stands(rules, state))
                assert (pays, back, where) == got, (day, act)
                told += 1
    assert told >= 9


def test_every_code_of_the_page_is_one_that_the_engine_gives() -> None:
    engine = (ROOT / "src/loyalty_rules/engine/membership_events.py").read_text("utf-8")
    given = set(re.findall(r'Refused\(\s*"(\w+)"', engine)) - {"unknown_program"}
    table = PAGE.partition("| `action` | | refused |")[2].partition("\n\n")[0]
    told = {code for row in rows("a" + table) for code in re.findall(r"`(\w+)`", row[2])}
    assert told == given
