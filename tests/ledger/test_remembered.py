"""What one ledger remembers of members is held against what others have written since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger, parse_event
from loyalty_rules.ledger import standing
from loyalty_rules.ledger.accounts import Account, new_account
from loyalty_rules.ledger.standing import Remembered
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.handing import SHOPS, shop_of
from tests.ledger.shop import NOW, RULES, Opener, beans, bought, opener, sound


@pytest.fixture(params=("sqlite", "postgres"))
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


@pytest.fixture
def two(open_one: Opener) -> Iterator[tuple[Ledger, Ledger]]:
    """Two ledgers that are one, as two processes have it; both know ana and ben."""
    with sound(open_one(file="shared.db")) as here, open_one(file="shared.db") as there:
        for number, ledger in enumerate((here, there), start=1):
            ledger.record_many([of(name, number) for name in ("ana", "ben")])
        yield here, there


def of(member: str, number: int) -> Event:
    """A member's order of a day."""
    return bought("10.00", id=f"{member}-{number}", member=member, day=f"2026-03-{10 + number}")


def test_who_was_erased_elsewhere_is_refused(two: tuple[Ledger, Ledger]) -> None:
    here, there = two
    there.erase("ana")
    [ana, ben] = here.record_many([of("ana", 3), of("ben", 3)])
    assert ana.refusal is not None and ana.refusal.code == "member_erased"
    assert ben.status == "booked"
    [again, _] = here.record_many([of("ana", 4), of("ben", 4)])
    assert again.refusal is not None and again.refusal.code == "member_erased"


def test_what_was_booked_elsewhere_is_seen(two: tuple[Ledger, Ledger]) -> None:
    here, there = two
    there.record(of("ana", 3))
    statuses = [one.status for one in here.record_many([of("ana", 3), of("ana", 4), of("ben", 4)])]
    assert statuses == ["duplicate", "booked", "booked"]
    assert (beans(here, "ana"), beans(here, "ben")) == (40, 30)


def test_who_was_merged_elsewhere_is_who_he_is_now(two: tuple[Ledger, Ledger]) -> None:
    here, there = two
    at = "2026-03-14T12:00:00Z"
    merge = {"id": "one", "type": "merge", "member": "ana", "into": "ben", "occurred_at": at}
    there.record(parse_event(merge))
    receipts = here.record_many([of("ana", 5), of("ben", 6)])
    assert [one.member for one in receipts] == ["ben", "ben"]
    assert beans(here, "ben") == 60


@pytest.mark.parametrize("kind", SHOPS)
def test_a_number_that_was_rolled_back_is_somebody_elses(kind: str, tmp_path: Path) -> None:
    """SQLite gives it again; what is remembered under it is not taken for his."""
    shop = shop_of(kind, tmp_path)
    with sound(open_ledger(shop.url, RULES, now=lambda: NOW, beside=True)) as ledger:
        with pytest.raises(KeyError), shop.transaction() as connection:
            ledger.record_many([of("ana", 1), of("ben", 1)], connection=connection)
            raise KeyError
        ledger.record_many([of("ben", 1), of("cem", 1)])
        receipts = ledger.record_many([of("ana", 2), of("ben", 2), of("cem", 2)])
        assert [one.status for one in receipts] == ["booked"] * 3
        assert [beans(ledger, name) for name in ("ana", "ben", "cem")] == [10, 20, 20]
    shop.close()


def test_so_many_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "REMEMBERED_MAX", 3)
    remembered = Remembered()
    for number, name in enumerate("abcda", start=1):
        remembered.put([stood(name, number)])
    assert {name: one.number for name, one in remembered.named("abcd").items()} == {
        "a": 5,
        "c": 3,
        "d": 4,
    }
    assert remembered.get(1) is None


def test_the_name_of_who_was_erased_is_forgotten() -> None:
    remembered = Remembered()
    remembered.put([stood("ana", 1)])
    gone = stood("ana", 1)
    gone.erase("~erased/1")
    remembered.put([gone])
    assert remembered.named(["ana", "~erased/1"]) == {}
    found = remembered.get(1)
    assert found is not None and found.salt == b""


def stood(name: str, number: int) -> Account:
    """An account with an entry."""
    account = new_account(name, b"salt", number)
    account.sequence = 1
    return account
