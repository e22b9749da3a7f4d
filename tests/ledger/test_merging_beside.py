"""What stands beside the accounts of two who turn out to be one: what partners settle, raffles, codes of
coupons, and what all members share. It stands as if there had been one from the beginning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger, RuleSet, open_ledger
from loyalty_rules.base.records import replace
from loyalty_rules.batch.code_import import import_codes
from loyalty_rules.domain.codes import code_of
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.ledger.drivers.urls import open_store
from loyalty_rules.reports.settlement import Settlement, settle
from loyalty_rules.service.loading import load_text
from loyalty_rules.service.raffle_entries import entries_among
from tests.laws.test_settlement_laws import RULES as COALITION
from tests.ledger.networks import event
from tests.ledger.shop import STORES, Opener, back, bought, opener, sound
from tests.ledger.test_raffles import SUMMER, TICKETS
from tests.semantics.shop import rules

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def merging(member: str = "ben", into: str = "ana", id: str = "m-1") -> Event:
    return event(id, "merge", member, NOW, into=into)


def sent(ledger: Ledger, *events: Event) -> None:
    for one in events:
        receipt = ledger.record(one)
        assert receipt.status == "booked", receipt.refusal


def beans(ledger: Ledger, member: str = "ana") -> int:
    return int(ledger.balance(member)["beans"].total)


def code(ledger: Ledger, one: Event) -> str:
    receipt = ledger.record(one)
    return "" if receipt.refusal is None else receipt.refusal.code


def stands_as_one(
    ledger: Ledger, open_one: Opener, world: RuleSet, events: Iterable[Event]
) -> None:
    """Whether all members, and what they share, are as if ana had done all that ben did."""
    with open_one(world, now=lambda: NOW) as other:
        for one in sorted(events, key=business_key):
            other.record(replace(one, member="ana") if one.member == "ben" else one)
        found = {one.member: write_state(one) for one in ledger.states()}
        assert found == {one.member: write_state(one) for one in other.states()}
        assert ledger.shared().counters == other.shared().counters


# --- settlement


def lived() -> list[Event]:
    """Points of two partners and of nobody; some came back, some were spent at the other one's."""
    gym, shop = {"partner": "gym"}, {"partner": "shop"}
    return [
        bought("41.00", "7.00", id="p-1", day="2026-08-01", member="ana", **gym),
        bought("13.00", id="p-2", day="2026-08-02", member="ben", **shop),
        bought("37.00", "5.00", id="p-3", day="2026-08-03", member="ben", **gym),
        bought("29.00", id="p-4", day="2026-08-04", member="ana"),
        event(
            "s-1",
            "redemption",
            "ana",
            datetime(2026, 8, 5, tzinfo=UTC),
            take={"point": 17},
            partner="shop",
        ),
        event("s-2", "redemption", "ben", datetime(2026, 8, 6, tzinfo=UTC), take={"point": 23}),
        back("p-3", ("1", 1), id="r-1", day="2026-08-07", member="ben"),
        bought("3.00", id="p-5", day="2026-08-08", member="cem", **shop),
    ]


def settled(store: Store, world: RuleSet) -> Settlement:
    made = settle(
        store, world, date(2026, 1, 1), date(2026, 12, 31), now=datetime(2027, 3, 1, tzinfo=UTC)
    )
    assert made.debits_minor == made.credits_minor
    assert sum(one.amount_minor for one in made.lines) == 0
    assert sum(one.exact for one in made.lines) == 0
    assert made.unpriced == {}
    return made


def url_of(store: str, folder: Path) -> str:
    return "memory:" if store == "memory" else f"sqlite:///{folder / 'town.db'}"


