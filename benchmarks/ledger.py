"""`make bench-ledger`: events per second that are on disk, beside bare inserts of the same rows.

whole: from JSON text to receipt. bare: the rows that this wrote, inserted again by ``executemany`` of the
sqlite3 module, as many events a commit. prepared: the ledger, with decisions that were made before, of events
that were read before (an event has its one spelling from the door).

What an insert takes grows with the file, what a ledger adds does not; so the file grows to that of a shop's
year, and the shares are told of each third of it, too.

The ways take turns, group by group: a machine that is slow for a while is slow for all of them, and what was
decided is as fresh as it is in real work (ten thousand decisions made in advance would fill the memory, and
the time would go into waiting for it). Time on the clock has the disk in it; processor time, beside it, tells
how much of a difference is the machine's. Figures of one machine are worth comparing with figures of the same
machine only; the shares travel better.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import loyalty_rules as lr
from benchmarks.coffee_year import events
from benchmarks.throughput import RULES, parse
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.ledger.compiled import for_sqlite
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.ledger.drivers.store import Execute
from loyalty_rules.ledger.statements import Row, Rows, Statement
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.ledger import GROUP_EVENTS, Ledger

COUNT: Final = 30_000
PARTS: Final = 3
MEMBERS_TIMES: Final = 10
SEED: Final = 7
BARE: Final[str] = "bare inserts"
PREPARED: Final[str] = "prepared decisions"
WHOLE: Final[str] = "whole path"

Writes = list[tuple[Statement, Sequence[Row]]]


class Recorded(SqliteStore):
    """Remembers what was written, commit by commit."""

    commits: list[Writes]

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        writes: Writes = []
        with super().writing() as execute:

            def remembered(statement: Statement, rows: Sequence[Row]) -> Rows:
                if statement.action not in ("read", "lock") and rows:
                    writes.append((statement, list(rows)))
                return execute(statement, rows)

            yield remembered
        self.commits.append(writes)


class Remembering(lr.RuleSet):
    """A rule set that decides each event once: whoever asks again has the decision that was made before."""

    made: dict[str, Decision] = {}  # noqa: RUF012 (one for the whole benchmark)

    def decide(
        self,
        event: lr.Event,
        state: MemberState | None = None,
        order: BookedOrder | None = None,
        redemptions: Sequence[BookedRedemption] = (),
        shared: lr.Shared | None = None,
    ) -> Decision:
        found = self.made.get(event.id)
        if found is None:
            found = self.made[event.id] = super().decide(event, state, order, redemptions, shared)
        return found


class Watch:
    """How long each way took so far: on the clock, and of the processor."""

    def __init__(self) -> None:
        self.clock: dict[str, float] = dict.fromkeys((BARE, PREPARED, WHOLE), 0.0)
        self.processor = dict(self.clock)

    def time(self, way: str, act: Callable[[], object]) -> None:
        """Do ``act`` as part of a way. What the others left behind is swept away before, and nothing else is
        looked at: a sweep through all of the program would leave the memory as cold as no work does."""
        gc.collect()
        clock, processor = time.perf_counter(), time.process_time()
        act()
        self.processor[way] += time.process_time() - processor
        self.clock[way] += time.perf_counter() - clock


class Ways:
    """The three ways, each into a file of its own."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        loaded = lr.load(RULES)
        rules = Remembering(loaded.plan, loaded.registry, loaded.sources, loaded.file)
        self.recorded = Recorded(str(folder / "whole.db"))
        self.recorded.commits = []
        self.whole = held.enter_context(Ledger(self.recorded, rules))
        self.prepared = held.enter_context(Ledger(SqliteStore(str(folder / "prepared.db")), rules))
        self.bare = SqliteStore(str(folder / "bare.db"))
        held.callback(self.bare.close)
        self.insert()
        self.watch = Watch()

    def go(self, texts: Sequence[str], *, bare_first: bool) -> int:
        """Book one group of events in each way; how many were booked."""
        self.watch.time(WHOLE, lambda: list(self.whole.record_in_order(read(texts))))
        parsed = list(read(texts))
        receipts: list[lr.Receipt] = []

        def prepared() -> None:
            receipts.extend(self.prepared.record_in_order(parsed))

        turns = [(BARE, self.insert), (PREPARED, prepared)]
        for way, act in turns if bare_first else reversed(turns):
            self.watch.time(way, act)
        Remembering.made.clear()
        return sum(one.status == "booked" for one in receipts)

    def insert(self) -> None:
        """Write what was written since the last time, with nothing else around it."""
        for writes in self.recorded.commits:
            with self.bare.writing() as execute, self.bare.lent() as connection:
                for statement, rows in writes:
                    if statement.action == "add_new":
                        execute(statement, rows)  # the numbers that it gives are asked for
                    else:
                        connection.executemany(for_sqlite()[statement.name].text, rows)
        self.recorded.commits.clear()


def main(count: int) -> None:
    """Print one line for each way, and its share of bare inserts."""
    texts = [json.dumps(event) for event in year(count)]
    texts = [text for text in texts if parse(text) is not None]
    groups = [texts[at : at + GROUP_EVENTS] for at in range(0, len(texts), GROUP_EVENTS)]
    booked, told = 0, list[str]()
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        ways = Ways(Path(name), held)
        gc.freeze()
        for part in range(PARTS):
            before = ways.watch.clock.copy()
            for number in range(part * len(groups) // PARTS, (part + 1) * len(groups) // PARTS):
                booked += ways.go(groups[number], bare_first=number % 2 == 0)
            own = {way: seconds - before[way] for way, seconds in ways.watch.clock.items()}
            told.append(f"{own[BARE] / (own[PREPARED] or 1):.0%}")
    assert booked > 0.9 * len(texts)
    clock, processor = ways.watch.clock, ways.watch.processor
    print(f"{len(texts):,} events, {GROUP_EVENTS} a commit; shares of time on the clock, processor")
    for way, seconds in clock.items():
        share, share_processor = clock[BARE] / seconds, processor[BARE] / processor[way]
        print(f"{way:20}{len(texts) / seconds:10,.0f} /s {share:8.0%} {share_processor:8.0%}")
    print(f"{PREPARED} while the file grows, by thirds: {', '.join(told)}")


def read(texts: Sequence[str]) -> Iterator[lr.Event]:
    """The events that the texts hold."""
    return (event for text in texts if (event := parse(text)) is not None)


def year(count: int) -> Iterator[dict[str, object]]:
    """A year without returns, its members parted so that each has a few dozen events."""
    for number, event in enumerate(events(count, SEED)):
        if event["type"] != "return":
            yield {**event, "member": f"{event['member']}-{number % MEMBERS_TIMES}"}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
