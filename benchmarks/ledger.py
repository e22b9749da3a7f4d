"""`make bench-ledger`: events per second that are on disk, beside bare inserts of the same rows.

bare: the rows that the ledger wrote, inserted again by the sqlite3 module, as many events a commit.
prepared: the ledger, with decisions that were made before. whole: from JSON text to receipt.
Figures of one machine are worth comparing with figures of the same machine only; the shares travel better.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import loyalty_rules as lr
from benchmarks.coffee_year import events
from benchmarks.throughput import RULES, parse
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.ledger.drivers.store import Execute
from loyalty_rules.ledger.statements import Row, Rows, Statement
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.ledger import GROUP_EVENTS, Ledger

COUNT: Final = 10_000
MEMBERS_TIMES: Final = 10
SEED: Final = 7

Writes = list[tuple[Statement, Sequence[Row]]]


class Recorded(SqliteStore):
    """Remembers what was written, commit by commit."""

    commits: list[Writes]

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        writes: Writes = []
        with super().writing() as execute:

            def remembered(statement: Statement, rows: Sequence[Row]) -> Rows:
                if statement.action != "read":
                    writes.append((statement, list(rows)))
                return execute(statement, rows)

            yield remembered
        self.commits.append(writes)


class Prepared(lr.RuleSet):
    """A rule set whose decisions were made before."""

    made: dict[str, Decision] = {}  # noqa: RUF012 (one for the whole benchmark)

    def decide(
        self,
        event: lr.Event,
        state: MemberState | None = None,
        order: BookedOrder | None = None,
        redemptions: Sequence[BookedRedemption] = (),
    ) -> Decision:
        found = self.made.get(event.id)
        if found is None:
            found = self.made[event.id] = super().decide(event, state, order, redemptions)
        return found


def main(count: int) -> None:
    """Print one line for each way, and its share of bare inserts."""
    texts = [json.dumps(event) for event in _events(count)]
    loaded = lr.load(RULES)
    rules = Prepared(loaded.plan, loaded.registry, loaded.sources, loaded.file)
    parsed = [event for text in texts if (event := parse(text)) is not None]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recorded = Recorded(str(folder / "first.db"))
        recorded.commits = []
        with Ledger(recorded, rules) as ledger:  # decides everything, and shows what is written
            list(ledger.record_in_order(parsed))
        speeds = {
            "bare inserts": len(parsed) / _bare(folder / "bare.db", recorded.commits),
            "prepared decisions": len(parsed) / _ledger(folder / "prepared.db", rules, parsed),
            "whole path": len(texts) / _whole(folder / "whole.db", loaded, texts),
        }
    print(f"{len(parsed):,} events, {GROUP_EVENTS} a commit")
    for what, speed in speeds.items():
        print(f"{what:20}{speed:10,.0f} /s {speed / speeds['bare inserts']:8.0%}")


def _events(count: int) -> Iterator[dict[str, object]]:
    """A year without returns, its members parted so that each has a few dozen events."""
    for number, event in enumerate(events(count, SEED)):
        if event["type"] != "return":
            yield {**event, "member": f"{event['member']}-{number % MEMBERS_TIMES}"}


def _bare(path: Path, commits: list[Writes]) -> float:
    store = SqliteStore(str(path))
    begun = time.perf_counter()
    for writes in commits:
        with store.writing() as execute:
            for statement, rows in writes:
                execute(statement, rows)
    seconds = time.perf_counter() - begun
    store.close()
    return seconds


def _ledger(path: Path, rules: lr.RuleSet, parsed: list[lr.Event]) -> float:
    with Ledger(SqliteStore(str(path)), rules) as ledger:
        begun = time.perf_counter()
        booked = sum(one.status == "booked" for one in ledger.record_in_order(parsed))
        seconds = time.perf_counter() - begun
        assert booked > 0.9 * len(parsed)
    return seconds


def _whole(path: Path, rules: lr.RuleSet, texts: list[str]) -> float:
    with Ledger(SqliteStore(str(path)), rules) as ledger:
        begun = time.perf_counter()
        stream = (event for text in texts if (event := parse(text)) is not None)
        for _ in ledger.record_in_order(stream):
            pass
        return time.perf_counter() - begun


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