@pytest.mark.parametrize("store", ["memory", "sqlite"])
@pytest.mark.parametrize("how", ["recompute", "proportional"])
def test_partners_owe_what_they_would_owe_for_one_member(
    tmp_path: Path, store: str, how: str
) -> None:
    world = load_text(COALITION % ("allow", how))
    there = open_store(url_of(store, tmp_path))
    with sound(open_ledger(there, world, now=lambda: NOW)) as ledger:
        sent(ledger, *lived())
        before = settled(there, world)
        sent(ledger, merging())
        after = settled(there, world)
        one = open_store("memory:")
        with open_ledger(one, world, now=lambda: NOW) as other:
            for each in lived():
                other.record(replace(each, member="ana") if each.member == "ben" else each)
            wanted = settled(one, world)
    assert after.remaining == wanted.remaining
    for partner in {*before.partners, *wanted.partners}:
        assert after.balance_minor(partner) == wanted.balance_minor(partner)
    assert after.lines == wanted.lines


# --- raffles


def raffle(winners: int, per_member: int = 1) -> RuleSet:
    return rules(BASE, TICKETS, programs=SUMMER % (winners, per_member))


def drawing() -> Event:
    at = datetime(2026, 9, 1, 12, tzinfo=UTC)
    return event("draw-1", "draw", "the-shop", at, raffle="summer", seed="4711")


TAKING_PART = [
    bought("60.00", id="p-1", day="2026-07-01", member="ana"),
    bought("40.00", id="p-2", day="2026-07-02", member="ben"),
    bought("20.00", id="p-3", day="2026-07-03", member="cem"),
]


def test_entries_of_both_are_drawn_as_those_of_one(open_one: Opener) -> None:
    world = raffle(2)
    with sound(open_one(world, now=lambda: NOW)) as ledger:
        sent(ledger, *TAKING_PART, merging())
        there = entries_among(ledger.states(), "summer")
        assert there.members == ("ana", "cem") and len(there.entries) == 6
        sent(ledger, drawing())
        assert (beans(ledger), beans(ledger, "cem")) == (600, 520)
        stands_as_one(ledger, open_one, world, [*TAKING_PART, drawing()])


@pytest.mark.parametrize("winners", [1, 2, 3])
def test_what_both_won_before_stays_won(open_one: Opener, winners: int) -> None:
    with sound(open_one(raffle(winners), now=lambda: NOW)) as ledger:
        sent(ledger, *TAKING_PART, drawing())
        before = entries_among(ledger.states(), "summer")
        won = beans(ledger) + beans(ledger, "ben")
        handed = sorted((one.kind, one.action) for one in ledger.outbox())
        sent(ledger, merging())
        after = entries_among(ledger.states(), "summer")
        assert beans(ledger) == won
        assert after.is_drawn and after.digest == before.digest
        assert sorted((one.kind, one.action) for one in ledger.outbox()) == handed


# --- codes of coupons

PROGRAMS = """
flyer: {type: coupon, prefix: FLY-, valid: 300 days, on_return: give_back}
thanks: {type: coupon, prefix: THX-, valid: 300 days}
"""
WORTH = (
    "{id: %s-code, event: purchase, when: %s.presented >= 1,"
    " give: {type: bonus, program: beans, points: %s}}"
)
GIVE = (
    "{id: give, event: purchase, when: order.total >= 50.00, give: {type: coupon, coupon: thanks}}"
)
WELCOME = "{id: hello, event: signup, give: {type: coupon, coupon: thanks}}"
COUPONS = rules(
    BASE,
    WORTH % ("flyer", "flyer", 100),
    WORTH % ("thanks", "thanks", 10),
    GIVE,
    WELCOME,
    programs=PROGRAMS,
)


def printed(ledger: Ledger, *codes: str) -> None:
    import_codes(ledger, "flyer", codes, member="the-shop", at=datetime(2026, 2, 1, tzinfo=UTC))


def buys(member: str, amount: str, id: str, *codes: str, day: str = "2026-03-10") -> Event:
    return bought(amount, id=id, member=member, day=day, coupons=list(codes))


