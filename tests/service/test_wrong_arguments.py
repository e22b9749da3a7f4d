"""A caller who hands over the wrong thing is told what is wrong by its name in his own call, and the cure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

import loyalty_rules as lr
from tests.semantics.shop import purchase
from tests.service.test_versions import NEW, OLD, folder

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RAW = purchase("4.50", at="2026-04-02T12:00:00Z", id="p-1")
MAPPING = cast(lr.Event, RAW)
EVENT = lr.parse_event(RAW)


@pytest.fixture
def club(tmp_path: Path) -> lr.RuleSet:
    return lr.load(folder(tmp_path / "club", a_new=NEW, b_old=OLD))


@pytest.fixture
def ledger(club: lr.RuleSet) -> lr.Ledger:
    return lr.open_ledger("memory:", club, now=lambda: NOW)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda ledger: ledger.record(MAPPING), id="record"),
        pytest.param(lambda ledger: ledger.record_many([EVENT, MAPPING]), id="record_many"),
        pytest.param(lambda ledger: list(ledger.record_in_order([EVENT, MAPPING])), id="in order"),
        pytest.param(lambda ledger: ledger.quote(MAPPING), id="quote"),
        pytest.param(lambda ledger: ledger.rules.decide(MAPPING), id="decide"),
        pytest.param(
            lambda ledger: ledger.rules.decide(MAPPING, lr.MemberState("m-1")), id="decide of one"
        ),
        pytest.param(lambda ledger: ledger.rules.quote(MAPPING), id="quote of rules"),
    ],
)
def test_an_event_that_the_door_did_not_read_is_refused_with_the_door_and_books_nothing(
    ledger: lr.Ledger, call: Callable[[lr.Ledger], object]
) -> None:
    with pytest.raises(lr.EventError, match=r"found `dict`: `loyalty_rules\.parse_event`") as one:
        call(ledger)
    assert (one.value.code, one.value.path) == ("bad_shape", "")
    assert ledger.balance("m-1")["beans"].available == 0
    assert ledger.record(EVENT).status == "booked"


def test_state_and_event_the_wrong_way_round_are_told() -> None:
    state = lr.MemberState("m-1")
    rules = lr.load(Path(__file__).parents[2] / "rules" / "coffee-club")
    with pytest.raises(lr.EventError, match="expected an `Event`, found `MemberState`"):
        rules.decide(cast(lr.Event, state), cast(lr.MemberState, EVENT))


@pytest.mark.parametrize(
    ("at", "code"),
    [
        pytest.param(datetime(2026, 4, 1, tzinfo=UTC), "backwards", id="before the last event"),
        pytest.param(datetime(2026, 6, 1), "bad_time", id="without an offset"),
        pytest.param("2026-06-01T00:00:00+02:00", "bad_time", id="a text"),
        pytest.param(date(2026, 6, 1), "bad_time", id="a day"),
        pytest.param(1_780_000_000, "bad_time", id="seconds since 1970"),
        pytest.param(datetime.max.replace(tzinfo=UTC), "bad_time", id="after the last year"),
    ],
)
def test_an_instant_that_cannot_be_asked_for_is_named_as_in_the_call(
    ledger: lr.Ledger, at: datetime, code: str
) -> None:
    ledger.record(EVENT)
    for ask in (ledger.balance, ledger.statement):
        with pytest.raises(lr.EventError) as problem:
            ask("m-1", at=at)
        assert (problem.value.code, problem.value.path) == (code, "at")


@pytest.mark.parametrize("to", ["now", date(2026, 4, 1), datetime(2026, 4, 1), None, True])
def test_what_is_no_instant_advances_nothing(ledger: lr.Ledger, to: Any) -> None:
    state = lr.MemberState("m-1")
    calls = [lambda: ledger.rules.advance(state, to), lambda: ledger.rules.in_force(to)]
    for call in calls if to is None else [*calls, lambda: ledger.advance(to)]:
        with pytest.raises(lr.EventError) as problem:
            call()
        assert problem.value.code == "bad_time"


@pytest.mark.parametrize("member", [None, 5, b"m-1", ["m-1"]])
def test_the_account_of_what_is_no_id_is_not_shown_as_empty(ledger: lr.Ledger, member: Any) -> None:
    for ask in (ledger.balance, ledger.statement, ledger.erase):
        with pytest.raises(lr.EventError, match="expected the id of a member") as problem:
            ask(member)
        assert (problem.value.code, problem.value.path) == ("bad_shape", "member")


@pytest.mark.parametrize("events", [None, EVENT, RAW, "p-1", b"p-1", 5])
def test_what_is_no_collection_of_events_books_nothing(ledger: lr.Ledger, events: Any) -> None:
    for book in (ledger.record_many, ledger.record_in_order):
        with pytest.raises(lr.EventError, match="expected several events, found"):
            book(events)
    assert ledger.record(EVENT).status == "booked"


def test_a_generator_is_taken_once_and_its_own_error_comes_through(ledger: lr.Ledger) -> None:
    assert [one.status for one in ledger.record_many(event for event in [EVENT])] == ["booked"]

    def failing() -> Any:
        yield EVENT
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.record_many(failing())


def test_a_state_that_is_none_is_told_by_its_name(club: lr.RuleSet) -> None:
    for state in ("m-1", {"member": "m-1"}):
        with pytest.raises(lr.EventError, match="expected a `MemberState`") as problem:
            club.decide(EVENT, cast(lr.MemberState, state))
        assert problem.value.path == "state"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({"url_or_store": None}, "in a store, not in `NoneType`", id="no address"),
        pytest.param({"url_or_store": Path("club.db")}, "such as `sqlite:///club.db`", id="a path"),
        pytest.param(
            {"rules": "rules.yaml"}, r"`loyalty_rules\.load` reads one", id="a path of rules"
        ),
        pytest.param({"ledger": None}, "name is a text", id="no name"),
        pytest.param({"now": NOW}, "write `lambda: instant`", id="an instant as a clock"),
        pytest.param(
            {"now": lambda: datetime(2026, 5, 1)}, "instants with an offset", id="a naive clock"
        ),
        pytest.param({"now": lambda: "now"}, "instants with an offset", id="a clock of texts"),
        pytest.param(
            {"future_tolerance": 5}, r"write `timedelta\(minutes=5\)`", id="a bare number"
        ),
    ],
)
def test_what_a_ledger_cannot_be_opened_with_is_told_with_the_cure(
    club: lr.RuleSet, wrong: dict[str, Any], told: str
) -> None:
    right: dict[str, Any] = {"url_or_store": "memory:", "rules": club}
    with pytest.raises(lr.LedgerError, match=told):
        lr.open_ledger(**{**right, **wrong})


def test_a_correction_is_asked_with_an_instant_and_rules(ledger: lr.Ledger) -> None:
    with pytest.raises(lr.EventError, match="at `since`"):
        ledger.correct(cast(datetime, "2026"), ledger.rules)
    with pytest.raises(lr.LedgerError, match="made by a rule set"):
        list(ledger.correct(NOW - timedelta(days=1), cast(lr.RuleSet, "rules.yaml")))


def test_what_no_rule_set_is_read_from_is_told_with_what_reads_it(tmp_path: Path) -> None:
    for path in (None, 5, b"rules.yaml", ["rules.yaml"]):
        with pytest.raises(lr.RulesError, match="read from a path, not from"):
            lr.load(cast(Path, path))
    with pytest.raises(lr.RulesError, match="`load_text` reads the text"):
        lr.load("ruleset: club\nversion: '1'\n")
    with pytest.raises(lr.RulesError, match="an empty path names no rule set"):
        lr.load("")
    with pytest.raises(lr.RulesError, match="as a `Registry`, not as `list`"):
        lr.load(folder(tmp_path / "club", one=NEW), cast(lr.Registry, ["skyline"]))


def test_a_closed_ledger_says_what_to_do(ledger: lr.Ledger) -> None:
    ledger.close()
    with pytest.raises(lr.LedgerError, match="open the ledger again"):
        ledger.record(EVENT)
