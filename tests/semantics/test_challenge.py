"""Challenges: punch cards, streaks, offers, milestones; E23. See docs/programs/challenge.md."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loyalty_rules import Decision, RuleSet, parse_event
from loyalty_rules.domain.effects import Granted, GrantWithdrawn
from tests.semantics.shop import BASE, outcome, rules
from tests.semantics.test_returns import Member

NOTHING = "{id: none, event: review_written, give: {type: bonus, program: beans, points: 1}}"
OWN = "events: {review_written: {about: member, fields: {stars: {type: number, optional: true}}}}"
BONUS = "{type: bonus, program: beans, points: 200}"


def card(
    *more: str, target: object = 5, counts: str = "{event: purchase}", give: str = BONUS
) -> str:
    """A challenge ``card`` of the keys that matter."""
    lines = ["type: challenge", f"counts: {counts}", f"target: {target}", f"give: {give}", *more]
    return "card:\n" + "".join(f"  {line}\n" for line in lines)


class Life(Member):
    """A member to whom anything may happen."""

    def happen(self, type: str, at: str, id: str = "e-1", **fields: object) -> Decision:
        event = {"id": id, "type": type, "member": "m-1", "occurred_at": at, **fields}
        order = self.orders.get(str(fields.get("order", "")))
        own, record = order if order else (self.rules, None)
        decision = own.decide(parse_event(event), self.state, record)
        assert decision.status == "decided", decision.refusal
        if record is not None:
            return self._keep(own, decision)
        self.state = decision.state
        return decision

    def cancel(self, order: str, at: str = "2026-12-20T12:00:00Z") -> Decision:
        return self.happen("cancellation", at, id=f"can-{order}", order=order)

    def day(self, day: str, amount: str = "10.00", **fields: object) -> Decision:
        """A purchase at noon, by the day it is on."""
        return self.buy(amount, at=f"2026-{day}T12:00:00Z", id=day, **fields)

    def pass_to(self, at: str) -> tuple[Decision, ...]:
        assert self.state is not None
        passed = self.rules.advance(self.state, datetime.fromisoformat(at).astimezone(UTC))
        self.state = passed[-1].state if passed else self.state
        return passed

    @property
    def lacks(self) -> list[object]:
        """What each open instance of ``card`` has counted, of its target."""
        assert self.state is not None
        held = self.state.instances.get("card", ())
        return [(one.counted, one.target) for one in held if one.status == "open"]


def life(*more: str, base: str = NOTHING, **words: object) -> Life:
    return Life(rules(base, programs=card(*more, **words), more=OWN))  # type: ignore[arg-type]


def gave(decision: Decision) -> object:
    return decision.points["beans"]


FIFTH = ("repeat: true", "rest: carry")


WEEKS = {10: "03-03", 11: "03-10", 13: "03-24", 14: "03-31", 15: "04-07", 16: "04-14", 17: "04-21"}


def test_e23_a_streak_of_iso_weeks() -> None:
    """Weeks 10 and 11, none in 12, then 13 to 16: reached at 16, and begun anew in 17."""
    member = life("streak: week", "repeat: true", target=4, give=BONUS.replace("200", "100"))
    given = {week: gave(member.day(day)) for week, day in WEEKS.items()}
    assert given == {10: 0, 11: 0, 13: 0, 14: 0, 15: 0, 16: 100, 17: 0}
    assert member.lacks == [(1, 4)]


def test_a_second_purchase_in_a_week_counts_nothing() -> None:
    member = life("streak: week", "repeat: true", target=2)
    assert [gave(member.day(day)) for day in ("03-02", "03-08", "03-09")] == [0, 0, 200]


SPENT = "{event: purchase, adds: amount}"


@pytest.mark.parametrize(
    ("rest", "amounts", "given", "left"),
    [
        ("carry", ["99.99", "0.01"], [0, 200], 0),
        ("carry", ["150.00", "50.00"], [200, 200], 0),
        ("carry", ["250.00", "49.99"], [400, 0], 9999),
        ("drop", ["250.00", "99.99", "0.01"], [200, 0, 200], 0),
    ],
)
def test_a_target_is_reached_exactly_exceeded_or_carried(
    rest: str, amounts: list[str], given: list[int], left: int
) -> None:
    member = life("repeat: true", f"rest: {rest}", target="100.00", counts=SPENT)
    found = [gave(member.day(f"03-0{i}", amount)) for i, amount in enumerate(amounts, 1)]
    assert (found, member.lacks) == (given, [(left, 10000)])


def test_a_challenge_that_does_not_repeat_gives_once() -> None:
    member = life(target=2)
    assert [gave(member.day(f"03-0{number}")) for number in range(1, 6)] == [0, 200, 0, 0, 0]
    again = member.day("03-06")
    assert outcome(again, "card") == ("not_gave", "already_reached", "")


OFFER = ("opens: {event: signup}", "lasts: 30 days")


@pytest.mark.parametrize(
    ("last", "given"), [("2026-03-31T21:59:59Z", 200), ("2026-03-31T22:00:00Z", 0)]
)
def test_an_instance_lasts_through_its_last_day(last: str, given: int) -> None:
    """Opened on 1 March, Berlin time, it lasts 30 days: through the 31st, which ends at 22:00Z."""
    member = life(*OFFER, target=2)
    member.happen("signup", "2026-03-01T12:00:00Z")
    member.day("03-02")
    assert gave(member.buy("10.00", at=last, id="last")) == given
    member.pass_to("2026-04-01T00:00:00+02:00")
    assert member.lacks == []


def test_an_instance_that_lapses_says_so_and_is_forgotten() -> None:
    member = life(*OFFER, target=2)
    member.happen("signup", "2026-03-01T12:00:00Z")
    member.day("03-02")
    (passed,) = member.pass_to("2026-05-01T00:00:00Z")
    assert passed.event.occurred_at == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert [(one.rule, one.outcome, one.reason) for one in passed.trace] == [
        ("card", "passed", "lapsed")
    ]
    assert "card" not in passed.state.instances
    assert outcome(member.day("05-02"), "card") == ("not_gave", "not_open", "")


def test_the_event_that_opens_counts_if_it_is_one_that_counts() -> None:
    member = life("opens: {event: purchase, when: amount >= 50.00}", "lasts: 7 days", target=2)
    assert outcome(member.day("03-01"), "card")[1] == "not_open"
    member.day("03-02", "50.00")
    assert member.lacks == [(1, 2)]
    assert gave(member.day("03-03")) == 200


@pytest.mark.parametrize(
    ("overlap", "open_ones", "given"),
    [
        ("separate", [(2, 3), (1, 3)], [200, 200]),
        ("restart", [(1, 3)], [0, 200]),
        ("ignore", [(2, 3)], [200, 0]),
    ],
)
def test_an_opening_while_one_is_open(
    overlap: str, open_ones: list[object], given: list[int]
) -> None:
    member = life(
        "opens: {event: review_written}", "lasts: 30 days", f"overlap: {overlap}", target=3
    )
    member.happen("review_written", "2026-03-01T12:00:00Z", id="r-1")
    member.day("03-02")
    member.happen("review_written", "2026-03-03T12:00:00Z", id="r-2")
    member.day("03-04")
    assert member.lacks == open_ones
    assert [gave(member.day("03-05")), gave(member.day("03-06"))] == given


def test_a_window_has_one_instance_in_each_box() -> None:
    member = life("window: month", target=2)
    days = ("01-30", "02-01", "02-28", "03-01", "03-31")
    assert [gave(member.day(day)) for day in days] == [0, 0, 200, 0, 200]


def test_a_window_may_be_the_year_of_a_member() -> None:
    """He joined on 20 February; nobody has such a year who never joined."""
    member = life("window: member_year", target=2)
    assert outcome(member.day("02-01"), "card")[1] == "not_open"
    member.happen("signup", "2026-02-20T12:00:00Z")
    assert gave(member.day("02-21")) == 0
    assert gave(member.buy("10.00", at="2027-02-19T12:00:00Z", id="last")) == 200
    assert gave(member.buy("10.00", at="2027-02-20T12:00:00Z", id="new")) == 0


def test_what_opened_it_is_known_to_what_it_counts_and_gives() -> None:
    tables = """\
