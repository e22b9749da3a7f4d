"""Faults to be planted into a copy of the package, and the test that has to fail where each is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.house.laws import PACKAGE, ROOT

LIVES = (
    "tests/ledger/test_laws.py::test_a_life_adds_up_after_every_step_and_a_repeat_changes_nothing"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: what is written instead of what, in a file of the package, and which test sees it."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    test: str


FAULTS: Final = (
    Fault(
        "a posting is dropped",
        "ledger/postings.py",
        (
            (
                'return (("issued", program, -points), ("lots", program, points))',
                'return (("lots", program, points),)',
            ),
        ),
        LIVES,
    ),
    Fault(
        "a posting has the wrong sign",
        "ledger/postings.py",
        (
            (
                'left = ("lots", effect.program, -effect.points)',
                'left = ("lots", effect.program, effect.points)',
            ),
        ),
        LIVES,
    ),
    Fault(
        "an id may be used again",
        "service/recording.py",
        (("    if claim is not None:", '    if claim is not None and claim.status == "held":'),),
        "tests/ledger/test_recording.py"
        "::test_the_same_event_again_gives_the_first_receipt_and_books_nothing",
    ),
    Fault(
        "the checksum of a state is skipped",
        "ledger/standing.py",
        (
            (
                "    if state_checksum(text, account.id, sequence, head) != rows[0][3]:",
                "    if False:",
            ),
        ),
        "tests/ledger/test_damage.py"
        "::test_a_flipped_byte_in_a_state_stops_booking_on_it_and_a_rebuild_cures_it",
    ),
    Fault(
        "an entry skips a number",
        "ledger/accounts.py",
        (("sequence = self.sequence + 1", "sequence = self.sequence + 2"),),
        LIVES,
    ),
    Fault(
        "an entry does not stand on the one before it",
        "ledger/writing.py",
        (
            (
                "body, previous = content_text(event), account.head",
                'body, previous = content_text(event), b""',
            ),
        ),
        LIVES,
    ),
    Fault(
        "a lot is not reduced",
        "ledger/writing.py",
        (
            (
                "        yield CHANGE_LOT, [(self._left(name), *name) for name in rest]\n",
                "",
            ),
        ),
        LIVES,
    ),
    Fault(
        "a receipt is told before its commit",
        "ledger/drivers/sqlite.py",
        (
            (
                "            if connection.in_transaction:\n                raise",
                "            if False:\n                raise",
            ),
            (
                'self._plainly(connection, "BEGIN IMMEDIATE")',
                'connection.in_transaction or self._plainly(connection, "BEGIN IMMEDIATE")',
            ),
            ('self._plainly(connection, "COMMIT")', "pass"),
        ),
        "tests/torture/test_torture.py"
        "::test_nothing_acknowledged_is_lost_or_doubled_when_a_writer_is_killed",
    ),
    Fault(
        "a return gives",
        "engine/returning.py",
        (
            (
                "points = order.booked(one.program) - one.points",
                "points = one.points - order.booked(one.program)",
            ),
        ),
        "tests/ledger/test_laws.py::test_a_return_never_gives",
    ),
    Fault(
        "a return forgets a counter",
        "engine/correcting.py",
        (("        if value:\n", '        if value and counter != "spend":\n'),),
        "tests/engine/test_returns_laws.py::test_a_full_return_in_any_steps_leaves_no_mark",
    ),
    Fault(
        "a lock is missing",
        "ledger/drivers/sqlite.py",
        (
            ('self._plainly(connection, "BEGIN IMMEDIATE")', "pass"),
            ('self._plainly(connection, "COMMIT")', "pass"),
            ("turn(self._path) if self._fair else nullcontext()", "nullcontext()"),
        ),
        "tests/torture/test_torture.py::test_eight_writers_lose_nothing_and_each_has_its_turn",
    ),
    Fault(
        "what is given beside points is not put into the outbox",
        "ledger/rows.py",
        (("    handed = [one for one in effects if", "    handed = [one for one in () if"),),
        "tests/ledger/test_outbox.py::test_a_grant_and_its_withdrawal_wait_in_the_outbox",
    ),
)


def plant(fault: Fault, folder: Path) -> Path:
    """A copy of the package with the fault in it; the folder to import it from.

    Errors: ``AssertionError`` when what is to be changed is not there: the fault has to be planted anew.
    """
    copy = folder / "src"
    shutil.copytree(PACKAGE, copy / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / PACKAGE.name / fault.file
    text = path.read_text("utf-8")
    for old, new in fault.changes:
        assert old in text, f"`{fault.name}` is planted where nothing is any more: {fault.file}"
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return copy


def tried(test: str, source: Path) -> subprocess.CompletedProcess[str]:
    """One test run on the package in ``source``, its short forms only."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(source), str(ROOT)])}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow", test]
    more = ["-p", "no:cacheprovider", "-W", "ignore"]
    return subprocess.run(
        [*command, *more], capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