def test_a_code_of_the_other_account_is_his_and_used_once(open_one: Opener) -> None:
    own = code_of("THX-", "/p-2/give/g1")
    with sound(open_one(COUPONS, now=lambda: NOW)) as ledger:
        printed(ledger, "FLY-1", "FLY-2")
        sent(
            ledger,
            buys("ana", "10.00", "p-1"),
            buys("ben", "50.00", "p-2", "FLY-1"),
        )
        assert code(ledger, buys("ana", "9.00", "x-1", own, day="2026-04-01")) == "unknown_code"
        sent(ledger, merging())
        assert code(ledger, buys("ana", "9.00", "x-2", "FLY-1", day="2026-10-01")) == "code_used"
        sent(
            ledger,
            buys("ana", "9.00", "p-3", own, day="2026-10-01"),
            buys("ben", "8.00", "p-4", "FLY-2", day="2026-10-01"),
        )
        assert code(ledger, buys("ben", "9.00", "x-3", own, day="2026-10-01")) == "code_used"
        assert beans(ledger) == 10 + 150 + 9 + 10 + 8 + 100


def test_codes_that_were_used_before_stay_used_and_come_back_with_their_order(
    open_one: Opener,
) -> None:
    own = code_of("THX-", "/p-2/give/g1")
    with sound(open_one(COUPONS, now=lambda: NOW)) as ledger:
        printed(ledger, "FLY-1")
        sent(
            ledger,
            buys("ben", "50.00", "p-2", "FLY-1"),
            buys("ben", "9.00", "p-3", own, day="2026-03-11"),
            buys("ana", "10.00", "p-1"),
            merging(),
        )
        assert code(ledger, buys("ana", "9.00", "x-1", own, day="2026-10-01")) == "code_used"
        sent(ledger, back("p-2", id="r-1", day="2026-10-01", member="ana"))
        assert code(ledger, buys("cem", "9.00", "p-5", "FLY-1", day="2026-10-01")) == ""
        assert beans(ledger) == 10 + 9 + 10


def welcomed(ledger: Ledger) -> dict[str, str]:
    """Two who have signed up, each with a code of the welcome."""
    for member, day in (("ana", 1), ("ben", 2)):
        at = datetime(2026, 3, day, tzinfo=UTC)
        sent(ledger, event(f"s-{member}", "signup", member, at))
    return {member: code_of("THX-", f"/s-{member}/hello/g1") for member in ("ana", "ben")}


def told(ledger: Ledger) -> list[str]:
    return sorted(one.action for one in ledger.outbox())


def test_a_second_welcome_code_that_was_used_stays_used(open_one: Opener) -> None:
    """One member would have had one of them; no order is taken back for it."""
    with sound(open_one(COUPONS, now=lambda: NOW)) as ledger:
        for member, own in welcomed(ledger).items():
            sent(ledger, buys(member, "20.00", f"p-{member}", own))
        sent(ledger, merging())
        assert beans(ledger) == 2 * (20 + 10)
        assert told(ledger) == ["granted", "granted"]
        late = buys("ben", "7.00", "late", day="2026-03-05")
        assert ledger.record(late).late
        assert beans(ledger) == 2 * (20 + 10) + 7
        own = code_of("THX-", "/s-ben/hello/g1")
        assert code(ledger, buys("ben", "9.00", "x-1", own, day="2026-10-01")) == "code_used"
        sent(ledger, back("p-ben", id="r-1", day="2026-10-01", member="ana"))
        assert beans(ledger) == 20 + 10 + 7
        assert told(ledger) == ["granted", "granted"]


def test_a_second_welcome_code_that_was_not_used_is_withdrawn(open_one: Opener) -> None:
    with sound(open_one(COUPONS, now=lambda: NOW)) as ledger:
        first, second = welcomed(ledger).values()
        sent(ledger, buys("ben", "20.00", "p-1"), merging())
        assert told(ledger) == ["granted", "granted", "withdrawn"]
        assert code(ledger, buys("ben", "9.00", "x", second, day="2026-10-01")) == "unknown_code"
        sent(ledger, buys("ben", "9.00", "p-2", first, day="2026-10-01"))
        assert beans(ledger) == 20 + 9 + 10


# --- what all members share

