"""What becomes of an event as a whole: refused, not yet decided, or decided with its effects."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    LotOpened,
    OnceClaimed,
    ProfileSet,
    TimerSet,
)
from loyalty_rules.domain.event import Discount, Exchange
from loyalty_rules.domain.kinds import SHIPPED_KINDS
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import BOOLEAN, DAY, LIST, MONEY, NUMBER, TEXT, Field, Kind
from loyalty_rules.engine.apply import apply, fold
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.plan import Refusal
from tests.engine.build import Build, decided, event, kind, line, member, points, purchase, run

BENEFITS = Kind("text", choices=("gold", "silver"))
VISIT = kind(
    "visit",
    Field("nights", Kind("number", whole=True), True),
    Field("paid", MONEY, True),
    Field("card", BENEFITS, True),
    Field("on", DAY, True),
    Field("vip", BOOLEAN, True),
    Field("tags", LIST, True),
    Field("score", NUMBER),
)


def earning(**more):
    b = Build()
    return b.plan(b.rule("earn", b.points()), kinds=(*SHIPPED_KINDS, VISIT), **more)


def refusal(one, state=None, **more) -> Refusal:
    before = member() if state is None else state
    outcome = decide(earning(**more), before, one)
    assert outcome.status == "refused"
    assert outcome.refusal is not None
    assert (outcome.state, outcome.effects, outcome.trace) == (before, (), ())
    return outcome.refusal


@pytest.mark.parametrize(
    ("one", "code", "path"),
    [
        (event("unheard_of"), "unknown_event_type", "type"),
        (purchase("9.999"), "finer_than_currency", "lines[0].amount"),
        (purchase(line("9.00", tax="0.001")), "finer_than_currency", "lines[0].tax"),
        (purchase(line("9.00", discount="0.001")), "finer_than_currency", "lines[0].discount"),
        (
            purchase("1.00", tenders=[("card", "0.999"), ("card", "0.001")]),
            "finer_than_currency",
            "tenders[0].amount",
        ),
        (
            purchase("1.00", discounts=(Discount("d", Decimal("0.001")),)),
            "finer_than_currency",
            "discounts[0].amount",
        ),
        (
            purchase("1.00", discounts=(Discount("d", Decimal("1.01")),)),
            "discount_too_large",
            "discounts[0].amount",
        ),
        (purchase("1.00", currency="USD"), "other_currency", "currency"),
        (purchase("1.00", currency=""), "other_currency", "currency"),
        (
            purchase("1.00", currency="USD", exchange=Exchange("GBP", Decimal("0.8"))),
            "other_currency",
            "currency",
        ),
        (purchase("1.00", prices="net"), "missing_field", "lines[0].tax"),
        (purchase("99999999999999999.00"), "points_out_of_range", ""),
        (event("visit"), "missing_field", "score"),
        (event("visit", score="ten"), "wrong_field", "score"),
        (event("visit", score=True), "wrong_field", "score"),
        (event("visit", score=1, nights=Decimal("1.5")), "wrong_field", "nights"),
        (event("visit", score=1, paid=Decimal("0.001")), "finer_than_currency", "paid"),
        (event("visit", score=1, card="bronze"), "wrong_field", "card"),
        (event("visit", score=1, on="2026-02-30"), "wrong_field", "on"),
        (event("visit", score=1, vip="yes"), "wrong_field", "vip"),
        (event("visit", score=1, tags="a"), "wrong_field", "tags"),
    ],
)
def test_refusals(one, code, path):
    refused = refusal(one)
    assert (refused.code, refused.path) == (code, path)
    assert refused.reason and not refused.reason.endswith(".")


def test_declared_fields_become_values():
    b = Build()
    seen = []
    names = ("nights", "paid", "card", "on", "vip", "tags", "score", "day")
    plan = b.plan(
        b.rule(
            "look",
            events=("visit",),
            when=lambda f, row: seen.append(tuple(f[f"event.{name}"] for name in names)),
        ),
        kinds=(VISIT,),
    )
    sent = {"nights": 2, "paid": "12.50", "card": "gold", "on": "2026-03-01", "vip": True}
    decided(plan, event("visit", tags=("a",), score=Decimal("4.50"), **sent))
    day = datetime(2026, 3, 7, tzinfo=UTC).toordinal()
    assert seen[0] == (2, 1250, "gold", day - 6, True, ("a",), Decimal("4.5"), day)


def test_no_version_is_in_force_before_the_start_and_from_the_end_on():
    start, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    plan = earning(start=start, before=end)
    for at, status in (
        ("2026-02-28T23:59:59+00:00", "refused"),
        ("2026-03-01T00:00:00+00:00", "decided"),
        ("2026-03-31T23:59:59+00:00", "decided"),
        ("2026-04-01T00:00:00+00:00", "refused"),
    ):
        outcome = decide(plan, member(), purchase("1.00", at=at))
        assert outcome.status == status
    assert outcome.refusal is not None and outcome.refusal.code == "no_version_in_force"


def test_kinds_of_later_versions_are_accepted_and_change_nothing():
    outcome = decide(earning(), member(), event("return", order="inv-1"))
    assert (outcome.status, outcome.effects, outcome.state) == ("not_yet_decided", (), member())


def test_another_members_state_is_our_own_mistake():
    with pytest.raises(AssertionError):
        decide(earning(), MemberState("somebody"), purchase("1.00"))


def test_the_effects_of_a_purchase():
    outcome = decided(earning(), purchase("12.50", id="inv-7"))
    at, day = outcome.state.clock, datetime(2026, 3, 7, tzinfo=UTC).toordinal()
    assert at is not None
    assert outcome.effects == (
        ClockMoved(at),
        CounterAdded("orders", "sum", day, 1),
        CounterAdded("spend", "sum", day, 1250),
        CounterAdded("beans.earned", "sum", day, 12),
        CounterAdded("beans.base", "sum", day, 12),
        LotOpened("beans", "/inv-7/1", 12, at, (("earn", 12),), order="inv-7"),
    )


def test_signing_up_happens_once_and_tells_the_profile():
    b = Build()
    plan = b.plan(b.rule("welcome", b.bonus(50), events=("signup",)))
    outcome = decided(plan, event("signup", birthday="1990-05-04", segments=("vip",)))
    day = datetime(2026, 3, 7, tzinfo=UTC).toordinal()
    birthday = datetime(1990, 5, 4, tzinfo=UTC).toordinal()
    assert points(outcome) == 50
    assert OnceClaimed("signup") in outcome.effects
    profile = {"joined": day, "birthday": birthday, "segments": ("vip",)}
    assert dict(outcome.state.profile) == profile
    again = decide(plan, outcome.state, event("signup", id="other"))
    assert again.refusal is not None and again.refusal.code == "already_joined"


def test_a_profile_event_tells_a_part_and_null_takes_it_away():
    fields = (*(f for k in SHIPPED_KINDS if k.name == "profile" for f in k.fields),)
    shoe = Field("shoe", NUMBER)
    kinds = (kind("profile", *fields, shoe), kind("signup"))
    b = Build()
    plan = b.plan(kinds=kinds)
    seen = run(
        plan,
        event("signup", shoe=41),
        event("profile", id="2", birthday="1990-05-04"),
        event("profile", id="3", shoe=None, id_card="x"),
    )
    assert "shoe" in seen[1].state.profile
    assert set(seen[2].state.profile) == {"joined", "birthday"}
    assert seen[2].effects[-1] == ProfileSet((("shoe", None),))


def test_member_words_come_from_the_profile():
    b = Build()
    seen = []
    names = ("joined", "segments", "shoe")
    look = b.rule("look", when=lambda f, row: seen.append([f[f"member.{n}"] for n in names]))
    state = member(profile={"joined": 7, "segments": ("vip",)})
    outcome = decided(b.plan(look), purchase("1.00"), state)
    assert seen[0] == [7, ("vip",), None]
    assert outcome.facts["member.segments"] == ("vip",)


def test_net_prices_owe_their_tax_and_discounts_shrink_it():
    b = Build()
    seen = []
    plan = b.plan(
        b.rule("look", b.points(), when=lambda f, row: (seen.append(f["order.total"]), True)[1])
    )
    order = purchase(
        line("100.00", tax="20.00"),
        prices="net",
        discounts=(Discount("d", Decimal("50.00")),),
    )
    assert points(decided(plan, order)) == 60
    assert seen == [6000]


def test_a_discount_may_name_its_lines():
    b = Build()
    plan = b.plan(b.rule("a", b.points(), items=lambda f, row: row["sku"] == "a"))
    order = purchase(
        line("10.00", sku="a", id="x"),
        line("10.00", sku="b", id="y"),
        discounts=(Discount("d", Decimal("4.00"), ("x",)), Discount("e", Decimal("8.00"))),
    )
    # 6 of 16 are left on the first line: 3 of the 8 come off it
    assert points(decided(plan, order)) == 3


def test_a_plugins_points_are_a_bonus():
    b = Build()
    plan = b.plan(
        b.rule("partner", b.award("opaque", 7)),
        b.rule("double", b.times(2)),
        b.rule("e", b.points()),
    )
    outcome = decided(plan, purchase("3.00"))
    assert points(outcome) == 7 + 6


def test_what_a_plugin_raises_is_not_swallowed():
    b = Build()

    def broken(facts, row):
        raise LookupError("a plugin's own")

    plan = b.plan(b.rule("partner", b.award("opaque", b.formula(broken))))
    with pytest.raises(LookupError):
        decide(plan, member(), purchase("3.00"))


def test_apply_knows_every_effect():
    at = datetime(2026, 3, 7, tzinfo=UTC)
    later = datetime(2026, 3, 8, tzinfo=UTC)
    state = fold(
        member(),
        [
            ClockMoved(later),
            ClockMoved(at),
            TimerSet("t", at),
            TimerSet("u", at),
            TimerSet("t", None),
            CounterAdded("h", "highest", 1, 5),
            CounterAdded("h", "highest", 1, 3),
            CounterAdded("l", "latest", 1, "b"),
            CounterAdded("l", "latest", 1, "a"),
            CounterAdded("d", "distinct", 1, ("b",)),
            CounterAdded("d", "distinct", 1, ("a", "b")),
        ],
    )
    assert state.clock == later
    assert dict(state.timers) == {"u": at}
    assert {name: dict(days) for name, days in state.counters.items()} == {
        "h": {1: 5},
        "l": {1: "a"},
        "d": {1: ("a", "b")},
    }


def test_a_state_cannot_be_changed_from_outside():
    state = apply(member(), CounterAdded("c", "sum", 1, 1))
    with pytest.raises(TypeError):
        state.counters["c"] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        state.counters["c"][1] = 2  # type: ignore[index]


def test_text_fields_of_purchases_may_stand_in_attributes():
    table = Field("table", TEXT, optional=True)
    b = Build()
    bought = kind("purchase", table, about="order")
    plan = b.plan(
        b.rule("terrace", b.bonus(1), when=lambda f, row: f["event.table"] == "4"), kinds=(bought,)
    )
    assert points(decided(plan, purchase("1.00", attributes={"table": "4"}))) == 1
    assert points(decided(plan, purchase("1.00", fields={"table": "4"}))) == 1
