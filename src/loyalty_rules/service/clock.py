"""The clock that a ledger looks at: that of the machine, or one that it was opened with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from loyalty_rules.domain.errors import LedgerError

YEARS: Final = (1970, 2199)
"""What a clock may say. One that was never set begins at the first; rule sets know no day after the last."""


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


def told_by(clock: Callable[[], datetime]) -> datetime:
    """The instant that a clock tells, in UTC.

    Errors: ``LedgerError`` when that cannot be an instant of today.
    """
    now = aware(clock())
    if not YEARS[0] <= now.year <= YEARS[1]:
        raise LedgerError(f"the clock of the ledger says {now.isoformat()}: set it right")
    return now.astimezone(UTC)


def aware(now: datetime) -> datetime:
    """What the clock of a ledger told. Errors: ``LedgerError`` for what is no instant with an offset."""
    if not isinstance(now, datetime) or now.tzinfo is None:
        raise LedgerError("the clock of a ledger gives instants with an offset (`utc_now` does)")
    return now
