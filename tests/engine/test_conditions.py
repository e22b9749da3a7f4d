"""When a rule fires: three-valued conditions, filters, counters; what is said if it does not."""

from __future__ import annotations

from datetime import UTC, datetime

from loyalty_rules.base.period import Window
from loyalty_rules.domain.vocabulary import MONEY, NUMBER, TEXT, Field
from loyalty_rules.engine.model import Basis, Counter, Figure, Term
from tests.engine.build import (
    ONE,
    Build,
    account,
    decided,
    event,
    given,
    kind,
    levels,
    line,
    points,
    purchase,
    reason,
    run,
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def bonus(b, **more):
    return b.plan(b.rule("gift", b.bonus(1), **more))


def test_an_unknown_fact_does_not_pay_and_is_named():
    b = Build()

    def in_web(facts, row):
        channel = facts["event.channel"]
        return None if channel is None else channel == "web"

    plan = bonus(b, when=in_web)
    assert points(decided(plan, purchase("1.00", channel="web"))) == 1
    assert reason(decided(plan, purchase("1.00", channel="shop")), "gift")[1] == "condition_false"
    assert reason(decided(plan, purchase("1.00")), "gift") == (
        "not_gave",
        "missing",
        "event.channel",
    )


def is_tea(facts, row):
    return None if row["category"] is None else row["category"] == "tea"


def test_a_line_counts_only_if_its_filter_is_true():
    b = Build()
    plan = b.plan(b.rule("tea", b.points(), items=is_tea))
    some = purchase("5.00", line("7.00", category="tea"))
    assert points(decided(plan, some)) == 7
    assert reason(decided(plan, purchase("5.00")), "tea") == (
        "not_gave",
        "missing",
        "item.category",
    )
    coffee = purchase(line("5.00", category="coffee"))
    assert reason(decided(plan, coffee), "tea") == ("not_gave", "no_items", "")


def test_a_tenders_filter_is_unknown_where_nobody_said_how_it_was_paid():
    b = Build()
    plan = bonus(b, tenders=lambda facts, row: row["type"] == "card")
    assert reason(decided(plan, purchase("1.00")), "gift") == ("not_gave", "missing", "tender")
    cash = purchase("1.00", tenders=[("cash", "1.00")])
    assert reason(decided(plan, cash), "gift") == ("not_gave", "no_tenders", "")


def test_a_basis_without_tax_needs_the_tax():
    b = Build()
    plan = b.plan(b.rule("earn", b.points()), accounts=[account(tax="excluded")])
    assert reason(decided(plan, purchase("1.00")), "earn") == ("not_gave", "missing", "item.tax")


def test_a_table_without_the_row_says_so_and_an_unknown_key_is_missing():
    b = Build()
    rates = {"web": 2}
    rate = b.formula(lambda facts, row: rates.get(facts["event.channel"]), tables=True)
    plan = b.plan(b.rule("earn", b.award("bonus", rate)))
    assert points(decided(plan, purchase("1.00", channel="web"))) == 2
    unlisted = decided(plan, purchase("1.00", channel="fax"))
    assert reason(unlisted, "earn") == ("not_gave", "no_table_row", "")
    assert reason(decided(plan, purchase("1.00")), "earn") == (
        "not_gave",
        "missing",
        "event.channel",
    )


def test_a_quantity_below_its_minimum_pays_nothing():
    b = Build()
    plan = b.plan(b.rule("miles", b.award("bonus", 1, per_full=500, at_least=3)))
    assert reason(decided(plan, purchase("14.99")), "miles") == ("not_gave", "below_minimum", "")
    assert points(decided(plan, purchase("15.00"))) == 3


def test_facts_of_the_order_include_it_and_those_of_the_member_do_not():
    b = Build()
    seen = []
    names = ("order.total", "order.number", "beans.balance", "beans.earned", "within(spend)")

    def look(facts, row):
        seen.append(tuple(facts[name] for name in names))
        return True

    within = Figure("within(spend)", "spend", Window("rolling", "days", 2))
    plan = b.plan(b.rule("earn", b.points(), when=look), figures=(within,))
    run(
        plan,
        purchase("10.00", at="2026-03-01T12:00:00+00:00", id="1"),
        purchase("20.00", at="2026-03-02T12:00:00+00:00", id="2"),
        purchase("5.00", at="2026-03-03T12:00:00+00:00", id="3"),
    )
    assert seen == [(1000, 1, 0, 0, 0), (2000, 2, 10, 10, 1000), (500, 3, 30, 30, 2000)]


def test_amount_and_quantity_are_of_the_chosen_lines_and_tenders():
    b = Build()
    seen = []
    plan = bonus(
        b,
        items=lambda f, row: row["sku"] == "a",
        tenders=lambda f, row: row["type"] == "card",
        when=lambda f, row: seen.append(
            (
                f["amount"],
                f["quantity"],
                f["beans.eligible"],
                len(f["~lines"]),
                len(f["~all_lines"]),
            )
        ),
    )
    order = purchase(
        line("30.00", sku="a", quantity="4"),
        line("10.00", sku="b"),
        tenders=[("card", "10.00"), ("points", "30.00")],
    )
    decided(plan, order)
    assert seen[0] == (750, 1, 750, 1, 2)


def test_discounts_do_not_count_unless_the_basis_says_so():
    b = Build()
    plan = b.plan(b.rule("earn", b.points()), accounts=[account()])
    order = purchase(line("8.00", discount="2.00"))
    assert points(decided(plan, order)) == 8
    before = b.plan(*plan.model.rules, accounts=[account(basis=Basis("excluded", net_of=()))])
    taxed = purchase(line("8.00", discount="2.00", tax="0.80"))
    assert points(decided(before, taxed)) == 9


BERLIN = "Europe/Berlin"


def test_counters_of_every_measure():
    b = Build()
    price = (Term(ONE, "amount"),)
    store = b.formula(lambda facts, row: facts["event.store"])
    counters = (
        Counter("highest", MONEY, "highest", events=("purchase",), adds=price),
        Counter("stores", NUMBER, "distinct", events=("purchase",), of=store),
        Counter("last", TEXT, "latest", events=("purchase",), of=store),
        Counter("teas", NUMBER, events=("purchase",), items=b.formula(is_tea)),
    )
    seen = []
    names = tuple(one.id for one in counters)
    ever = Window("ever")
    plan = b.plan(
        b.rule("look", when=lambda f, row: bool(seen.append(tuple(f[name] for name in names)))),
        counters=counters,
        figures=tuple(Figure(name, name, ever) for name in names),
    )
    tea = line("4.00", category="tea")
    run(
        plan,
        purchase("9.00", tea, id="1", store="b"),
        purchase("5.00", id="2", store="a"),
        purchase("7.00", id="3"),
        purchase("7.00", id="4", store="b", at="2026-03-09T12:00:00+00:00"),
        purchase("1.00", id="5", at="2026-03-10T12:00:00+00:00"),
    )
    assert seen == [
        (None, 0, None, 0),
        (1300, 1, "b", 1),
        (1300, 2, "a", 1),
        (1300, 2, "a", 1),
        (1300, 2, "b", 1),
    ]


def test_a_level_reads_as_its_rank():
    b = Build()
    seen = []
    plan = b.plan(
        b.rule("earn", b.points(), when=lambda f, row: (seen.append(f["status.level"]), True)[1]),
        level_tables=(levels(("silver", 10), ("gold", 20)),),
    )
    run(plan, *(purchase("10.00", id=str(i)) for i in range(3)))
    assert seen == [0, 1, 2]


def test_rules_of_declared_kinds_read_their_fields():
    b = Build()
    stay = kind("stay", Field("nights", NUMBER), Field("paid", MONEY, optional=True))
    nights = b.formula(lambda facts, row: facts["event.nights"])
    rule = b.rule(
        "nights",
        b.award("points", 10, per=1, of=[Term(ONE, "fact", formula=nights)]),
        events=("stay",),
    )
    plan = b.plan(rule, kinds=(stay,))
    assert given(decided(plan, event("stay", nights=3))) == {"nights": 30}


def test_a_counter_counts_what_its_own_conditions_and_filters_choose():
    """Unknown is not true: the order without a channel is not counted."""
    b = Build()

    def in_web(facts, row):
        return None if facts["event.channel"] is None else facts["event.channel"] == "web"

    gifts = b.formula(lambda facts, row: row["price"])
    counters = (
        Counter("web", NUMBER, events=("purchase",), when=(b.formula(in_web),)),
        Counter(
            "by_card",
            MONEY,
            events=("purchase",),
            tenders=b.formula(lambda facts, row: row["type"] == "card"),
            adds=(Term(ONE, "amount"), Term(ONE * 2, "quantity")),
        ),
        Counter("prices", MONEY, events=("purchase",), adds=(Term(ONE, "sum_of", formula=gifts),)),
    )
    plan = b.plan(counters=counters)
    seen = run(
        plan,
        purchase("9.00", id="1", channel="web"),
        purchase("9.00", id="2", channel="shop", tenders=[("cash", "9.00")]),
        purchase(
            line("8.00", quantity="4", unit_price="2.00"),
            id="3",
            tenders=[("card", "2.00"), ("cash", "6.00")],
        ),
    )
    held = seen[-1].state.counters
    assert {name: sum(held[name].values()) for name in ("web", "by_card", "prices")} == {
        "web": 1,
        "by_card": 200 + 2 * 1,
        "prices": 200,
    }


def test_an_award_may_be_a_sum_over_lines_and_an_event_number_together():
    b = Build()
    size = b.formula(lambda facts, row: None if row["price"] is None else ONE * row["price"] / 100)
    total = b.formula(lambda facts, row: facts["order.total"])
    plan = b.plan(
        b.rule(
            "sizes",
            b.award(
                "points",
                2,
                per=1,
                of=[Term(ONE, "sum_of", formula=size), Term(ONE / 100, "fact", formula=total)],
            ),
        ),
        b.rule("double", b.times(2)),
    )
    priced = decided(plan, purchase(line("6.00", unit_price="3.00")))
    assert given(priced) == {"sizes": 18, "double": 18}
    assert reason(decided(plan, purchase("6.00")), "sizes") == ("not_gave", "missing", "item.price")