tables:
  worth:
    keys: {stars: at_least}
    rows: {1: 10, 5: 50}
"""
    text = card(
        "opens: {event: review_written}",
        target="worth(opened.stars)",
        counts="{event: purchase, when: quantity >= 2 * opened.stars, adds: quantity}",
        give="{type: bonus, program: beans, points: worth(opened.stars)}",
    )
    member = Life(rules(NOTHING, programs=text, more=tables + OWN))
    member.happen("review_written", "2026-03-01T12:00:00Z", stars=2)
    ten = {"amount": "20.00", "quantity": 10, "sku": "A"}
    assert gave(member.buy({**ten, "quantity": 3}, id="a", at="2026-03-02T12:00:00Z")) == 0
    assert gave(member.buy(ten, id="b", at="2026-03-03T12:00:00Z")) == 10


@pytest.mark.parametrize("figure", ["orders", "visits"])
def test_milestones_are_challenges_on_one_counter(figure: str) -> None:
    second = card(target=2, counts=figure)
    fourth = card(target=4, counts=figure).replace("card:", "fourth:")
    more = OWN + "\ncounters: {visits: {event: purchase}}"
    member = Life(rules(NOTHING, programs=second + fourth, more=more))
    assert [gave(member.day(f"03-0{i}")) for i in range(1, 6)] == [0, 200, 0, 200, 0]
    assert gave(member.cancel("03-01")) == 0
    assert gave(member.cancel("03-02")) == -200


def test_points_are_counted_before_challenges_give_more_of_them() -> None:
    member = life("repeat: true", "rest: carry", base=BASE, target=50, counts="beans.earned")
    given = [gave(member.day(f"03-0{i}", "30.00")) for i in range(1, 5)]
    assert given == [30, 230, 30, 230]
    assert member.balance == 520
    assert [gave(member.cancel(f"03-0{i}")) for i in (4, 3)] == [-230, -30]


def test_what_a_challenge_gives_is_not_multiplied() -> None:
    double = "{id: double, event: purchase, give: {type: multiplier, program: beans, times: 2}}"
    text = card(target=1, give="{type: points, program: beans, points: 100}")
    member = Life(rules(BASE, double, programs=text))
    assert gave(member.day("03-01")) == 120


def grants(more: str = "") -> RuleSet:
    hand = "{id: hand, event: signup, give: {type: grant, challenge: card, offer: spring}}"
    text = card(
        "opens: {event: grant, when: event.offer != 'none'}",
        "lasts: 14 days",
        target=2,
        counts="{event: purchase, when: 'opened.offer == \"spring\" or amount >= 50.00'}",
        give="[{type: bonus, program: beans, points: 200}, {type: product, sku: CUP}]",
    )
    return rules(hand, programs=text + more, more=OWN)


def test_an_offer_is_handed_over_by_a_rule() -> None:
    member = Life(grants())
    signed = member.happen("signup", "2026-03-01T12:00:00Z")
    assert [(one.kind, one.to, one.name) for one in given_beside(signed)] == [
        ("offer", "card", "spring")
    ]
    assert member.lacks == [(0, 2)]
    member.day("03-02")
    last = member.day("03-03")
    assert gave(last) == 200
    assert [(one.kind, one.sku, one.quantity) for one in given_beside(last)] == [
        ("product", "CUP", 1)
    ]


def test_an_offer_is_handed_over_by_an_event() -> None:
    member = Life(grants())
    member.happen("grant", "2026-03-01T12:00:00Z", offer="none", id="g-1")
    assert member.lacks == []
    member.happen("grant", "2026-03-01T12:00:00Z", offer="big", id="g-2")
    member.day("03-02")
    assert member.lacks == [(0, 2)]
    member.day("03-03", "50.00")
    assert member.lacks == [(1, 2)]


def given_beside(decision: Decision) -> list[Granted]:
    return [one for one in decision.effects if isinstance(one, Granted)]


def withdrawn(decision: Decision) -> list[str]:
    return [one.grant for one in decision.effects if isinstance(one, GrantWithdrawn)]


def test_a_target_that_is_unknown_opens_nothing() -> None:
    tables = "tables: {needed: {keys: {stars: exact}, rows: {5: 2}}}\n"
    text = card("opens: {event: review_written}", target="needed(opened.stars)")
    member = Life(rules(NOTHING, programs=text, more=tables + OWN))
    none = member.happen("review_written", "2026-03-01T12:00:00Z", stars=4)
    assert outcome(none, "card") == ("not_gave", "missing", "")
    member.happen("review_written", "2026-03-02T12:00:00Z", id="e-2", stars=5)
    assert member.lacks == [(0, 2)]


def test_members_of_the_same_words_are_equal() -> None:
    """What stands where in a file changes nothing."""
    lines = ["window: month", "repeat: true", "rest: carry", "on_return: frozen"]
    digests = {
        rules(NOTHING, programs=card(*order), more=OWN).digest for order in (lines, lines[::-1])
    }
    assert len(digests) == 1
