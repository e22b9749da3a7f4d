"""Whatever event comes in is decided, refused, or an `EventError`: in bounded time and memory.

The limits here are ten times what is promised, for a test must not fail because a machine is busy.
"""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import EventError, MemberState, parse_event
from tests.laws.hostile_files import HEAD, PROGRAMS, RULE
from tests.laws.living import load as load_text

EVENT_SECONDS_MAX = 1.0
MEGABYTES_MAX = 200
ROOT = Path(__file__).parents[2]

RULES = load_text(
    HEAD.replace("EUR", "{code: EUR, accepts: {GBP: 1.15}}")
    + "effective: {from: 2020-01-01, through: 2030-12-31}\n"
    + """\
events:
  purchase: {fields: {guests: integer, mood: {one_of: [good, bad], optional: true}},
             item_fields: {weight: {type: number, optional: true}, picked: {type: date, optional: true}}}
  stamp: {about: member, fields: {shop: text, worth: money, at_noon: {type: boolean, optional: true},
                                  lasted: {type: duration, optional: true},
                                  marks: {type: list, optional: true}}}
"""
    + PROGRAMS
    + RULE % 'event.guests >= 1 and default(event.mood, "good") == "good"'
    + "  - {id: stamped, event: stamp, give: {type: bonus, program: beans, points: 1000000000}}\n"
    + "  - {id: joined, event: signup, give: {type: bonus, program: beans, points: 50}}\n"
)
HEAD_OF_EVENT: dict[str, Any] = {
    "id": "e-1",
    "member": "m-1",
    "occurred_at": "2026-03-07T10:15:00Z",
}
STAMP: dict[str, Any] = {**HEAD_OF_EVENT, "type": "stamp", "shop": "x", "worth": "2.50"}
ORDER: dict[str, Any] = {
    **HEAD_OF_EVENT,
    "type": "purchase",
    "currency": "EUR",
    "guests": 2,
    "lines": [{"sku": "a", "quantity": 1, "amount": "10.00"}],
}
LINE: dict[str, Any] = {"sku": "a", "quantity": 1, "amount": "10.00"}
JOINED = MemberState("m-1", once=frozenset({"signup"}))
HUGE = "999999999999999.00"

REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("unknown_event_type", "type", {**HEAD_OF_EVENT, "type": "stmp"}),
    ("no_version_in_force", "occurred_at", {**STAMP, "occurred_at": "2019-12-31T22:59:59Z"}),
    ("no_version_in_force", "occurred_at", {**STAMP, "occurred_at": "2030-12-31T23:00:00Z"}),
    ("missing_field", "shop", {**STAMP, "shop": None}),
    ("missing_field", "guests", {**ORDER, "guests": None}),
    ("missing_field", "lines[0].tax", {**ORDER, "prices": "net"}),
    ("wrong_field", "shop", {**STAMP, "shop": 7}),
    ("wrong_field", "worth", {**STAMP, "worth": "much"}),
    ("wrong_field", "at_noon", {**STAMP, "at_noon": "yes"}),
    ("wrong_field", "lasted", {**STAMP, "lasted": "long"}),
    ("wrong_field", "marks", {**STAMP, "marks": {"a": 1}}),
    ("wrong_field", "guests", {**ORDER, "guests": "1.5"}),
    ("wrong_field", "mood", {**ORDER, "mood": "great"}),
    ("wrong_field", "lines[0].weight", {**ORDER, "lines": [{**LINE, "weight": "heavy"}]}),
    ("wrong_field", "lines[0].picked", {**ORDER, "lines": [{**LINE, "picked": "2026-02-30"}]}),
    ("finer_than_currency", "worth", {**STAMP, "worth": "2.505"}),
    ("finer_than_currency", "lines[0].amount", {**ORDER, "lines": [{**LINE, "amount": "9.999"}]}),
    ("other_currency", "currency", {**ORDER, "currency": "CHF"}),
    ("already_joined", "member", {**HEAD_OF_EVENT, "type": "signup"}),
    (
        "discount_too_large",
        "discounts[1].amount",
        {
            **ORDER,
            "lines": [LINE, {**LINE, "sku": "b"}],
            "discounts": [
                {"id": "d", "amount": "15.00"},
                {"id": "e", "amount": "4.00", "lines": ["1"]},
            ],
        },
    ),
]


@pytest.mark.parametrize(("code", "path", "raw"), REFUSED, ids=lambda value: str(value)[:40])
def test_an_event_that_does_not_fit_the_rule_set_is_refused_with_its_place(
    code: str, path: str, raw: dict[str, Any]
) -> None:
    event = parse_event(raw)
    decision = RULES.decide(event, JOINED)
    assert decision.status == "refused" and decision.refusal is not None, decision
    assert (decision.refusal.code, decision.refusal.path) == (code, path)
    assert decision.effects == () and decision.state is JOINED
    assert decision.refusal.reason and "\n" not in decision.refusal.reason
    assert code in str(decision.explain())