MUGS = """
rewards:
  mug: {cost: {program: beans, points: 10}, give: {type: product, sku: MUG}, budget: {times: 3}}
"""
HELLO = (
    "{id: hello, event: signup, give: {type: bonus, program: beans, points: 50},"
    " budget: {points: 180}}"
)
LIMITED = BASE.replace("per: 1.00}", "per: 1.00}, budget: {points: 100}")
CAMPAIGN = rules(LIMITED, HELLO, more=MUGS)


def mug(member: str, id: str, day: int) -> Event:
    at = datetime(2026, 3, day, 15, tzinfo=UTC)
    return event(id, "redemption", member, at, take={"mug": 1})


def test_what_one_would_have_used_of_a_budget_is_used(open_one: Opener) -> None:
    lives = [
        event("s-ana", "signup", "ana", datetime(2026, 3, 1, tzinfo=UTC)),
        event("s-ben", "signup", "ben", datetime(2026, 3, 2, tzinfo=UTC)),
        event("s-cem", "signup", "cem", datetime(2026, 3, 3, tzinfo=UTC)),
        bought("30.00", id="p-1", day="2026-03-04", member="ana"),
        bought("40.00", id="p-2", day="2026-03-05", member="ben"),
        bought("50.00", id="p-3", day="2026-03-06", member="cem"),
        mug("ana", "t-1", 7),
        mug("ben", "t-2", 8),
    ]
    with sound(open_one(CAMPAIGN, now=lambda: NOW)) as ledger:
        sent(ledger, *lives, merging())
        stands_as_one(ledger, open_one, CAMPAIGN, lives)
        assert beans(ledger) == 50 + 30 + 40 - 20
        more = [mug("ana", "t-3", 20), mug("ben", "t-4", 21)]
        assert [code(ledger, one) for one in more] == ["", "out_of_stock"]
        sent(ledger, event("s-dan", "signup", "dan", NOW))
        assert beans(ledger, "dan") == 50


# --- households

CUPS = """
rewards:
  cup: {cost: {program: beans, points: 15}, give: {type: product, sku: CUP}}
"""
TABLE = rules(BASE, points="shared_by: household", more=CUPS)


def living(member: str, day: int, action: str = "join") -> Event:
    at = datetime(2026, 3, day, 18, tzinfo=UTC)
    return event(f"h-{member}-{day}", "household", member, at, household="oaks", action=action)


def at_the_oaks(*members: str) -> list[Event]:
    """Three who bought something and then joined; the first has spent all that she had."""
    lives = [
        bought(f"{number}0.00", id=f"p-{number}", day="2026-03-01", member=member)
        for number, member in enumerate(members, 1)
    ]
    lives += [living(member, number) for number, member in enumerate(dict.fromkeys(members), 2)]
    at = datetime(2026, 3, 7, tzinfo=UTC)
    more = bought("5.00", id="p-4", day="2026-02-27", member="ana")
    return [more, *lives, event("t-1", "redemption", "ana", at, take={"cup": 1})]


def test_who_lived_there_under_both_names_leaves_with_the_part_of_one(open_one: Opener) -> None:
    parts: list[list[int]] = []
    for members in (("ana", "ben", "cem"), ("ana", "ana", "cem")):
        with sound(open_one(TABLE, now=lambda: NOW)) as ledger:
            sent(ledger, *at_the_oaks(*members))
            if "ben" in members:
                sent(ledger, merging())
            sent(ledger, replace(living("ana", 9, "leave"), occurred_at=NOW))
            parts.append([beans(ledger), beans(ledger, "cem")])
    assert parts == [[27, 23], [27, 23]]


def test_what_goes_to_others_is_not_called_forfeited(open_one: Opener) -> None:
    with sound(open_one(TABLE, now=lambda: NOW)) as ledger:
        sent(ledger, *at_the_oaks("ana", "ben", "cem"))
        receipt = ledger.erase(
            "cem"
        )  # of 50 beans that are left 65 were brought, 30 of them by cem
        [received] = receipt.released
        assert (receipt.points["beans"], received.points["beans"]) == (-23, 7)
        assert beans(ledger) + beans(ledger, "ben") == 27
