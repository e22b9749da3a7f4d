"""An explanation says of every rule what it gave and why, and adds up to its decision."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import loyalty_rules as lr
from loyalty_rules.base.period import Window
from loyalty_rules.base.records import replace
from loyalty_rules.service.explanation import Explanation, RuleReport
from loyalty_rules.service.wording import window_text
from tests.service.examples import CLUB, club, purchase

GOLDEN = Path(__file__).parents[1] / "golden" / "explain"
RULES = club()


def about(rule: str, event: lr.Event, rules: lr.RuleSet = RULES) -> RuleReport:
    return next(one for one in rules.decide(event).explain().rules if one.rule == rule)


def text_about(rule: str, event: lr.Event) -> str:
    """The lines of the text that speak of one rule."""
    blocks = str(RULES.decide(event).explain()).split("\n\n")
    return next(block for block in blocks if block.startswith(rule))


def test_a_whole_explanation_reads_well(golden: Callable[[Path, str], None]) -> None:
    spent = RULES.decide(purchase("80.00", at="2026-03-02T09:00")).state
    tenders = [{"type": "card", "amount": "45.50"}]
    order = purchase("45.50", "2026-03-07T10:00", tenders=tenders, id="e-2", order="o-2")
    golden(GOLDEN / "club.txt", f"{RULES.decide(order, spent).explain()}\n")


def test_e14_a_condition_shows_what_it_asked_and_what_it_found() -> None:
    gift = {"kind": "gift_card", "id": "2", "quantity": 1, "amount": "10.00"}
    event = purchase(lines=[{"id": "1", "quantity": 1, "amount": "45.00"}, gift])
    assert "`beans.eligible >= 50.00`: no, it was 45.00" in text_about("big", event)


def test_e56_a_level_says_what_is_missing() -> None:
    rules = club(CLUB.replace("limit: {points: 100, per: month}", "limit: none"))
    member = rules.new_member("ana")
    for number, (amount, tender) in enumerate([("300.00", "card"), ("400.00", "cash")]):
        event = purchase(
            amount,
            id=f"e-{number}",
            order=f"o-{number}",
            tenders=[{"type": tender, "amount": amount}],
        )
        decision = rules.decide(event, member)
        member = decision.state
    (level,) = decision.explain().levels
    assert (level.before, level.after, level.next) == ("green", "green", "gold")
    assert [one.missing for one in level.missing] == ["25 qualifying points"]
    assert "25 qualifying points missing" in str(decision.explain())


@pytest.mark.parametrize(
    ("rule", "event", "outcome", "reason", "why"),
    [
        pytest.param("big", purchase("50.00"), "gave", "", "", id="it simply gave"),
        pytest.param(
            "double",
            purchase("30.00", "2026-03-07T10:00"),
            "lost",
            "exclusive_group",
            "lost to `triple`, which stands in the same group `campaign`",
            id="another rule of its group won",
        ),
        pytest.param(
            "base",
            purchase("130.00"),
            "gave",
            "limit",
            "the limit of this rule, 100 points a month, takes 30 beans away; 100 left",
            id="a limit trims it",
        ),
        pytest.param(
            "triple",
            purchase("30.00"),
            "not_gave",
            "outside_during",
            "not open then: it is open on Saturday, it was Friday 2026-03-06 10:00",
            id="on another day",
        ),
        pytest.param(
            "cake",
            purchase(line={"category": "tea"}),
            "not_gave",
            "no_items",
            'no line of the order meets `item.category == "cake"`',
            id="nothing of the kind was bought",
        ),
        pytest.param(
            "cake",
            purchase(),
            "not_gave",
            "missing",
            "missing: item.category",
            id="nobody said what was bought",
        ),
        pytest.param(
            "card",
            purchase(tenders=[{"type": "cash", "amount": "30.00"}]),
            "not_gave",
            "no_tenders",
            'nothing was paid by `tender.type == "card"`',
            id="paid otherwise",
        ),
        pytest.param(
            "cents",
            purchase(),
            "not_gave",
            "zero",
            "it comes to less than one point",
            id="too little for one point",
        ),
        pytest.param(
            "refill",
            purchase(),
            "not_gave",
            "zero",
            "the step of 50.00 EUR is not full yet: 20.00 EUR missing",
            id="a step is not full",
        ),
    ],
)
def test_the_reason_is_a_sentence(
    rule: str, event: lr.Event, outcome: str, reason: str, why: str
) -> None:
    found = about(rule, event)
    assert (found.outcome, found.reason, found.why) == (outcome, reason, why)


def test_a_value_that_nobody_told_is_named() -> None:
    (condition,) = about("table", purchase()).conditions
    assert condition.truth is None
    assert condition.parts[0].unknown == ("event.table",)
    assert '`event.table == "t-1" (at_a_table)`: unknown, missing: event.table' in text_about(
        "table", purchase()
    )


def test_every_part_of_a_condition_has_its_value() -> None:
    event = purchase(attributes={"table": "t-2"})
    (condition,) = about("table", event).conditions
    assert [(part.truth, dict(part.values)) for part in condition.parts] == [
        (False, {"event.table": '"t-2"'}),
        (True, {"order.total": "30.00"}),
    ]


def test_it_says_which_lines_count() -> None:
    lines = [
        {"id": name, "quantity": 1, "amount": "4.00", "category": category}
        for name, category in [("a", "tea"), ("b", "cake"), ("c", "cake")]
    ]
    assert about("cake", purchase(lines=lines)).counted == ("b", "c")
    assert about("base", purchase(lines=lines)).counted is None


def test_it_points_at_the_rule_in_the_file() -> None:
    lines = CLUB.splitlines()
    for report in RULES.decide(purchase()).explain().rules:
        assert report.file == "rules.yaml"
        assert report.rule in lines[report.line - 1]


def test_points_have_the_digits_of_their_scale() -> None:
    scaled = club(
        CLUB.replace("qualifying: {type: points,", "qualifying: {type: points, scale: 2,")
    )
    tenders = [{"type": "card", "amount": "7.45"}]
    found = scaled.decide(purchase("7.45", tenders=tenders)).explain()
    assert found.points_text["qualifying"] == "7.45 qualifying"
    points = found.as_json()["points"]
    assert points == {"beans": 14, "qualifying": "7.45"}


def test_a_refused_event_says_why() -> None:
    text = str(RULES.decide(purchase(currency="USD")).explain())
    assert text.splitlines()[1].startswith("refused, other_currency at `currency`: ")


def test_a_merge_says_that_a_ledger_decides_it() -> None:
    event = lr.parse_event(
        {
            "id": "r",
            "type": "merge",
            "member": "ana",
            "occurred_at": "2026-03-07T10:00:00Z",
            "into": "bea",
        }
    )
    text = str(RULES.decide(event).explain())
    assert text.endswith("not decided: a ledger decides it, with the histories of both")


def test_nothing_raw_reaches_the_terminal() -> None:
    # the door refuses such texts; an event made in Python has not come through it
    event = replace(purchase(), attributes={"table": "\x1b[31m\u202e\n"})
    text = str(RULES.decide(event).explain())
    assert "\\x1b[31m\\u202e" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_an_explanation_that_does_not_add_up_cannot_be_made() -> None:
    found = RULES.decide(purchase()).explain()
    with pytest.raises(AssertionError, match="adds up"):
        Explanation(
            found.event,
            found.type,
            found.member,
            found.at,
            found.status,
            found.refusal,
            {**found.points, "beans": found.points["beans"] + 1},
            found.points_text,
            found.rules,
            found.levels,
        )


AMOUNTS = st.integers(0, 20_000).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
LINES = st.lists(
    st.tuples(
        AMOUNTS, st.sampled_from(["cake", "tea", None]), st.sampled_from(["goods", "gift_card"])
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(LINES, st.integers(1, 28), st.booleans()), min_size=1, max_size=4))
def test_explanations_add_up_to_their_decisions(
    orders: list[tuple[list[tuple[str, str | None, str]], int, bool]],
) -> None:
    state = RULES.new_member("ana")
    for number, (lines, day, at_table) in enumerate(sorted(orders, key=lambda order: order[1])):
        event = purchase(
            at=f"2026-03-{day:02}T10:{number:02}",
            id=f"e-{number}",
            order=f"o-{number}",
            attributes={"table": "t-1"} if at_table else {},
            lines=[
                {"id": str(at), "quantity": 1, "amount": amount, "category": category, "kind": kind}
                for at, (amount, category, kind) in enumerate(lines)
            ],
        )
        decision = RULES.decide(event, state)
        found = decision.explain()
        for program, units in (decision.outcome.points or {}).items():
            shares = [share for rule in found.rules for share in rule.shares]
            assert sum(share.units for share in shares if share.program == program) == units
        assert [rule.rule for rule in found.rules] == [trace.rule for trace in decision.trace]
        assert json.loads(json.dumps(found.as_json()))["points"] == dict(decision.points)
        assert str(found)
        state = decision.state


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Window("rolling", "months", 1), "in the last month"),
        (Window("rolling", "days", 30), "in the last 30 days"),
        (Window("box", "month"), "a month"),
    ],
)
def test_a_window_is_said_as_people_say_it(window: Window, said: str) -> None:
    assert window_text(window) == said
