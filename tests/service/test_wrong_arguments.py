"""A caller who hands over the wrong thing is told what is wrong by its name in his own call, and the cure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

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
