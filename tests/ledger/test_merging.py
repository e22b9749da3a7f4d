"""Two accounts turn out to be one member's: all stands as if it had happened to one, and every name of his is
his for ever."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_rules import ConflictingEvent, Event, Ledger, import_ledger, open_ledger
from loyalty_rules.base.records import replace
from loyalty_rules.service.receipt import Receipt
from tests.ledger.networks import event
from tests.ledger.shop import STORES, Opener, back, bought, opener, sound
from tests.semantics.shop import rules

NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)
BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"
WELCOME = "{id: welcome, event: signup, give: {type: bonus, program: beans, points: 50}}"
CLUB = rules(BASE, WELCOME)


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def one_member(
    member: str = "ben", into: str = "ana", id: str = "m-1", day: str = "2026-04-01"
) -> Event:
    at = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    return event(id, "merge", member, at, into=into)


def signup(member: str, day: str) -> Event:
    at = datetime.fromisoformat(f"{day}T08:00:00+00:00")
    return event(f"s-{member}", "signup", member, at)


def beans(ledger: Ledger, member: str = "ana") -> object:
    return ledger.balance(member)["beans"].total


def code_of(receipt: Receipt) -> str:
    return "" if receipt.refusal is None else receipt.refusal.code


def two(ledger: Ledger) -> None:
    for one in (
        signup("ana", "2026-03-01"),
        bought("60.00", id="p-1", day="2026-03-02", member="ana"),
        signup("ben", "2026-03-03"),
        bought("50.00", "20.00", id="p-2", day="2026-03-04", member="ben"),
    ):
        assert ledger.record(one).status == "booked"


def test_what_is_given_once_was_given_once(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        assert (beans(ledger), beans(ledger, "ben")) == (110, 120)
        receipt = ledger.record(one_member())
        assert receipt.status == "booked"
        [brought] = receipt.released
        assert (brought.member, brought.points["beans"], receipt.points["beans"]) == (
            "ana",
            70,
            -120,
        )
        assert (beans(ledger), beans(ledger, "ben")) == (180, 180)
        assert [state.member for state in ledger.states()] == ["ana"]
        told = ledger.statement("ben")
        assert told.member == "ana"
        assert sum(item.points.get("beans", 0) for item in told.history) == 180


def test_every_name_is_his_from_then_on(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(one_member())
        again = ledger.record(bought("50.00", "20.00", id="p-2", day="2026-03-04", member="ben"))
        assert (again.status, again.first) == ("duplicate", "booked")
        assert ledger.record(one_member()).status == "duplicate"
        bought_since = bought("9.00", id="p-3", day="2026-04-02", member="ben")
        assert ledger.record(bought_since).member == "ana"
        assert ledger.record(bought_since).status == "duplicate"
        assert beans(ledger) == 189
        for number, name in enumerate(("ben", "ana")):
            returned = back(
                "p-2", (str(number + 1), 1), id=f"r-{name}", day="2026-04-03", member=name
            )
            assert ledger.record(returned).status == "booked"
        assert beans(ledger) == 119
        assert (
            ledger.quote(bought("5.00", id="q", day="2026-04-04", member="ben")).points["beans"]
            == 5
        )


def test_who_was_merged_can_be_merged_on(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(bought("5.00", id="p-3", day="2026-03-05", member="cem"))
        assert ledger.record(one_member()).status == "booked"
        assert ledger.record(one_member("ana", "cem", "m-2")).status == "booked"
        assert {beans(ledger, name) for name in ("ana", "ben", "cem")} == {185}
        late = ledger.record(bought("7.00", id="p-0", day="2026-03-01", member="ben"))
        assert (late.member, late.late, beans(ledger)) == ("cem", True, 192)
        gone = ledger.record(back("p-2", id="c-2", day="2026-04-03", member="ana"))
        assert (gone.status, beans(ledger)) == ("booked", 122)


def test_all_in_one_commit(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        receipts = ledger.record_many(
            [
                signup("ana", "2026-03-01"),
                bought("60.00", id="p-1", day="2026-03-02", member="ana"),
                signup("ben", "2026-03-03"),
                bought("50.00", "20.00", id="p-2", day="2026-03-04", member="ben"),
                back("p-9", id="c-9", day="2026-03-05", member="ben"),
                one_member(),
                bought("8.00", id="p-3", day="2026-04-02", member="ben"),
                bought("9.00", id="p-9", day="2026-04-03", member="ana"),
                back("p-2", ("2", 1), id="r-2", day="2026-04-04", member="ben"),
            ]
        )
        held = receipts[4]
        assert {one.status for one in receipts if one is not held} == {"booked"}
        assert [one.event for one in receipts[7].released] == ["c-9"]
        assert beans(ledger) == 50 + 60 + 50 + 8


def test_what_waits_for_an_order_waits_on(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        assert ledger.record(back("p-9", id="c-9", day="2026-04-05", member="ben")).status == "held"
        ledger.record(one_member())
        assert [one.event for one in ledger.statement("ana").waiting] == ["c-9"]
        came = ledger.record(bought("9.00", id="p-9", day="2026-04-03", member="ben"))
        assert [one.status for one in came.released] == ["booked"]
        assert beans(ledger) == 180


def test_who_only_has_something_that_waits_is_known_in_a_batch_too(open_one: Opener) -> None:
    bought_first = bought("60.00", id="p-1", day="2026-03-02", member="ana")
    came_back = back("p-2", ("1", 1), day="2026-03-05", member="ben")
    bought_late = bought("50.00", id="p-2", day="2026-03-04", member="ana")
    batch = [bought_first, came_back, one_member()]
    for book_all in (
        lambda ledger: [ledger.record(one) for one in batch],
        lambda ledger: ledger.record_many(batch),
    ):
        with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
            assert [one.status for one in book_all(ledger)] == ["booked", "held", "booked"]
            [back_now] = ledger.record(bought_late).released
            assert (back_now.status, beans(ledger)) == ("booked", 60)


def test_what_cannot_be_is_refused_and_changes_nothing(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(bought("5.00", id="p-3", day="2026-03-05", member="cem"))
        ledger.record(bought("5.00", id="p-4", day="2026-03-05", member="eve"))
        ledger.erase("eve")
        assert ledger.record(one_member("cem", "ben", "m-0")).status == "booked"
        before = {state.member: state for state in ledger.states()}
        refused = {
            "merge_into_oneself": ("ana", "ana"),
            "already_merged": ("ben", "cem"),
            "unknown_member": ("dora", "ana"),
            "member_erased": ("ana", "eve"),
        }
        for number, (code, (member, into)) in enumerate(refused.items()):
            assert code_of(ledger.record(one_member(member, into, f"x-{number}"))) == code
        assert code_of(ledger.record(one_member("ana", "dora", "x"))) == "unknown_member"
        assert code_of(ledger.record(one_member("eve", "ana", "x"))) == "member_erased"
        ahead = one_member("ana", "ben", "x", day="2026-05-01")
        assert code_of(ledger.record(ahead)) == "from_the_future"
        assert {state.member: state for state in ledger.states()} == before


def test_an_id_stands_for_one_content_under_every_name(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(one_member())
        for member in ("ana", "ben"):
            same = bought("50.00", "20.00", id="p-2", day="2026-03-04", member=member)
            assert ledger.record(same).status == "duplicate"
            with pytest.raises(ConflictingEvent):
                ledger.record(bought("51.00", id="p-2", day="2026-03-04", member=member))
        with pytest.raises(ConflictingEvent):
            ledger.record(one_member("ben", "cem"))
        with pytest.raises(ConflictingEvent):
            ledger.record(bought("50.00", "20.00", id="p-2", day="2026-03-04", member="cem"))


def test_a_quote_writes_nothing(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        quoted = ledger.quote(one_member())
        assert (quoted.status, quoted.provisional) == ("booked", True)
        assert (beans(ledger), beans(ledger, "ben")) == (110, 120)


def test_who_is_erased_is_erased_under_all_his_names(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(bought("5.00", id="p-3", day="2026-03-05", member="cem"))
        ledger.record(one_member())
        ledger.record(one_member("ana", "cem", "m-2"))
        before = "\n".join(ledger.export())
        assert "ana" in before and "p-2" in before
        assert ledger.erase("ben").status == "booked"
        told = "\n".join(ledger.export())
        assert not [name for name in ("ana", "ben", "cem") if f'"{name}"' in told]
        assert "50.00" not in told
        for member in ("ana", "ben", "cem"):
            again = ledger.erase(member)
            assert (again.status, again.first) == ("duplicate", "booked")
            new = bought("5.00", id=f"x-{member}", day="2026-04-05", member=member)
            assert code_of(ledger.record(new)) == "member_erased"
            assert beans(ledger, member) == 0
        assert list(ledger.states()) == []


def test_what_was_received_before_stays_a_duplicate_when_he_is_erased(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(one_member())
        later = bought("7.00", id="p-3", day="2026-04-05", member="ben")
        ledger.record(later)
        ledger.erase("ana")
        sent = bought("50.00", "20.00", id="p-2", day="2026-03-04", member="ana")
        for one in (later, sent, bought("1.00", id="p-1", member="ben")):
            again = ledger.record(one)
            assert (again.status, again.notes[-1:]) == (
                "duplicate",
                ("what it said was erased, so it cannot be compared",),
            )
        with pytest.raises(ConflictingEvent):
            ledger.record(bought("7.00", id="p-3", day="2026-04-05", member="cem"))


def test_who_named_somebody_that_is_erased_may_have_become_another_one(open_one: Opener) -> None:
    at = datetime.fromisoformat("2026-03-05T12:00:00+00:00")
    with sound(open_one(rules(BASE, points="transfers: {limit: none}"), now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(bought("5.00", id="p-3", day="2026-03-05", member="cem"))
        gave = event("t-1", "transfer", "ben", at, to="cem", program="beans", points=5)
        ledger.record(gave)
        ledger.erase("cem")
        ledger.record(one_member())
        for one in (gave, replace(gave, member="ana")):
            assert ledger.record(one).status == "duplicate"


def test_an_export_makes_the_same_ledger_again(open_one: Opener, tmp_path: Path) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(one_member())
        ledger.record(back("p-2", ("1", 1), id="r-1", day="2026-04-03", member="ben"))
        lines = list(ledger.export())
        url = f"sqlite:///{tmp_path / 'other.db'}"
        import_ledger(url, lines)
        with sound(open_ledger(url, CLUB, now=lambda: NOW)) as other:
            assert [*other.export()] == lines
            assert (beans(other), beans(other, "ben")) == (130, 130)


def test_a_correction_reaches_what_was_brought(open_one: Opener) -> None:
    twice = rules(BASE.replace("points: 1", "points: 2"), WELCOME)
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(one_member())
        [told] = ledger.correct(datetime(2026, 3, 3, tzinfo=UTC), twice, book=True)
        assert (told.member, told.points) == ("ana", (("beans", 70),))
        assert beans(ledger) == 50 + 60 + 140
        ledger.record(bought("5.00", id="p-0", day="2026-03-03", member="ben"))
        assert beans(ledger) == 50 + 60 + 140 + 5


def test_time_passes_once_for_both(open_one: Opener) -> None:
    ending = rules(BASE, WELCOME, expiry="{after: 20 days}")
    with sound(open_one(ending, now=lambda: NOW)) as ledger:
        two(ledger)
        ledger.record(bought("5.00", id="p-3", day="2026-04-02", member="ben"))
        ledger.record(one_member())
        ledger.advance()
        assert beans(ledger) == 5
        assert ledger.advance().members == 0
        assert ledger.rebuild().is_identical
        told = ledger.statement("ana")
        assert "of another member, who is this one" in told.history[2].notes[0]


DRINK = """
rewards:
  drink: {cost: {program: beans, points: 40}, give: {type: product, sku: DRINK}, limit: {times: 1}}
