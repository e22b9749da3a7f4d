"""A history is decided in business order, whatever order it came in, and nothing stops the rest of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import loyalty_rules as lr
from loyalty_rules.batch import held
from loyalty_rules.batch.before import state_before
from loyalty_rules.batch.figures import Figures
from loyalty_rules.batch.history import AsOf, decide_history
from loyalty_rules.batch.read_events import ReadEvent
from loyalty_rules.batch.receipts import Receipt
from loyalty_rules.domain.effects import Value
from loyalty_rules.engine.plan import Facts
from loyalty_rules.sdk import Form, Opaque, RewardType, hookimpl
from loyalty_rules.service.loading import load_text

RULES = load_text("""\
ruleset: history
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, value: 0.01, basis: {tax: included}, expiry: never}
  miles: {type: points, scale: 2, value: 0.01, basis: {tax: included}, expiry: never}
  status:
    type: tiers
    window: last 12 months
    levels: [{id: green}, {id: gold, at: {beans.base: 50}}]
    keep: {through: window}
rules:
  - {id: base, event: purchase, limit: {points: 100, per: month},
     give: {type: points, program: beans, points: 1, per: 1.00}}
  - {id: fly, event: purchase, give: {type: points, program: miles, points: 0.5, per: 1.00}}
  - {id: gold, event: purchase, when: status.level >= "gold",
     give: {type: multiplier, program: beans, times: 2}}
  - {id: tea, event: purchase, items: item.category == "tea",
     give: {type: bonus, program: beans, points: 1}}
