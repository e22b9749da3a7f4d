"""Tears copies of a ledger's file, and of the log beside it, and tells what became of each.

Three outcomes are right: nothing was hit that matters (every member stands where he stood), the file was
recovered to a commit of before (all of them stand as they did after one of the groups), or the damage was
seen. Where none was seen, everything is sent again, and the members must stand as if nothing had happened.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from loyalty_rules import Event
from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, RULES, back, beans, bought

MEMBERS = [f"m-{number}" for number in range(6)]
GROUPS = 24
PAGE_BYTES = 4096

Standing = Mapping[str, object]


@dataclass(slots=True)
class Torn:
    """What became of many torn files. ``wrong``: what must not be."""

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def make(folder: Path) -> list[Standing]:
    """A ledger whose newer half is in the log beside the file; how its members stood after each group."""
    path = folder / "whole.db"
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        stood = [_standing(ledger)]
        for number in range(GROUPS // 2):
            stood.append(_group(ledger, number))
        ledger.seal()
        assert ledger.scrub()  # all of it is in the file, nothing in its log
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        for number in range(GROUPS // 2, GROUPS):
            stood.append(_group(ledger, number))
        for end in ("", "-wal"):  # while it is open: closing would write the log into the file
            shutil.copyfile(f"{path}{end}", folder / f"base.db{end}")
    return stood


def _group(ledger: Ledger, number: int) -> Standing:
    ledger.record_many(_events(number))
    return _standing(ledger)


def _events(number: int) -> list[Event]:
    events = [
        bought(f"{10 + number}.00", id=f"p-{number}-{member}", member=member) for member in MEMBERS
    ]
    if number % 3 == 2:
        events.append(back(f"p-{number - 1}-m-1", id=f"r-{number}", member="m-1"))
    return events


def _standing(ledger: Ledger) -> Standing:
    return {member: beans(ledger, member) for member in MEMBERS}


def tear(folder: Path, count: int, seed: int) -> Torn:
    """Tear so many copies, each in a way of its own, and look at each."""
    stood, dice, torn = make(folder), random.Random(seed), Torn()
    for number in range(count):
        path = folder / f"torn-{number}.db"
        for end in ("", "-wal"):
            shutil.copyfile(folder / f"base.db{end}", f"{path}{end}")
        how = _damage(path, dice)
        outcome = _looked_at(path, stood, torn, f"{number}: {how}")
        torn.outcomes[outcome] += 1
        for part in folder.glob(f"torn-{number}.db*"):
            part.unlink()
    return torn


def _damage(path: Path, dice: random.Random) -> str:
    """Cut, zero or flip something of the file or of its log."""
    target = path if dice.random() < 0.5 else Path(f"{path}-wal")
    data = bytearray(target.read_bytes())
    place = dice.randrange(len(data))
    way = dice.choice(("cut", "zeroed", "flipped", "page"))
    if way == "cut":
        del data[place:]
    elif way == "zeroed":
        length = dice.choice((1, 16, 512, PAGE_BYTES))
        data[place : place + length] = bytes(len(data[place : place + length]))
    elif way == "flipped":
        for _ in range(dice.choice((1, 1, 4, 40))):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    else:  # an old page, or that of another place: a write that never came, or went astray
        page, other = (dice.randrange(len(data) // PAGE_BYTES) * PAGE_BYTES for _ in range(2))
        data[page : page + PAGE_BYTES] = data[other : other + PAGE_BYTES]
    target.write_bytes(bytes(data))
    return f"{target.suffix} {way} at {place} of {len(data)}"


def _looked_at(path: Path, stood: list[Standing], torn: Torn, what: str) -> str:
    """What the ledger says of a torn file; a balance that is wrong without a word is written down."""
    try:
        ledger = open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW)
    except LedgerError:
        return "seen when it is opened"
    with ledger:
        try:
            is_clean = ledger.verify(seal=False).is_clean
        except LedgerError:
            return "seen by the check"
        if not is_clean:
            return "seen by the check"
        try:
            stands = _standing(ledger)
        except LedgerError as problem:
            torn.wrong.append(f"{what}: a clean ledger cannot be read: {problem}")
            return "wrong"
        if stands not in stood:
            torn.wrong.append(f"{what}: {stands}")
            return "wrong"
        return _sent_again(
            ledger, stood, torn, what, "whole" if stands == stood[-1] else "recovered"
        )


def _sent_again(ledger: Ledger, stood: list[Standing], torn: Torn, what: str, outcome: str) -> str:
    """Nothing that is there is booked twice, and nothing that is gone is missing afterwards."""
    try:
        ledger.record_many([event for number in range(GROUPS) for event in _events(number)])
        is_clean = ledger.verify().is_clean
    except LedgerError:
        return f"{outcome}, and seen when it was written to"
    if is_clean and _standing(ledger) == stood[-1]:
        return outcome
    torn.wrong.append(f"{what}: sent again it came to {_standing(ledger)}")
    return "wrong"