def test_more_points_than_an_account_can_hold_are_refused() -> None:
    lines = [{**LINE, "amount": HUGE, "unit_price": HUGE} for _ in range(5_000)]
    started = time.process_time()
    decision = RULES.decide(parse_event({**ORDER, "lines": lines}))
    assert time.process_time() - started < 3 * EVENT_SECONDS_MAX
    assert decision.refusal is not None and decision.refusal.code == "points_out_of_range"


EVENTS: dict[str, Callable[[], Any]] = {
    "nothing": lambda: "",
    "no JSON": lambda: "{]",
    "no object": lambda: "[1]",
    "no mapping": lambda: 7,
    "no fields": dict,
    "NaN": lambda: '{"id": "e", "type": "stamp", "member": "m", "occurred_at": "x", "worth": NaN}',
    "1e400": lambda: {**ORDER, "lines": [{**LINE, "amount": "1e400"}]},
    "a number 1e400": lambda: '{"id": "e", "type": "stamp", "member": "m", "worth": 1e400}',
    "a float": lambda: {**STAMP, "worth": 2.5},
    "a naive time": lambda: {**STAMP, "occurred_at": "2026-03-07T10:15:00"},
    "a year 1": lambda: {**STAMP, "occurred_at": "0001-01-01T00:00:00Z"},
    "a negative quantity": lambda: {**ORDER, "lines": [{**LINE, "quantity": -1}]},
    "no lines": lambda: {**ORDER, "lines": []},
    "too many lines": lambda: {**ORDER, "lines": [LINE] * 10_001},
    "too many tenders": lambda: {**ORDER, "tenders": [{"type": "card", "amount": "0.10"}] * 101},
    "wrong tenders": lambda: {**ORDER, "tenders": [{"type": "card", "amount": "9.99"}]},
    "a long id": lambda: {**STAMP, "id": "x" * 201},
    "an id of ours": lambda: {**STAMP, "id": "~x"},
    "a kind of ours": lambda: {**STAMP, "type": "clock"},
    "deep": lambda: "[" * 100_000,
    "deep fields": lambda: '{"a":' * 5_000 + "1" + "}" * 5_000,
    "more than 1 MB": lambda: '{"id": "' + "x" * 1_100_000 + '"}',
    "many digits": lambda: {**ORDER, "lines": [{**LINE, "amount": "9" * 5_000}]},
    "a lone surrogate": lambda: {**STAMP, "shop": "\ud800"},
    "a control character": lambda: {**STAMP, "shop": "a\x1b[31mb"},
}


