"""No rule set that is accepted, and no event that is decided, makes an explanation fail."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import loyalty_rules as lr
from loyalty_rules.service.loading import load_text
from tests.service.examples import purchase

HEAD = """\
ruleset: any
version: "1"
currency: EUR
timezone: Europe/Berlin
events:
  purchase: {{fields: {{table: {{type: text, optional: true}}, guests: {{type: integer, optional: true}}}}}}
programs:
  beans: {{type: points, scale: {scale}, multipliers: {multipliers}, value: 0.01, basis: {{tax: {tax}}},
          rounding: {{mode: {mode}, at: {at}}}, expiry: never}}
  status:
    type: tiers
    window: last 12 months
    levels:
      - {{id: green}}
      - {{id: gold, at: {{beans.base: 40}}}}
      - {{id: black, at: [{{beans.base: 90, spend: 50}}, {{spend: 150}}]}}
    keep: {{through: window}}
    tier_at: {tier_at}
  refill: {{type: spend, window: month, items: item.category == "tea", per_full: 20.00, rest: carry,
           give: {{type: bonus, program: beans, points: 2}}}}
counters:
  visits: {{event: purchase}}
define:
  big: order.total >= 40.00
  guests_known: known(event.guests)
tables:
  rate: {{keys: {{level: exact}}, rows: {{green: 1, gold: 2, black: 2.5}}}}
  by_table: {{keys: {{table: exact}}, rows: {{a: 1, b: 2}}}}
groups:
  best: {{choose: best}}
  first: {{choose: highest_priority, limit: {{points: 30, per: week}}}}
