"""Writers who meet in PostgreSQL: one balance is spent once, one id is booked once, nobody waits for ever."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random

import pytest

from loyalty_rules import ConflictingEvent, Event, Receipt
from loyalty_rules.ledger.drivers.postgres import PostgresStore
from loyalty_rules.ledger.drivers.store import Execute
from loyalty_rules.ledger.statements import Row, Rows, Statement
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, RULES, back, beans, bought, sound
from tests.ledger.test_redemptions import RULES as WITH_REWARDS
from tests.ledger.test_redemptions import taken
from tests.ledger.test_time import RULES as ENDING
from tests.postgres.shared import new_url

Act = Callable[[], object]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with sound(open_ledger(new_url(), RULES, now=lambda: NOW)) as opened:
        yield opened


def at_once(*acts: Act) -> list[object]:
    """What acts come to that begin at the same instant, each in a thread of its own; an error is its type."""
    gate = threading.Barrier(len(acts))

    def one(act: Act) -> object:
        gate.wait()
        try:
            return act()
        except Exception as problem:
            return type(problem)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def statuses(found: Sequence[object]) -> list[str]:
    return sorted(one.status if isinstance(one, Receipt) else str(one) for one in found)


class Stopping(PostgresStore):
    """A store whose writers stop before a statement of that name until somebody lets them go on."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(url)
        self._name = name
        self.stopped, self.go_on = threading.Event(), threading.Event()

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        with super().writing() as execute:

            def stopping(statement: Statement, rows: Sequence[Row]) -> Rows:
                if statement.name == self._name and not self.stopped.is_set():
                    self.stopped.set()
                    assert self.go_on.wait(30)
                return execute(statement, rows)

            yield stopping


def between(url: str, name: str, first: Event, second: Act) -> tuple[object, object]:
    """What recording ``first`` comes to if ``second`` happens just before a statement of it."""
    store = Stopping(url, name)
    ledger = Ledger(store, RULES, now=lambda: NOW)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(at_once, lambda: ledger.record(first))
        assert store.stopped.wait(30)
        done = second()
        store.go_on.set()
        [one] = found.result()
    ledger.close()
    return one, done


def test_two_redemptions_of_one_balance_exactly_one_succeeds() -> None:
    with sound(open_ledger(new_url(), WITH_REWARDS, now=lambda: NOW)) as ledger:
        ledger.record(bought("100.00", id="first"))
        for number in range(25):
            ledger.record(bought("400.00", id=f"p-{number}"))
            found = at_once(
                lambda n=number: ledger.record(taken(id=f"a-{n}", off=4)),
                lambda n=number: ledger.record(taken(id=f"b-{n}", off=4)),
            )
            assert statuses(found) == ["booked", "refused"]
            assert beans(ledger) == 100


def test_one_event_sent_by_eight_at_once_is_booked_once(ledger: Ledger) -> None:
    for number in range(10):
        event = bought("10.00", id=f"p-{number}", member=f"m-{number // 2}")
        found = at_once(*(lambda: ledger.record(event) for _ in range(8)))  # noqa: B023
        assert statuses(found) == ["booked"] + ["duplicate"] * 7
        assert len({one.sequence for one in found if isinstance(one, Receipt)} - {None}) == 1


def test_one_id_for_two_members_at_once_is_booked_for_one(ledger: Ledger) -> None:
    for number in range(10):
        found = at_once(
            *(
                lambda m=member, n=number: ledger.record(
                    bought("10.00", id=f"p-{n}", member=f"m-{n}-{m}")
                )
                for member in range(4)
            )
        )
        assert Counter(statuses(found)) == {"booked": 1, str(ConflictingEvent): 3}


def test_one_order_paid_by_two_at_once_is_booked_for_one(ledger: Ledger) -> None:
    for number in range(10):
        found = at_once(
            *(
                lambda m=member, n=number: ledger.record(
                    bought("10.00", id=f"p-{n}-{m}", member=f"m-{m}", order=f"o-{n}")
                )
                for member in range(3)
            )
        )
        assert statuses(found) == ["booked", "refused", "refused"]
        [refused] = {one.refusal.code for one in found if isinstance(one, Receipt) and one.refusal}
        assert refused == "order_exists"


