"""PostgreSQL quotes rows when it refuses them; no log, error or traceback of ours repeats that."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from loyalty_rules import Ledger, LedgerError, Observed, open_ledger
from tests.ledger.hands import by_hand, did
from tests.ledger.shop import NOW, RULES, beans
from tests.ledger.test_observing import (
    AMOUNT,
    CANARY,
    Heard,
    every_question,
    every_receipt,
    heard,
    returned,
    sings,
    sold,
)
from tests.postgres.shared import new_url, shared

__all__ = ["heard"]  # the fixture


@pytest.fixture
def url() -> str:
    return new_url()


@pytest.fixture
def told() -> list[Observed]:
    return []


@pytest.fixture
def ledger(url: str, told: list[Observed], heard: Heard) -> Iterator[Ledger]:
    """A ledger that tells everything; nothing of its members was heard when it is closed."""
    with open_ledger(url, RULES, now=lambda: NOW, observe=told.append, slow_seconds=0.0) as opened:
        yield opened
    assert len(heard.lines(logging.WARNING)) > 5
    for word in (CANARY, AMOUNT, AMOUNT.replace(".", ""), AMOUNT.partition(".")[0]):
        assert word not in heard.everything()
        assert word not in repr(told)


def refused(act: Callable[[], object]) -> str:
    """The traceback of the error that something ends with, as a log of the shop would have it."""
    with pytest.raises(LedgerError) as found:
        act()
    return "".join(traceback.format_exception(found.value))


def test_no_log_has_a_word_of_an_event_in_it(ledger: Ledger) -> None:
    assert every_receipt(ledger) == {"booked", "duplicate", "held", "refused"}
    every_question(ledger)
    ledger.advance()
    ledger.seal()
    assert ledger.erase(sings("member", 2)).status == "booked"
    assert ledger.rebuild().is_identical
    assert ledger.verify().findings == []


def test_no_framework_of_the_shop_tells_one_either(ledger: Ledger) -> None:
    """Not even one that logs every statement."""
    address = shared().url().replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(address, echo="debug")
    with suppress(KeyError), engine.begin() as connection:
        ledger.record(sold(30), connection=connection)
        every_question(ledger, connection)
        raise KeyError
    with engine.begin() as connection:
        assert every_receipt(ledger, connection) == {"booked", "duplicate", "held", "refused"}
    engine.dispose()


def test_a_row_that_the_server_refuses_is_not_repeated(ledger: Ledger, url: str) -> None:
    """It says `DETAIL: Failing row contains (...)`, or `Key (...)=(...) already exists`."""
    ledger.record(sold(1))
    did(url, "ALTER TABLE loyalty_events ADD CONSTRAINT mine CHECK (member < 0) NOT VALID")
    with by_hand(url) as shop, pytest.raises(psycopg.IntegrityError, match=CANARY):
        shop.execute("UPDATE loyalty_events SET kind = 'x'")  # so it would be
    with psycopg.connect(shared().url()) as shop:
        for connection in (None, shop):
            said = refused(lambda c=connection: ledger.record(sold(2), connection=c))
            assert CANARY not in said and "a constraint stood against" in said
            said = refused(lambda c=connection: ledger.record_many([sold(3)], connection=c))
            assert CANARY not in said
    did(url, "ALTER TABLE loyalty_events DROP CONSTRAINT mine")
    did(url, "CREATE UNIQUE INDEX mine ON loyalty_events (kind)")
    said = refused(lambda: ledger.record(sold(2)))
    assert CANARY not in said and "a constraint stood against" in said
    did(url, "DROP INDEX mine")
    assert ledger.record(sold(2)).status == "booked"


def test_what_fails_in_the_server_is_told_without_its_words(ledger: Ledger, url: str) -> None:
    """A trigger of the shop that quotes what was written, a lost session, a damaged row."""
    ledger.record(sold(1))
    with by_hand(url) as shop:
        shop.execute(
            "CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = NEW.body, HINT = NEW.event; END $$"
        )
        shop.execute(
            "CREATE TRIGGER loud BEFORE INSERT ON loyalty_events FOR EACH ROW EXECUTE FUNCTION loud()"
        )
    assert CANARY not in refused(lambda: ledger.record(sold(2)))
    with psycopg.connect(shared().url()) as own:
        assert CANARY not in refused(lambda: ledger.record(sold(2), connection=own))
    did(url, "DROP TRIGGER loud ON loyalty_events")
    lost: Any = psycopg.connect(shared().url())
    lost.execute("SELECT 1")
    number = lost.info.backend_pid
    with by_hand(url) as shop:
        shop.execute("SELECT pg_terminate_backend(%s)", (number,))
    assert CANARY not in refused(lambda: ledger.record(sold(2), connection=lost))
    lost.close()
    did(url, "UPDATE loyalty_accounts SET head = sha256(head)")
    assert CANARY not in refused(lambda: ledger.balance(sings("member")))
    [damaged] = ledger.record_many([returned(1, 1)])
    assert damaged.refusal is not None and damaged.refusal.code == "damaged_account"
    assert ledger.verify().findings
    ledger.rebuild()
    assert beans(ledger, sings("member")) is not None
