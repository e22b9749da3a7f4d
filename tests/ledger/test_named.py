"""Members whom the events of others name: their names stand in the map alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_rules import ConflictingEvent, Event, Ledger, import_ledger, open_ledger, parse_event
from loyalty_rules.base.records import replace
from tests.ledger.hands import texts
from tests.ledger.networks import referring
from tests.ledger.shop import NOW, beans, bought, sound
from tests.ledger.test_transfers import LASTING, buying, giving
from tests.postgres.shared import new_url

FRIEND = "canary-friend@example.org"
RULES = referring(repeat=True)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_url() if request.param == "postgres" else f"sqlite:///{tmp_path / 'shop.db'}"


def on(url: str) -> Ledger:
    return open_ledger(url, RULES, now=lambda: NOW)


def brings(friend: str = FRIEND, id: str = "link", member: str = "m-1") -> Event:
    head = {"type": "referral", "id": id, "member": member, "friend": friend}
    return parse_event({**head, "occurred_at": "2026-12-01T12:00:00Z"})


def buys(id: str, member: str = FRIEND, day: str = "2026-12-05") -> Event:
    return bought("40.00", id=id, member=member, day=day)


def times_named(url: str) -> int:
    return texts(url).count(FRIEND)


def test_whom_an_event_names_stands_in_the_map_alone(url: str) -> None:
    with sound(on(url)) as ledger:
        assert ledger.record(brings()).status == "booked"
        ledger.record(buys("p-1"))
        assert beans(ledger) == 400
        assert beans(ledger, FRIEND) == 240
        assert times_named(url) == 1
        assert sum(FRIEND in line for line in ledger.export()) == 1


def test_it_is_the_same_event_whenever_it_comes_again(url: str) -> None:
    with sound(on(url)) as ledger:
        ledger.record(brings())
        assert ledger.record(brings()).status == "duplicate"
        with pytest.raises(ConflictingEvent):
            ledger.record(brings("somebody-else"))
    with sound(on(url)) as ledger:
        both = ledger.record_many([brings(), buys("p-1"), brings(id="more", friend="m-3")])
        assert [one.status for one in both] == ["duplicate", "booked", "booked"]


def test_when_he_is_erased_nothing_tells_whom_it_named(url: str) -> None:
    with sound(on(url)) as ledger:
        ledger.record(brings())
        ledger.record(buys("p-1"))
        assert ledger.erase(FRIEND).status == "booked"
        assert times_named(url) == 0
        assert FRIEND not in "".join(ledger.export())
        again = ledger.record(brings())
        assert again.status == "duplicate"
        assert "cannot be compared" in again.notes[-1]
        refused = ledger.record(brings(id="anew"))
        assert refused.refusal is not None and refused.refusal.code == "member_erased"
        assert times_named(url) == 0
        assert beans(ledger) == 400


def test_a_history_that_is_told_again_knows_that_he_was_named(url: str) -> None:
    """By an event that comes late, and after both ledger and process are others."""
    with sound(on(url)) as ledger:
        ledger.record(brings())
        ledger.record(buys("p-1"))
        ledger.record(buys("own", "m-1", "2026-12-10"))
        assert ledger.record(buys("early", "m-1", "2026-11-20")).late
        assert (
            ledger.record(replace(brings(), id="late", fields={"friend": "m-4"})).status == "booked"
        )
        assert beans(ledger) == 480
        lines = list(ledger.export())
    with sound(on(new_url())) as there:
        moved = import_ledger(there._store, lines, ledger="moved")
        assert moved.accounts == 3
    with sound(open_ledger(url, RULES, now=lambda: NOW)) as ledger:
        ledger.record(buys("p-2"))
        assert beans(ledger) == 880


def test_to_whom_points_were_given_stands_in_the_map_alone(url: str) -> None:
    with sound(open_ledger(url, LASTING, now=lambda: NOW)) as ledger:
        ledger.record(buying("ana", 50, 0, "p-1"))
        assert ledger.record(giving("ana", FRIEND, 10, 1, "t-0")).status == "refused"
        assert times_named(url) == 0
        ledger.record(buying(FRIEND, 5, 1, "p-2"))
        given = giving("ana", FRIEND, 20, 2, "t-1")
        assert [ledger.record(given).status for _ in range(2)] == ["booked", "duplicate"]
        with pytest.raises(ConflictingEvent):
            ledger.record(giving("ana", "ben", 20, 2, "t-1"))
        assert (beans(ledger, "ana"), beans(ledger, FRIEND)) == (30, 25)
        assert times_named(url) == 1
        ledger.erase(FRIEND)
        assert times_named(url) == 0
        assert ledger.record(given).status == "duplicate"
