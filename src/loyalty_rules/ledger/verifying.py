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
from loyalty_rules.ledger.statements import (
    ACCOUNTS_OF,
    LEDGER_ROW,
    LIST_REFUSALS,
    LIST_SEALS,
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
    for row in known:
        number = whole(row[0])
        try:
            check = AccountCheck(report, ledger, number, words(row[1]), raw(row[2]))
            log = yield from check.run()
            if sealed is not None:
                yield from held_against_seals(report, check.number, log, sealed.pop(number, []))
        except UNREADABLE as problem:
            report.unreadable(f"account {number}", problem)
            if sealed is not None:
                sealed.pop(number, None)
    for number in sealed or ():
        report.found(f"account {number}", "was sealed and is gone")
    yield from _strangers(report, ledger, {row[0] for row in known})
    yield from _refusals(report, ledger)
    for program, books in report.books.items():
        if left := sum(books.values()):
            report.found(
                f"program `{program}`", f"all postings together come to {left}, not to zero"
            )
    return report


def _strangers(report: Report, ledger: int, known: Set[Cell]) -> Work[None]:
    """Accounts of members that are not there."""
    last = -1
    while rows := (yield ACCOUNTS_OF, [(ledger, last)]):
        for (member,) in rows:
            if member not in known:
                report.found(f"account {whole(member)}", "has a row, and its member is gone")
        last = whole(rows[-1][0])


def _refusals(report: Report, ledger: int) -> Work[None]:
    """What was refused, each row by itself: nothing stands on it."""
    try:
        for row in (yield LIST_REFUSALS, [(ledger,)]):
            if row[7] != row_checksum(b"", ledger, *row[:7]):
                report.found("the refusals", f"the row of event `{words(row[1])}` was changed")
    except UNREADABLE as problem:
        report.unreadable("the refusals", problem)
