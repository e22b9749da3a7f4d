"""What a ledger tells of itself: a log without a word of its members, and figures that disturb nothing."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger, LoyaltyError, Observed, open_ledger
from loyalty_rules.domain.errors import (
    ConflictingEvent,
    CorruptLedger,
    EventError,
    LedgerError,
    PluginError,
    Retry,
)
from loyalty_rules.ledger.drivers.memory import MemoryStore
from loyalty_rules.ledger.drivers.store import Execute, Passing
from tests.ledger.handing import AlchemyShop, raw_shop
from tests.ledger.shop import NOW, RULES, back, beans, bought, opener
from tests.plugins.samples import GIFT, opaque
from tests.plugins.samples import rules as rules_with

CANARY = "canary"
AMOUNT = "73514.26"
LOG = "loyalty_rules.ledger"


def sings(what: str, number: int = 1) -> str:
    """A word that must not be found in any log."""
    return f"{what}-{CANARY}-{number}"


def sold(number: int, amount: str = AMOUNT, member: int = 1, **more: object) -> Event:
    fields: dict[str, object] = {
        "member": sings("member", member),
        "channel": sings("channel"),
        "store": sings("store"),
        "attributes": {sings("key"): sings("value")},
        "coupons": [sings("coupon")],
        **more,
    }
    line = {"id": "1", "sku": sings("sku"), "amount": amount}
    return bought(line, id=sings("event", number), **fields)  # type: ignore[arg-type]


def returned(number: int, order: int) -> Event:
    return back(sings("event", order), id=sings("return", number), member=sings("member"))


class Heard(logging.Handler):
    """Everything that is logged by anybody, whole."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def everything(self) -> str:
        shown = logging.Formatter("%(name)s %(levelname)s %(message)s")
        return "\n".join(
            f"{shown.format(one)} {one.__dict__!r} {one.exc_info!r}" for one in self.records
        )

    def lines(self, level: int | None = None) -> list[str]:
        return [
            one.getMessage()
            for one in self.records
            if one.name == LOG and (level is None or one.levelno == level)
        ]


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, root = Heard(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


def every_receipt(ledger: Ledger, connection: object = None) -> set[str]:
    """Each kind of receipt, and a return that was waited for."""
    seen = []

    def record(event: Event) -> None:
        seen.append(ledger.record(event, connection=connection).status)

    record(sold(1))
    record(sold(1))
    record(returned(1, 2))
    record(sold(2))
    record(sold(3, order=sings("event", 2)))
    record(sold(4, day="2027-03-10"))
    with pytest.raises(ConflictingEvent):
        record(sold(1, "1.00"))
    many = ledger.record_many([sold(5), sold(1, "2.00"), sold(6, member=2)], connection=connection)
    return {*seen, *(one.status for one in many)}


def every_question(ledger: Ledger, connection: object = None) -> None:
    member = sings("member")
    ledger.balance(member, connection=connection)
    ledger.statement(member, connection=connection)
    ledger.quote(sold(9), connection=connection)
    with pytest.raises(EventError):
        ledger.balance(member, at=datetime(2020, 1, 1, tzinfo=NOW.tzinfo), connection=connection)


def failing(facts: object, parameters: object) -> int:
    raise RuntimeError(f"of {sings('plugin')}, {AMOUNT}")


def every_mistake(ledger: Ledger, path: Path) -> None:
    """Errors of all kinds, the last of them a damaged row."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    second = sqlite3.connect(path, timeout=0.01)
    with pytest.raises(Retry):
        ledger.record(sold(20), connection=second)
    other.execute("ROLLBACK")
    second.close()
    with pytest.raises(LedgerError):
        ledger.record(sold(20), connection=second)
    with pytest.raises(EventError):
        ledger.advance(NOW + timedelta(days=1))
    other.execute("UPDATE loyalty_orders SET sequence = 1 WHERE order_id = ?", (sings("event", 5),))
    with pytest.raises(CorruptLedger, match=CANARY):  # the error may name it, the log may not
        ledger.record(returned(9, 5))
    [refused] = ledger.record_many([returned(9, 5)])
    assert refused.refusal is not None and refused.refusal.code == "damaged_account"
    other.execute("UPDATE loyalty_accounts SET head = zeroblob(32)")
    with pytest.raises(CorruptLedger):
        ledger.balance(sings("member"))
    assert ledger.verify().findings
    ledger.rebuild()
    other.close()


def of_a_plugin(folder: Path) -> None:
    rules = rules_with(GIFT, opaque(failing))
    with open_ledger(f"sqlite:///{folder / 'plugin.db'}", rules, now=lambda: NOW) as ledger:
        with pytest.raises(PluginError, match=CANARY):
            ledger.record(sold(1))
        [refused] = ledger.record_many([sold(1)])
        assert refused.refusal is not None and refused.refusal.code == "plugin_error"


def test_no_log_has_a_word_of_an_event_in_it(heard: Heard, tmp_path: Path) -> None:
    """Not ours, and not that of the library below the shop's connection either."""
    raw = raw_shop(tmp_path)
    shop = AlchemyShop(raw.url)
    told: list[Observed] = []

    def observe(one: Observed) -> None:
        told.append(one)
        raise RuntimeError(sings("observer"))

    with open_ledger(
        raw.url, RULES, now=lambda: NOW, beside=True, observe=observe, slow_seconds=0.0
    ) as ledger:
        assert every_receipt(ledger) == {"booked", "duplicate", "held", "refused"}
        every_question(ledger)
        with suppress(KeyError), shop.transaction() as connection:
            every_question(ledger, connection)
            ledger.record(sold(30), connection=connection)
            raise KeyError
        ledger.advance()
        ledger.seal()
        every_mistake(ledger, raw.path)
        assert ledger.erase(sings("member", 2)).status == "booked"
        assert ledger.erase(sings("member", 3)).status == "refused"
        assert ledger.verify().findings == []
    of_a_plugin(tmp_path)
    shop.close()
    assert len(heard.lines()) > 40
    for word in (CANARY, AMOUNT, AMOUNT.replace(".", ""), AMOUNT.partition(".")[0]):
        assert word not in heard.everything()
        assert word not in repr(told)


def test_the_log_knows_members_and_entries_by_numbers_of_its_own(
    heard: Heard, tmp_path: Path
) -> None:
    with opener("sqlite", tmp_path)() as ledger:
        every_receipt(ledger)
    assert heard.lines(logging.DEBUG) == [
        "booked: ledger 1, member 1, entry 1",
        "duplicate: ledger 1, member 1, entry 1",
        "held: ledger 1, member 1",
        "booked: ledger 1, member 1, entry 2",
        "booked: ledger 1, member 1, entry 3",
        "refused: ledger 1, member 1, order_exists",
        "refused: ledger 1, member 1, from_the_future",
        "refused: ledger 1, member 1, conflicting_event",
        "refused: ledger 1, member 1, conflicting_event",
        "booked: ledger 1, member 1, entry 4",
        "booked: ledger 1, member 2, entry 1",
    ]


def test_what_stands_in_a_transaction_of_the_shop_is_told_as_provisional(
    heard: Heard, tmp_path: Path
) -> None:
    shop = raw_shop(tmp_path)
    told: list[Observed] = []
    with open_ledger(shop.url, RULES, now=lambda: NOW, beside=True, observe=told.append) as ledger:
        with shop.transaction() as connection:
            ledger.record(sold(1), connection=connection)
        assert heard.lines(logging.DEBUG) == ["booked: ledger 1, member 1, entry 1, provisional"]
    assert [(one.name, one.labels["connection"]) for one in told[:1]] == [("record", "handed")]


def test_damage_is_an_error_of_the_log_and_waiting_a_warning(heard: Heard, tmp_path: Path) -> None:
    shop = raw_shop(tmp_path)
    with open_ledger(shop.url, RULES, now=lambda: NOW, beside=True) as ledger:
        every_receipt(ledger)
        every_mistake(ledger, shop.path)
    assert heard.lines(logging.WARNING) == [
        "failed: ledger 1, record: Retry",
        "failed: ledger 1, record: LedgerError",
    ]
    assert heard.lines(logging.ERROR) == [
        "corrupt: ledger 1, found by record",
        "corrupt: ledger 1, found by record",
        "corrupt: ledger 1, found by balance",
        "corrupt: ledger 1, found by verify: 3 findings",
    ]


class Ticks:
    """A clock that goes on by itself, from call to call."""

    def __init__(self, step: float) -> None:
        self.at, self.step = 0.0, step

    def __call__(self) -> float:
        self.at += self.step
        return self.at


@pytest.mark.parametrize(
    ("slow_seconds", "step", "warned"), [(1.0, 0.5, 0), (1.0, 1.5, 3), (None, 60.0, 0)]
)
def test_what_is_slow_is_told(
    slow_seconds: float | None, step: float, warned: int, heard: Heard, tmp_path: Path
) -> None:
    with Ledger(
        MemoryStore(), RULES, now=lambda: NOW, slow_seconds=slow_seconds, ticks=Ticks(step)
    ) as ledger:
        ledger.record(sold(1))
        ledger.record_many([sold(2), sold(3)])
        ledger.balance(sings("member"))
        ledger.verify()  # looks at everything, and may take its time
    slow = heard.lines(logging.WARNING)
    assert len(slow) == warned
    assert not slow or slow[1] == "slow: ledger 1, record of 2 took 1.500 s, own connection, done"


def figures(told: list[Observed]) -> Counter[tuple[str, ...]]:
    counted: Counter[tuple[str, ...]] = Counter()
    for one in told:
        rest = [value for name, value in sorted(one.labels.items()) if name != "ledger"]
        assert one.labels["ledger"] == "1"
        counted[one.name, *rest] += one.count
    return counted


def test_what_happened_is_counted_and_timed(tmp_path: Path) -> None:
    told: list[Observed] = []
    with opener("sqlite", tmp_path)(observe=told.append) as ledger:
        every_receipt(ledger)
        every_question(ledger)
        ledger.advance()
        ledger.verify()
    assert figures(told) == {
        ("record", "own", "done"): 10,
        ("receipt", "booked"): 5,
        ("receipt", "duplicate"): 1,
        ("receipt", "held"): 1,
        ("receipt", "refused"): 4,
        ("balance", "own", "done"): 1,
        ("balance", "own", "EventError"): 1,
        ("statement", "own", "done"): 1,
        ("quote", "own", "done"): 1,
        ("advance", "own", "done"): 1,
        ("entry",): 0,
        ("verify", "own", "done"): 1,
        ("finding",): 0,
    }
    assert all(one.seconds > 0 for one in told if one.name in ("record", "balance", "advance"))


def test_an_observer_that_fails_breaks_nothing_and_is_told_of_once(
    heard: Heard, tmp_path: Path
) -> None:
    def observe(one: Observed) -> None:
        raise LoyaltyError("not mine")

    with opener("sqlite", tmp_path)(observe=observe) as ledger:
        assert every_receipt(ledger) == {"booked", "duplicate", "held", "refused"}
        assert ledger.verify().findings == []
    assert heard.lines(logging.WARNING) == ["the observer of ledger 1 failed: LoyaltyError"]


def test_a_receipt_is_told_after_it_was_booked(tmp_path: Path) -> None:
    """An observer sees what it is told of, and may ask the ledger itself."""
    seen: list[object] = []

    def observe(one: Observed) -> None:
        if one.name == "receipt":
            seen.append(beans(ledger))

    with opener("sqlite", tmp_path)(observe=observe) as ledger:
        ledger.record(bought("10.00"))
    assert seen == [10]


@pytest.mark.parametrize("what", ["advance", "seal", "verify", "rebuild", "balance"])
def test_what_is_done_again_is_counted_whatever_it_is(what: str) -> None:
    told: list[Observed] = []
    store = _Stumbling()
    ledger = open_ledger(store, RULES, now=lambda: NOW, observe=told.append)
    ledger.record(sold(1))
    store.stumbles = 1
    getattr(ledger, what)(*([sings("member")] if what == "balance" else []))
    again = [dict(one.labels) for one in told if one.name == "retry"]
    assert again == [{"ledger": "1", "reason": "Passing"}]


class _Stumbling(MemoryStore):
    """A store whose first transactions meet something that passes."""

    stumbles = 0

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        self._stumble()
        with super().reading() as execute:
            yield execute

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        self._stumble()
        with super().writing() as execute:
            yield execute

    def _stumble(self) -> None:
        if self.stumbles:
            self.stumbles -= 1
            raise Passing("the connection was lost: try again")