""")
END = AsOf.through_day(RULES, date(2026, 12, 31).toordinal())


def order(
    name: str, day: int = 1, amount: str = "10.00", member: str = "ana", **more: object
) -> lr.Event:
    return lr.parse_event(
        {
            "id": name,
            "type": "purchase",
            "member": member,
            "occurred_at": f"2026-03-{day:02}T12:00:00Z",
            "currency": "EUR",
            "lines": [{"id": "1", "quantity": 1, "amount": amount, "category": "coffee"}],
            **more,
        }
    )


def lines(events: Iterable[lr.Event | lr.EventError]) -> Iterator[ReadEvent]:
    for number, event in enumerate(events, start=1):
        yield ReadEvent("year.jsonl", number, event)


def run(
    *events: lr.Event | lr.EventError, rules: lr.RuleSet = RULES, as_of: AsOf = END
) -> tuple[Figures, list[Receipt]]:
    receipts: list[Receipt] = []
    figures = decide_history(rules, lines(events), as_of, receipts.append)
    return figures, receipts


TEN = {
    "type": "purchase",
    "member": "ana",
    "currency": "EUR",
    "lines": [{"sku": "x", "quantity": 1, "amount": "10.00"}],
}


def outcomes(receipts: Iterable[Receipt]) -> list[tuple[str, str]]:
    """What became of each event, by its id: the status, or the code of the refusal."""
    return [
        (one.event.id, one.status if one.refusal is None else one.refusal.code) for one in receipts
    ]


def test_the_figures_are_those_of_the_decisions() -> None:
    figures, receipts = run(order("a", 1, "60.00"), order("b", 2, "60.00"), order("c", 3))
    assert outcomes(receipts) == [("a", "decided"), ("b", "decided"), ("c", "decided")]
    found = figures.as_json()
    assert found["points"] == {"beans": 60 + 40 + 60 + 10, "miles": "65.00"}
    assert found["rules"] == {
        "base": {"times": 2, "points": {"beans": 100}, "trimmed": 2, "lost": 0},
        "fly": {"times": 3, "points": {"miles": "65.00"}, "trimmed": 0, "lost": 0},
        "gold": {"times": 2, "points": {"beans": 70}, "trimmed": 0, "lost": 0},
        "tea": {"times": 0, "points": {}, "trimmed": 0, "lost": 0},
    }
    assert found["levels"] == {"status": {"green": 0, "gold": 1}}
    assert found["by_type"] == {"purchase": 3}


def test_levels_are_read_on_the_day_that_the_run_looks_from() -> None:
    later = AsOf.through_day(RULES, date(2027, 3, 2).toordinal())
    figures, _ = run(order("a", 1, "60.00"), as_of=later)
    assert figures.levels == {"status": {"green": 1, "gold": 0}}


def test_a_repetition_is_a_duplicate_and_gives_nothing() -> None:
    figures, receipts = run(order("a", amount="10.00"), order("a", amount="10.0"))
    assert outcomes(receipts) == [("a", "decided"), ("a", "duplicate")]
    assert figures.points["beans"] == 10


@pytest.mark.parametrize("turned", [False, True])
def test_other_content_under_one_id_is_refused_whichever_came_first(turned: bool) -> None:
    early, late = order("a", 1, "10.00"), order("a", 2, "20.00")
    figures, receipts = run(*((late, early) if turned else (early, late)))
    assert outcomes(receipts) == [("a", "decided"), ("a", "conflicting_event")]
    assert figures.points["beans"] == 10


def test_one_order_is_paid_by_one_purchase() -> None:
    _, receipts = run(order("a", 1, order="o"), order("b", 2, order="o"), order("o", 3))
    assert outcomes(receipts) == [("a", "decided"), ("b", "order_exists"), ("o", "order_exists")]


def test_a_refused_event_claims_neither_its_id_nor_its_order() -> None:
    wrong = order("a", 1, currency="USD")
    _, receipts = run(wrong, order("a", 2, "20.00"))
    assert outcomes(receipts) == [("a", "other_currency"), ("a", "decided")]


def test_what_has_not_happened_yet_is_refused() -> None:
    noon = AsOf.instant(RULES, datetime(2026, 3, 2, 12, tzinfo=UTC))
    _, receipts = run(order("a", 2), order("b", 3), as_of=noon)
    assert outcomes(receipts) == [("a", "decided"), ("b", "from_the_future")]


def test_a_day_is_looked_at_to_its_local_end() -> None:
    day = AsOf.through_day(RULES, date(2026, 3, 1).toordinal())
    last = order("a", occurred_at="2026-03-01T22:59:59.999999Z")
    first_after = order("b", occurred_at="2026-03-01T23:00:00Z")
    _, receipts = run(last, first_after, as_of=day)
    assert outcomes(receipts) == [("a", "decided"), ("b", "from_the_future")]


def test_what_cannot_be_read_is_counted_with_its_place() -> None:
    problem = lr.EventError("not_json", "", "the text is not JSON")
    figures, receipts = run(order("a"), problem)
    assert outcomes(receipts) == [("a", "decided")]
    assert (figures.events, figures.statuses["refused"]) == (2, 1)
    assert [one.place for one in figures.examples["not_json"]] == ["year.jsonl:2"]


def test_a_missing_fact_is_counted_by_rule() -> None:
    plain = [{"id": "1", "quantity": 1, "amount": "10.00"}]
    figures, _ = run(order("a", 1, lines=plain), order("b", 2, lines=plain), order("c", 3))
    assert dict(figures.missing) == {("tea", "item.category"): 2}


def test_a_kind_that_is_not_decided_yet_is_counted_as_such() -> None:
    told = lr.parse_event(
        {
            "id": "s",
            "type": "merge",
            "member": "ana",
            "occurred_at": "2026-03-02T12:00:00Z",
            "into": "m-2",
        }
    )
    figures, _ = run(order("a"), told)
    assert dict(figures.statuses) == {"decided": 1, "not_yet_decided": 1}


def lucky_plugin() -> object:
    """A plugin whose reward fails for one amount."""

    def give(parameters: Mapping[str, Value], facts: Facts) -> int:
        if facts["amount"] == 1300:
            raise RuntimeError("thirteen")
        return 1

    def lower(form: Form) -> Opaque:
        return Opaque("beans", give, {}, ("amount",), 1, "one bean, but for 13.00")

    def loyalty_reward_types() -> list[RewardType]:
        schema = {"type": "object", "additionalProperties": False}
        return [RewardType("luck.bean", "one bean", schema, lower)]

    return SimpleNamespace(loyalty_reward_types=hookimpl(loyalty_reward_types))


def test_a_failing_plugin_stops_neither_the_member_nor_the_others() -> None:
    registry = lr.Registry.builtin().with_plugins(luck=lucky_plugin())
    rules = load_text(
        """\