"""


def taking(member: str, id: str, day: str) -> Event:
    at = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    return event(id, "redemption", member, at, take={"drink": 1})


def test_redemptions_that_were_accepted_stay_accepted(open_one: Opener) -> None:
    """One member would have had one of these drinks, and the points of the other one have been spent."""
    with sound(open_one(rules(BASE, more=DRINK), now=lambda: NOW)) as ledger:
        for member, day in (("ana", "2026-03-10"), ("ben", "2026-03-12")):
            ledger.record(bought("60.00", id=f"p-{member}", day="2026-03-02", member=member))
            assert ledger.record(taking(member, f"d-{member}", day)).status == "booked"
        assert len(list(ledger.outbox())) == 2
        assert ledger.record(one_member()).status == "booked"
        assert beans(ledger) == 40
        assert len(list(ledger.outbox())) == 2
        ledger.record(bought("5.00", id="p-0", day="2026-03-01", member="ben"))
        assert beans(ledger) == 45
        at = datetime(2026, 4, 3, tzinfo=UTC)
        undone = event("u-1", "redemption_cancelled", "ana", at, redemption="d-ben")
        assert ledger.record(undone).status == "booked"
        assert beans(ledger) == 85
        handed = sorted(one.action for one in ledger.outbox())
        assert handed == ["granted", "granted", "withdrawn"]


def test_a_redemption_that_would_not_have_been_and_was_undone_stands_in_the_way(
    open_one: Opener,
) -> None:
    with sound(open_one(rules(BASE, more=DRINK), now=lambda: NOW)) as ledger:
        for member, day in (("ana", "2026-03-10"), ("ben", "2026-03-12")):
            ledger.record(bought("60.00", id=f"p-{member}", day="2026-03-02", member=member))
            ledger.record(taking(member, f"d-{member}", day))
        at = datetime(2026, 3, 13, tzinfo=UTC)
        ledger.record(event("u-1", "redemption_cancelled", "ben", at, redemption="d-ben"))
        before = {state.member: state for state in ledger.states()}
        refused = ledger.record(one_member()).refusal
        assert refused is not None and refused.code == "cannot_merge"
        assert "`u-1`" in refused.reason
        assert {state.member: state for state in ledger.states()} == before


def test_too_long_a_history_is_not_told_again() -> None:
    with sound(open_ledger("memory:", CLUB, now=lambda: NOW)) as ledger:
        for member in ("ana", "ben"):
            ledger.record_many(
                bought("1.00", id=f"{member}-{number}", day="2026-03-02", member=member)
                for number in range(501)
            )
        assert code_of(ledger.record(one_member())) == "merge_too_long"
        assert (beans(ledger), beans(ledger, "ben")) == (501, 501)


def test_what_they_gave_each_other_was_never_given(open_one: Opener) -> None:
    giving = rules(BASE, points="transfers: {limit: none}")
    with sound(open_one(giving, now=lambda: NOW)) as ledger:
        two(ledger)
        at = datetime(2026, 3, 10, tzinfo=UTC)
        given = event("t-1", "transfer", "ana", at, to="ben", program="beans", points=30)
        assert ledger.record(given).status == "booked"
        ledger.record(one_member())
        assert beans(ledger) == 130
        assert len(ledger.balance("ana")["beans"].lots) == 2
        at = datetime(2026, 4, 3, tzinfo=UTC)
        again = event("t-2", "transfer", "ana", at, to="ben", program="beans", points=30)
        assert code_of(ledger.record(again)) == "transfer_to_oneself"


def test_a_household_of_both_is_joined_once(open_one: Opener) -> None:
    with sound(open_one(CLUB, now=lambda: NOW)) as ledger:
        two(ledger)
        for number, member in enumerate(("ana", "ben")):
            at = datetime(2026, 3, 10 + number, tzinfo=UTC)
            joins = event(f"h-{member}", "household", member, at, household="the oaks")
            assert ledger.record(joins).status == "booked"
        assert ledger.record(one_member()).status == "booked"
        left = event("h-2", "household", "ben", NOW, household="the oaks", action="leave")
        assert ledger.record(left).status == "booked"
        assert code_of(ledger.record(replace(left, id="h-3"))) == "not_in_household"
