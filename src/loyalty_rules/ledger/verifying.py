"""Checks a whole ledger: every chain, every checksum, every sum, every state against the log.

What is wrong is said, one finding for each thing, never raised: a damaged ledger is looked at to its end.
"""

from __future__ import annotations

from collections.abc import Set

from loyalty_rules.ledger.account_checks import AccountCheck
from loyalty_rules.ledger.accounts import raw, whole, words
from loyalty_rules.ledger.chain import row_checksum
from loyalty_rules.ledger.findings import UNREADABLE, Report
from loyalty_rules.ledger.seal_checks import held_against_seals, seals_of
from loyalty_rules.ledger.sealing import identity_of, members
from loyalty_rules.ledger.shared import Summed
from loyalty_rules.ledger.statements import (
    ACCOUNTS_OF,
    LEDGER_ROW,
    LIST_REFUSALS,
    LIST_SEALS,
    LIST_SHARED,
    Cell,
    Work,
)


def verify(ledger: int) -> Work[Report]:
    """Look at everything that a ledger holds."""
    report = Report()
    try:
        identity = identity_of((yield LEDGER_ROW, [(ledger,)]))
        sealed = seals_of(report, identity, (yield LIST_SEALS, [(ledger,)]))
    except UNREADABLE as problem:
        report.unreadable("the seals", problem)
        sealed = None
    try:
        known = yield from members(ledger)
    except UNREADABLE as problem:
        report.unreadable("the members", problem)
        return report
    summed, unread = Summed(), False
    for row in known:
        number = whole(row[0])
        try:
            check = AccountCheck(report, ledger, number, words(row[1]), raw(row[2]))
            log = yield from check.run()
            summed.add(log.effects)
            if sealed is not None:
                yield from held_against_seals(report, check.number, log, sealed.pop(number, []))
        except UNREADABLE as problem:
            report.unreadable(f"account {number}", problem)
            unread = True
            if sealed is not None:
                sealed.pop(number, None)
    for number in sealed or ():
        report.found(f"account {number}", "was sealed and is gone")
    unread |= yield from _strangers(report, ledger, {row[0] for row in known})
    if not unread:  # else nobody knows what all entries come to together
        yield from _shared(report, ledger, summed)
    yield from _refusals(report, ledger)
    for program, books in report.books.items():
        if left := sum(books.values()):
            report.found(
                f"program `{program}`", f"all postings together come to {left}, not to zero"
            )
    return report


def _shared(report: Report, ledger: int, summed: Summed) -> Work[None]:
    """What all members share, held against what all entries say of it."""
    due = {words(row[1]): tuple(row[1:]) for row in summed.rows(ledger)}
    try:
        for row in (yield LIST_SHARED, [(ledger,)]):
            counter = words(row[0])
            expected = due.pop(counter, None)
            if expected is None:
                report.found(f"shared counter `{counter}`", "is in no entry")
            elif expected != tuple(row):
                wrong = "is not what the entries of all accounts come to"
                report.found(f"shared counter `{counter}`", wrong)
    except UNREADABLE as problem:
        report.unreadable("the shared counters", problem)
        return
    for counter in due:
        report.found(f"shared counter `{counter}`", "is gone")


def _strangers(report: Report, ledger: int, known: Set[Cell]) -> Work[bool]:
    """Accounts of members that are not there; whether there are any."""
    last, found = -1, False
    while rows := (yield ACCOUNTS_OF, [(ledger, last)]):
        for (member,) in rows:
            if member not in known:
                report.found(f"account {whole(member)}", "has a row, and its member is gone")
                found = True
        last = whole(rows[-1][0])
    return found


def _refusals(report: Report, ledger: int) -> Work[None]:
    """What was refused, each row by itself: nothing stands on it."""
    try:
        for row in (yield LIST_REFUSALS, [(ledger,)]):
            if row[7] != row_checksum(b"", ledger, *row[:7]):
                report.found("the refusals", f"the row of event `{words(row[1])}` was changed")
    except UNREADABLE as problem:
        report.unreadable("the refusals", problem)