ruleset: luck
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, value: 0.01, basis: {tax: included}, expiry: never}
rules:
  - {id: bean, event: purchase, give: {type: luck.bean}}
""",
        registry,
    )
    figures, receipts = run(
        order("a", 1),
        order("b", 2, "13.00"),
        order("c", 3),
        order("d", 4, member="ben"),
        rules=rules,
    )
    assert [one for _, one in outcomes(receipts)] == [
        "decided",
        "plugin_error",
        "decided",
        "decided",
    ]
    assert figures.points["beans"] == 3
    assert "luck" in figures.examples["plugin_error"][0].text


EVENTS = st.lists(
    st.builds(
        lambda name, day, cents, member, paid: order(
            f"e-{name}", day, f"{cents}.00", member, order=f"o-{paid}"
        ),
        st.integers(1, 8),
        st.integers(1, 4),
        st.integers(1, 99),
        st.sampled_from(["ana", "ben"]),
        st.integers(1, 20),
    ),
    max_size=12,
)


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_delivery_changes_nothing(events: list[lr.Event], dice: Random) -> None:
    """Ids used twice, orders paid twice, ties of time: the same receipts and figures from any order."""
    shuffled = list(events)
    dice.shuffle(shuffled)
    figures, receipts = run(*events)
    again, others = run(*shuffled)
    assert figures.as_json() == again.as_json()
    assert outcomes(receipts) == outcomes(others)


def test_events_that_are_packed_are_decided_like_those_that_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = [
        order(f"e-{n}", n % 28 + 1, f"{n}.50", attributes={"a": {"b": [n]}}, coupons=["x"])
        for n in range(1, 60)
    ]
    plainly, receipts = run(*events)
    monkeypatch.setattr(held, "AS_THEY_ARE_MAX", 20)
    packed, others = run(*events)
    assert packed.as_json() == plainly.as_json()
    assert [one.event for one in others] == [one.event for one in receipts]


def test_the_state_before_an_event_is_that_of_the_members_own_past() -> None:
    asked = order("b", 2)
    events = [order("c", 3), asked, order("a", 1, "60.00"), order("x", 1, "70.00", "ben")]
    figures = Figures(RULES.plan)
    state = state_before(RULES, lambda: lines(events), asked, figures)
    assert state == RULES.decide(order("a", 1, "60.00")).state
    assert figures.statuses["decided"] == 1


def test_the_figures_are_plain_data() -> None:
    figures, _ = run(order("a"), order("b", currency="USD"))
    assert json.loads(json.dumps(figures.as_json())) == figures.as_json()


def test_what_time_does_is_counted_apart() -> None:
    """Points that ended are none that were given or taken back, and what the clock gave is its rule's."""
    text = RULES.sources[RULES.file].replace(
        "tax: included}, expiry: never}", "tax: included}, %s}", 1
    )
    monthly = "  - {id: monthly, event: clock, every: month, give: {type: bonus, program: beans, points: 5}}"
    rules = load_text(text % "expiry: {after: 45 days}" + monthly + "\n")
    later = lr.parse_event({**TEN, "id": "b", "occurred_at": "2026-06-10T12:00:00Z"})
    until_june = AsOf.through_day(rules, date(2026, 6, 12).toordinal())
    figures, _ = run(order("a", 10), later, rules=rules, as_of=until_june)
    assert figures.points["beans"] == 10 + 3 * 5 + 10
    assert figures.expired["beans"] == 10 + 5
    assert not figures.taken["beans"]
    assert figures.as_json()["expired"] == {"beans": 15, "miles": "0.00"}
    given = {name: (one.times, one.points["beans"]) for name, one in figures.rules.items()}
    assert (given["base"], given["monthly"]) == ((2, 20), (3, 15))
    assert "" not in figures.rules


def test_time_passes_up_to_the_instant_that_the_run_looks_from() -> None:
    text = RULES.sources[RULES.file].replace("expiry: never", "expiry: {after: 45 days}", 1)
    rules = load_text(text)
    last = [AsOf.through_day(rules, date(2026, 4, day).toordinal()) for day in (24, 25)]
    ended = [run(order("a", 10), rules=rules, as_of=one)[0].expired["beans"] for one in last]
    assert ended == [0, 10]