@pytest.mark.parametrize("name", EVENTS)
def test_a_hostile_event_is_an_event_error_in_bounded_time_and_memory(name: str) -> None:
    raw = EVENTS[name]()
    started = time.process_time()
    with pytest.raises(EventError) as caught:
        parse_event(raw)
    assert time.process_time() - started < EVENT_SECONDS_MAX
    assert caught.value.code and "\n" not in caught.value.reason
    tracemalloc.start()
    with pytest.raises(EventError):
        parse_event(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEGABYTES_MAX * 1_000_000


@pytest.mark.property
@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_a_changed_event_is_an_event_error_a_refusal_or_a_decision(seed: int) -> None:
    random = Random(seed)
    raw: dict[str, Any] = dict(random.choice([STAMP, ORDER, {**HEAD_OF_EVENT, "type": "signup"}]))
    raw["lines"] = [dict(LINE), dict(LINE)] if "lines" in raw else None
    for _ in range(random.randint(1, 3)):
        holder: dict[str, Any] = random.choice([raw, *(raw["lines"] or [])])
        key = random.choice(
            [*holder, "shop", "mood", "tax", "kind", "exchange", "birthday", "attributes"]
        )
        holder[key] = random.choice(
            [
                None,
                "",
                "x",
                0,
                1,
                -1,
                True,
                "10.00",
                "0.005",
                "2026-03-07",
                [],
                ["a"],
                {},
                {"a": 1},
                HUGE,
            ]
        )
        lines: Any = raw.get("lines")
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            break
    try:
        event = parse_event(raw)
    except EventError as error:
        assert error.code and error.reason
        return
    decision = RULES.decide(event, MemberState(event.member))
    assert str(decision.explain()).strip()
    assert (decision.status == "refused") == (decision.refusal is not None)


OF_RETURNS = {
    "duplicate_line",
    "nothing_left",
    "other_members_order",
    "return_exceeds_order",
    "unknown_line",
}
"""Each is shown by a test of returns in tests/engine."""
OF_REDEMPTIONS = {
    "above_maximum_points",
    "above_share",
    "already_cancelled",
    "below_minimum_points",
    "insufficient_points",
    "no_cart",
    "no_reward",
    "out_of_stock",
    "other_members_redemption",
    "reward_limit",
    "reward_not_available",
    "rewards_exclude_each_other",
    "two_ways_to_name",
    "unknown_reward",
    "worth_more_than_order",
}
OF_ADJUSTMENTS = {"level_ended", "nothing_to_adjust", "unknown_level", "unknown_program"}
OF_MEMBERSHIPS = {
    "already_member",
    "already_renewed",
    "not_a_member",
    "no_price",
    "same_plan",
    "unknown_plan",
}
OF_PARTNERS = {"other_partner", "partner_without_rate", "unknown_partner"}
OF_DRAWS = {"already_drawn", "drawn_with_another_seed", "raffle_not_closed", "unknown_raffle"}
OF_REFERRALS = {
    "bad_referral",
    "code_taken",
    "friend_existed_before",
    "referral_loop",
    "referral_of_oneself",
    "same_household",
    "same_payment",
    "second_referrer",
    "unknown_code",
}
OF_HOUSEHOLDS = {"in_a_household", "not_in_household", "household_full"}
OF_TRANSFERS = {
    "below_share",
    "not_transferable",
    "transfer_limit",
    "transfer_to_oneself",
    "unknown_member",
}
OF_COUPONS = {
    "code_exists",
    "code_expired",
    "code_used",
    "codes_exclude_each_other",
    "foreign_code",
    "too_many_codes",
    "unknown_coupon",
}
OF_MERGES = {"already_merged", "cannot_merge", "merge_into_oneself", "merge_too_long"}
OF_ONE_MEMBER = OF_REDEMPTIONS | OF_ADJUSTMENTS | OF_MEMBERSHIPS | OF_COUPONS
OF_SEVERAL = OF_PARTNERS | OF_DRAWS | OF_REFERRALS | OF_HOUSEHOLDS | OF_TRANSFERS | OF_MERGES
ROOMS = ("semantics", "engine", "ledger", "laws")
"""Where refusals of single programs and kinds are shown."""


def _refused_by_service() -> set[str]:
    """What is refused where several members are known: by its word, or by the name of its word."""
    service = ROOT / "src" / "loyalty_rules" / "service"
    texts = [
        (service / f"{name}.py").read_text("utf-8")
        for name in ("deriving", "drawing", "households", "merging", "referring", "transferring")
    ]
    names = dict(re.findall(r'^([A-Z_]+): Final = "(\w+)"$', "\n".join(texts), re.M))
    codes = {
        word or names.get(name, "")
        for text in texts
        for word, name in re.findall(r'Refusal\(\s*(?:"(\w+)"|([A-Z_]+))', text)
    }
    return codes - {"", "plugin_error"}  # a word of another file stands there for its own


def test_every_refusal_has_its_row_in_the_page_on_events_and_no_other_has() -> None:
    sources = (ROOT / "src" / "loyalty_rules" / "engine").glob("*.py")
    raised = {
        code
        for path in sources
        for code in re.findall(r'Refused\(\s*"(\w+)"', path.read_text("utf-8"))
    }
    page = (ROOT / "docs" / "events.md").read_text("utf-8")
    section = page.partition("## Refusals\n")[2].partition("\n## ")[0]
    listed = {
        code
        for row in re.findall(r"^\| (`.*?) \|", section, re.M)
        for code in re.findall(r"`(\w+)`", row)
    }
    table = (ROOT / "src/loyalty_rules/engine/redeeming.py").read_text("utf-8")
    raised |= set(re.findall(r'": "(\w+)",$', table.partition("_CODES")[2].partition("}")[0], re.M))
    raised |= _refused_by_service()
    assert listed == raised
    others = raised - {code for code, _, _ in REFUSED} - OF_RETURNS - {"points_out_of_range"}
    assert others == OF_ONE_MEMBER | OF_SEVERAL
    tests = (path for room in ROOMS for path in (ROOT / "tests" / room).glob("*.py"))
    shown = "".join(path.read_text("utf-8") for path in tests if path != Path(__file__))
    scenarios = (*ROOT.glob("rules/*/*.scenario.yaml"), *ROOT.glob("tests/semantics/**/*.yaml"))
    expected = "".join(path.read_text("utf-8") for path in scenarios)
    assert [
        code
        for code in sorted(others)
        if f'"{code}"' not in shown and f"refused: {code}" not in expected
    ] == []
