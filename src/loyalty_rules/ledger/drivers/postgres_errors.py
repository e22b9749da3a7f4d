"""What PostgreSQL says when it cannot, in words that name the cause and the cure.

Of the server's own words only the first line is repeated: the rest may name members or hold what was written.
"""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import errors

from loyalty_rules.domain.errors import CorruptLedger, LedgerError
from loyalty_rules.ledger.drivers.store import Passing, RefusedByStore

_SAID: Final[tuple[tuple[str, type[LedgerError], str], ...]] = (
    # the first that an error's code begins with
    ("40001", Passing, "somebody else wrote at the same time: try again"),
    ("40P01", Passing, "two writers waited for each other: try again"),
    ("55P03", Passing, "somebody else is writing to it for a long time: try again"),
    (
        "57014",
        Passing,
        "a statement took longer than the server lets it, or was cancelled: try again",
    ),
    ("57P0", Passing, "the server is being stopped or started: try again"),
    ("25P03", Passing, "the server ended a transaction that was idle: try again"),
    ("25P04", Passing, "the server ended a transaction that took too long: try again"),
    ("53300", Passing, "the server has no connection left: try again, or let it have more"),
    ("53200", Passing, "the server is out of memory: try again"),
    ("08", Passing, "the connection was lost: try again"),
    ("23", RefusedByStore, "a constraint stood against what was to be written"),
    ("22003", RefusedByStore, "a number is larger than a store can hold"),
    ("22", RefusedByStore, "a text or a number cannot be kept there"),
    ("53100", LedgerError, "the disk of the server is full: nothing of this was booked"),
    ("53", LedgerError, "the server lacks something that it needs: nothing of this was booked"),
    ("58", LedgerError, "the disk of the server failed: nothing of this is acknowledged"),
    ("XX00", CorruptLedger, "the server reports damage: restore the database from a backup"),
    ("25006", LedgerError, "it may only be read here: is this a standby? name the primary server"),
    ("25P02", LedgerError, "an earlier statement of this transaction failed: roll it back"),
    ("28", LedgerError, "the server does not let this user in: are name and password right"),
    ("3D000", LedgerError, "there is no such database on the server: create it first"),
    ("42501", LedgerError, "the user lacks a right there: grant it on the schema and its tables"),
    (
        "42P01",
        LedgerError,
        "a table of the ledger is not there (`loyalty-rules db check` says more)",
    ),
    (
        "42703",
        LedgerError,
        "a column of the ledger is not there (`loyalty-rules db check` says more)",
    ),
)


def translated(problem: psycopg.Error | OverflowError, name: str) -> LedgerError:
    """The error of ours that says what ``problem`` is, of the store called ``name``."""
    if isinstance(problem, OverflowError):
        return RefusedByStore(f"`{name}`: a number is larger than a store can hold")
    code = problem.sqlstate or ""
    for start, kind, text in _SAID:
        if code.startswith(start):
            return kind(f"`{name}`: {text}")
    if code:
        return LedgerError(f"`{name}`: {problem.diag.message_primary} ({code})")
    if isinstance(problem, errors.DataError):  # of the driver: a text with a NUL in it, say
        return RefusedByStore(f"`{name}`: a text or a number cannot be kept there")
    if isinstance(problem, errors.OperationalError):
        return Passing(f"`{name}`: the connection was lost: try again")
    return LedgerError(f"`{name}`: the driver failed: {type(problem).__name__}")


def unreachable(problem: psycopg.Error, name: str) -> LedgerError:
    """The error of ours for a connection that could not be made."""
    if problem.sqlstate:
        return translated(problem, name)
    said = str(problem)  # libpq's own: names host, port, user, database; never a password
    for word, text in _AT_THE_DOOR:
        if word in said:
            return LedgerError(f"`{name}`: {text}")
    return Passing(
        f"`{name}`: the server cannot be reached: does it run there, and is it let through"
    )


_AT_THE_DOOR: Final = (
    ("password", "the server does not let this user in: are name and password right"),
    ("authentication", "the server does not let this user in: are name and password right"),
    ("no pg_hba.conf entry", "the server does not let this user in from here (pg_hba.conf)"),
    ("does not exist", "there is no such database or user on the server: create it first"),
    ("permission denied", "the user may not connect to this database: grant it the right to"),
    ("invalid", "the address has something in it that libpq does not know"),
)