rules:
"""

CONDITIONS = [
    "big",
    "not big or guests_known",
    "order.total >= 40.00",
    "beans.eligible > 10.00 and order.number <= 2",
    'status.level >= "gold"',
    'status.level in ["green", "black"]',
    'event.table == "a"',
    'event.table in ["a", "b"]',
    'default(event.table, "none") != "a"',
    "order.total / event.guests > 10.00",
    "event.guests > 2 or order.total < 100.00",
    'within(visits, "last 30 days") >= 1',
    'within(beans.earned, "month") < 100',
    'any_item(item.category == "tea")',
    'amount_of(item.category == "tea") >= 10.00',
    'count_of(item.kind == "goods") > 1',
    "days_since(member.joined) > 3",
    "known(member.age)",
    "member.age >= 18",
    'has(member.segments, "vip")',
    'has(event.coupons, "X")',
    "len(event.coupons) > 0",
    "max(order.total, 20.00) > min(50.00, beans.eligible)",
    'round(order.total, "floor", 5.00) >= 20.00',
    "beans.balance >= 10",
    "refill.spent > 0.00 and refill.missing < 20.00",
    "10.00 < order.total <= 60.00",
]
ITEMS = [
    None,
    'item.category == "tea"',
    'has(item.tags, "organic")',
    "item.amount > 10.00 and item.tax >= 0.00",
]
GIVES = [
    "{type: points, program: beans, points: 1, per: 1.00}",
    "{type: points, program: beans, points: 0.75, per: 1.00, of: amount}",
    "{type: points, program: beans, points: 3, per_full: 7.00}",
    "{type: bonus, program: beans, points: 5}",
    "{type: bonus, program: beans, points: by_table(event.table)}",
    "{type: multiplier, program: beans, times: 2}",
    "{type: multiplier, program: beans, times: rate(status.level)}",
]
LIMITS = [
    None,
    "{points: 30, per: month}",
    "{times: 1, per: week}",
    "{amount: 25.00, per: order}",
    "{quantity: 2, per: day, over: skip}",
    "[{points: 20, per: ever}, {times: 2, per: [month, event.table]}]",
]
DURINGS = [
    None,
    "{weekdays: [sat, sun]}",
    '{hours: "09:00-12:00"}',
    "{from: 2026-03-05, through: 2026-03-20, days_of_month: [6, -1]}",
    "{birthday: week}",
]

RULES = st.lists(
    st.fixed_dictionaries(
        {
            "give": st.sampled_from(GIVES),
            "when": st.lists(st.sampled_from(CONDITIONS), max_size=2),
            "items": st.sampled_from(ITEMS),
            "limit": st.sampled_from(LIMITS),
            "during": st.sampled_from([None, None, *DURINGS]),
            "group": st.sampled_from([None, None, "best", "first"]),
            "tenders": st.sampled_from([None, None, None, 'tender.type == "card"']),
        }
    ),
    min_size=1,
    max_size=5,
)
PROGRAM = st.fixed_dictionaries(
    {
        "scale": st.sampled_from([0, 2]),
        "multipliers": st.sampled_from(["add", "multiply", "best", "highest_priority"]),
        "tax": st.sampled_from(["included", "excluded"]),
        "mode": st.sampled_from(["floor", "half_even"]),
        "at": st.sampled_from(["order", "rule", "line"]),
        "tier_at": st.sampled_from(["before", "after", "split"]),
    }
)
LINE = st.fixed_dictionaries(
    {"quantity": st.integers(1, 3), "amount": st.integers(0, 60).map(lambda euros: f"{euros}.50")},
    optional={
        "category": st.sampled_from(["tea", "cake"]),
        "tags": st.just(["organic"]),
        "tax": st.just("0.40"),
        "kind": st.sampled_from(["goods", "gift_card"]),
    },
)
ORDER = st.fixed_dictionaries(
    {"lines": st.lists(LINE, min_size=1, max_size=4)},
    optional={
        "attributes": st.fixed_dictionaries(
            {}, optional={"table": st.sampled_from(["a", "b", "c"]), "guests": st.integers(0, 9)}
        ),
        "coupons": st.just(["X"]),
    },
)


def yaml_of(program: dict[str, object], rules: list[dict[str, object]]) -> str:
    # a plain name at `multipliers` would be a map with a mode
    shaped = {**program, "multipliers": f"{{mode: {program['multipliers']}}}"}
    lines = [HEAD.format(**shaped)]
    for number, rule in enumerate(rules):
        lines.append(f"  - id: r{number}\n    event: purchase\n")
        for key, value in rule.items():
            if isinstance(value, list):
                value = json.dumps(value) if value else None
            elif key in ("items", "tenders") and value is not None:
                value = f"'{value}'"
            if value is not None:
                lines.append(f"    {key}: {value}\n")
    return "".join(lines)


@pytest.mark.property
@settings(max_examples=150, deadline=None)
@given(PROGRAM, RULES, st.lists(ORDER, min_size=1, max_size=3), st.booleans())
def test_everything_that_is_decided_can_be_explained(
    program: dict[str, object],
    written: list[dict[str, object]],
    orders: list[dict[str, object]],
    joined: bool,
) -> None:
    try:
        rules = load_text(yaml_of(program, written))
    except lr.RulesError as refused:
        assert {one.name for one in refused.diagnostics} <= REFUSED, refused
        return
    state = rules.new_member("ana")
    if joined:
        signup = {
            "id": "s",
            "type": "signup",
            "member": "ana",
            "occurred_at": "2026-03-01T08:00:00Z",
        }
        decision = rules.decide(lr.parse_event(signup), state)
        assert str(decision.explain())
        state = decision.state
    for number, order in enumerate(orders):
        event = purchase("0.00", f"2026-03-{number * 2 + 6:02}T10:00", id=f"e-{number}", **order)
        decision = rules.decide(event, state)
        assert decision.status == "decided"
        found = decision.explain()
        text = str(found)
        assert all(f"r{number}" in text for number in range(len(written)))
        json.dumps(found.as_json())
        state = decision.state


REFUSED = {"split_not_linear"}
"""Mistakes that a random combination may make; every other one would be a mistake of this test."""
