"""Books until the disk is full, and tells what was promised, what it was told, and what is there afterwards.

A program of its own, because the disk is a small one that only this process sees:
``python -m tests.ledger.filling FOLDER``, with ``pages`` behind it where there is no such disk and SQLite
itself is told how large its file may become.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from loyalty_rules import Event
from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, RULES, back, bought

SPARE_BYTES = 300_000
MEMBERS = 5
EVENTS_MAX = 40_000


class Disk:
    """A disk that becomes full, and on which somebody makes room again."""

    def __init__(self, folder: Path, store: SqliteStore, has_pages: bool) -> None:
        self._spare, self._store, self._has_pages = folder / "spare", store, has_pages
        if has_pages:
            self._limit(130)
        else:
            self._spare.write_bytes(b"." * SPARE_BYTES)

    def make_room(self) -> None:
        """What an operator does when the alarm goes."""
        if self._has_pages:
            self._limit(1_000_000)
        else:
            self._spare.unlink()

    def _limit(self, pages: int) -> None:
        self._store._connection().execute(f"PRAGMA max_page_count = {pages}")


def fill(ledger: Ledger) -> tuple[list[str], list[Event], str]:
    """Book one by one and in groups until it fails: what was promised, what failed, and the error."""
    promised: list[str] = []
    for start in range(0, EVENTS_MAX, 20):
        group = [
            bought("5.00", id=f"p-{n}", member=f"m-{n % MEMBERS}") for n in range(start, start + 20)
        ]
        group.append(back(f"p-{start}", id=f"r-{start}", member=f"m-{start % MEMBERS}"))
        parts = [group[:1], group[1:2], group[2:]]
        for part in parts:
            names = [one.id for one in part]
            try:
                for receipt in (
                    ledger.record_many(part) if len(part) > 1 else [ledger.record(*part)]
                ):
                    assert receipt.status == "booked"
            except LedgerError as problem:
                return promised, part, str(problem)
            promised += names
    return promised, [], ""


def there(ledger: Ledger) -> list[str]:
    """The events that are booked."""
    return [item.event for n in range(MEMBERS) for item in ledger.statement(f"m-{n}").history]


def main() -> None:
    """On SQLite."""
    folder, has_pages = Path(sys.argv[1]), sys.argv[2:] == ["pages"]
    store = SqliteStore(str(folder / "shop.db"))
    disk = Disk(folder, store, has_pages)
    tell(store, f"sqlite:///{folder / 'shop.db'}", disk.make_room)


def tell(store: Store, url: str, make_room: Callable[[], object]) -> None:
    """Fill the disk, look, make room, look again, go on; then open it again at ``url``."""
    with open_ledger(store, RULES, now=lambda: NOW) as ledger:
        promised, failed, problem = fill(ledger)
        again = ""
        try:
            ledger.record_many(failed)
        except LedgerError as second:
            again = str(second)
        told: dict[str, object] = {"promised": promised, "problem": problem, "again": again}
        told["failed"] = [one.id for one in failed]
        told["there"] = there(ledger)
        told["findings"] = [one.text for one in ledger.verify(seal=False).findings]
        make_room()
        told["after"] = [one.text for one in ledger.verify().findings]
        told["resumed"] = [one.status for one in ledger.record_many(failed)]
        told["rebuilt"] = ledger.rebuild().is_identical
    with open_ledger(url, RULES, now=lambda: NOW) as ledger:
        told["reopened"] = there(ledger)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
