"""Two who book in turns on one file, each with what he remembers: the same as one who books alone."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine

from loyalty_rules import Event, Ledger
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, RULES, back, bought

pytestmark = pytest.mark.property

STEPS = 36
"""Of one or two members: past the first two or three states that are kept whole."""


def step(dice: Random, number: int) -> Event:
    """A purchase, or the return of one that is there, is not, or is still to come."""
    member = f"m-{dice.choice([1, 1, 1, 2])}"
    if dice.random() < 0.7:
        return bought(f"{dice.randint(1, 40)}.00", id=f"p-{number}", member=member)
    order = f"p-{dice.randint(max(0, number - 9), number + 3)}"
    return back(order, id=f"r-{number}", member=member)


def in_vain(dice: Random, ledger: Ledger, engine: Engine, event: Event) -> None:
    """Bookings that the shop rolls back, the event that comes next among them or not: the account comes to
    the same number of entries later, by other ones."""
    with engine.connect() as connection:
        for number in range(dice.choice([1, 1, 2, 3, 17])):
            ledger.record(bought("3.00", id=f"never-{number}"), connection=connection)
        if dice.random() < 0.3:
            ledger.record(event, connection=connection)
        connection.rollback()


def states(ledger: Ledger) -> dict[str, str]:
    return {state.member: write_state(state) for state in ledger.states()}


def live(dice: Random, folder: Path) -> None:
    url = f"sqlite:///{folder / 'shop.db'}"
    engine = create_engine(url)
    with (
        open_ledger("memory:", RULES, now=lambda: NOW) as alone,
        open_ledger(url, RULES, now=lambda: NOW) as one,
        open_ledger(url, RULES, now=lambda: NOW) as other,
    ):
        for number in range(STEPS):
            event, writer = step(dice, number), dice.choice([one, other])
            if dice.random() < 0.3:
                in_vain(dice, dice.choice([one, other]), engine, event)
            if dice.random() < 0.2:
                with engine.begin() as connection:
                    receipt = writer.record(event, connection=connection)
            else:
                [receipt] = writer.record_many([event])
            wanted = alone.record(event)
            assert (receipt.status, receipt.sequence) == (wanted.status, wanted.sequence)
            assert receipt.points == wanted.points
            if dice.random() < 0.1:
                assert dice.choice([one, other]).rebuild().is_identical
        with open_ledger(url, RULES, now=lambda: NOW) as fresh:
            assert states(one) == states(other) == states(fresh) == states(alone)
            assert fresh.verify().findings == []
            assert fresh.rebuild().is_identical
    engine.dispose()


@settings(max_examples=4)
@given(st.integers(0, 2**32))
def test_what_two_remember_never_differs_from_what_is_booked(seed: int) -> None:
    with TemporaryDirectory() as folder:
        live(Random(seed), Path(folder))


@pytest.mark.slow
@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_what_two_remember_never_differs_in_many_lives(seed: int) -> None:
    with TemporaryDirectory() as folder:
        live(Random(seed), Path(folder))