@pytest.mark.parametrize("name", ["find_event", "find_order", "add_member"])
def test_a_new_member_who_is_written_meanwhile_is_one_member(name: str) -> None:
    """The salt of his digests is that of whoever wrote him first."""
    url = new_url()
    with sound(open_ledger(url, RULES, now=lambda: NOW)) as other:
        first, second = between(url, name, bought("10.00"), lambda: other.record(bought("10.00")))
        assert statuses([first, second]) == ["booked", "duplicate"]
        first, second = between(
            url,
            name,
            bought("10.00", id="p-2", member="m-2"),
            lambda: other.record(bought("5.00", id="p-3", member="m-2")),
        )
        assert statuses([first, second]) == ["booked", "booked"]
        assert (beans(other), beans(other, "m-2")) == (10, 15)


def test_a_return_that_names_an_order_of_another_member_locks_him_too(ledger: Ledger) -> None:
    ledger.record(bought("10.00", member="m-9"))
    ledger.record(bought("10.00", id="p-2", member="m-1"))
    receipt = ledger.record(back("p-1", member="m-1"))
    assert receipt.refusal is not None and receipt.refusal.code == "other_members_order"


def test_batches_over_the_same_members_in_any_order_end(ledger: Ledger) -> None:
    """Old members and new ones, the same events among them: nobody waits for somebody who waits for him."""
    batches = []
    for number in range(6):
        dice = Random(number)
        own = [
            bought("1.00", id=f"p-{number}-{n}", member=f"m-{dice.randint(0, 30)}")
            for n in range(40)
        ]
        both = [bought("1.00", id=f"both-{n}", member=f"m-{n}") for n in range(20)]
        batch = own + both
        dice.shuffle(batch)
        batches.append(batch)
    found = at_once(*(lambda b=batch: list(ledger.record_in_order(b)) for batch in batches))
    receipts = [one for batch in found if isinstance(batch, list) for one in batch]
    assert Counter(one.status for one in receipts) == {"booked": 260, "duplicate": 100}
    assert sum(int(beans(ledger, f"m-{n}")) for n in range(31)) == 260  # type: ignore[call-overload]


def test_sealing_checking_and_rebuilding_go_on_beside_writers(ledger: Ledger) -> None:
    def book(writer: int) -> None:
        for number in range(40):
            ledger.record(bought("1.00", id=f"p-{writer}-{number}", member=f"m-{number % 4}"))

    def care() -> None:
        for _ in range(6):
            assert ledger.verify().findings == []
            assert ledger.rebuild().is_identical
            ledger.seal()

    found = at_once(lambda: book(1), lambda: book(2), lambda: book(3), care, care)
    assert found == [None] * 5
    assert sum(int(beans(ledger, f"m-{n}")) for n in range(4)) == 120  # type: ignore[call-overload]


def test_time_is_advanced_by_two_at_once_and_booked_once() -> None:
    with sound(open_ledger(new_url(), ENDING, now=lambda: NOW)) as ledger:
        for number in range(30):
            ledger.record(bought("10.00", id=f"p-{number}", member=f"m-{number}", day="2026-01-10"))
        found = at_once(*(lambda: ledger.advance().entries for _ in range(3)))
        assert sum(one for one in found if isinstance(one, int)) > 0
        assert all(isinstance(one, int) for one in found)
        histories = [ledger.statement(f"m-{number}").history for number in range(30)]
        assert {len(one) for one in histories} == {3}  # free, and ended


def test_a_ledger_that_is_made_by_many_at_once_is_one() -> None:
    url = new_url()

    def make() -> int:
        with open_ledger(url, RULES, now=lambda: NOW) as own:
            return own._setting.ledger

    assert len(set(at_once(*(make for _ in range(6))))) == 1


def test_a_deadlock_is_a_reason_to_begin_again() -> None:
    """What the database ends, because two wait for each other, is done again by itself."""
    url = new_url()
    with sound(open_ledger(url, RULES, now=lambda: NOW)) as other:
        other.record(bought("1.00"))
        store, stopping = PostgresStore(url), Stopping(url, "put_account")
        holds = threading.Event()

        def shop() -> None:
            with store.writing():
                ask = f"SELECT 1 FROM {store.schema}.loyalty_{{}} FOR UPDATE"
                store.lent().execute(ask.format("accounts")).fetchall()
                holds.set()
                store.lent().execute(ask.format("members")).fetchall()

        booking = Ledger(stopping, RULES, now=lambda: NOW)
        with ThreadPoolExecutor(2) as pool:
            booked = pool.submit(booking.record, bought("2.00", id="p-2"))
            assert stopping.stopped.wait(30)
            shopping = pool.submit(shop)
            assert holds.wait(30)
            stopping.go_on.set()
            assert booked.result(60).status == "booked"
            ended = type(shopping.exception(60)).__name__
        assert ended in ("NoneType", "DeadlockDetected", "Passing")
        booking.close()
        store.close()
        assert beans(other) == 3
