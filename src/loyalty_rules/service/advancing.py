"""Time that passes in a ledger: what falls due is booked, account by account, where something does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from loyalty_rules.domain.errors import CorruptLedger, EventError
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.ledger.accounts import Account, whole
from loyalty_rules.ledger.drivers.store import DamagedStore, Store
from loyalty_rules.ledger.records import instant_of, micros
from loyalty_rules.ledger.sealing import seal
from loyalty_rules.ledger.statements import (
    CHANGE_ADVANCED,
    CHANGE_DUE,
    DUE_ACCOUNTS,
    FIND_ADVANCED,
    Row,
    Work,
)
from loyalty_rules.service.attempts import Locks, Retried, seen, written
from loyalty_rules.service.group import Group
from loyalty_rules.service.observing import log_retry
from loyalty_rules.service.setting import Setting
from loyalty_rules.service.settling import book_passed


@dataclass(frozen=True, slots=True)
class Advanced:
    """What advancing a ledger came to: for how many members something fell due up to and including ``to``,
    and in how many entries it was booked. ``damaged``: accounts (by number) that were left out, because what
    stands in the store about them is not what was written."""

    to: datetime
    members: int = 0
    entries: int = 0
    damaged: tuple[int, ...] = ()


class _Some(NamedTuple):
    """The same of some accounts; ``asked``: whether there were any."""

    asked: bool
    members: int
    entries: int


def advance_ledger(
    store: Store,
    setting: Setting,
    to: datetime,
    received_at: datetime,
    retried: Retried = log_retry,
) -> Advanced:
    """Book everything that falls due up to and including ``to``, some accounts a commit; begun and not
    ended, it can be run again. How far every account has come then is sealed. ``retried``: as in `written`.

    Errors: ``EventError`` for an instant that lies ahead, or before the one that the ledger was advanced to.
    """
    if to > received_at:
        reason = f"`{to.isoformat()}` lies ahead: time is advanced up to the present only"
        raise EventError("from_the_future", "to", reason)
    seen(store.reading, lambda: _check(setting, to), retried=retried)
    members = entries = 0
    damaged: set[int] = set()
    while True:
        done = written(
            store.writing,
            lambda known: _advance_some(setting, to, received_at, damaged, known),
            retried=retried,
        )
        members, entries = members + done.members, entries + done.entries
        if not done.asked:
            break
    sealed = written(
        store.writing, lambda _: seal(setting.ledger, micros(received_at)), retried=retried
    )
    damaged.update(sealed.damaged)
    return Advanced(to, members, entries, tuple(sorted(damaged)))


def _check(setting: Setting, to: datetime) -> Work[None]:
    rows = yield FIND_ADVANCED, [(setting.ledger,)]
    if rows and rows[0][0] is not None and whole(rows[0][0]) > micros(to):
        before = write_instant(instant_of(whole(rows[0][0])))
        raise EventError("backwards", "to", f"the ledger was advanced to {before} already")


def _advance_some(
    setting: Setting, to: datetime, received_at: datetime, damaged: set[int], known: Collection[int]
) -> Work[_Some]:
    """The next accounts for which something falls due; those that cannot be read join the ``damaged``."""
    yield from _check(setting, to)
    group = Group(setting, received_at, Locks(known))
    rows = yield DUE_ACCOUNTS, [(setting.ledger, micros(to))]
    if rows and len(damaged) >= DUE_ACCOUNTS.limit:
        raise CorruptLedger(
            f"more than {len(damaged)} accounts are damaged (`loyalty-rules ledger verify` says which)"
        )
    rows = [row for row in rows if row[0] not in damaged]
    yield from group.locks.take(whole(row[0]) for row in rows)
    if not rows:
        yield CHANGE_ADVANCED, [(micros(to), setting.ledger)]
        return _Some(False, 0, 0)
    members = entries = 0
    waiting: list[Row] = []
    for row in rows:
        try:
            account = yield from group.account_of(whole(row[0]))
        except CorruptLedger as problem:
            if isinstance(problem, DamagedStore):
                raise
            damaged.add(whole(row[0]))
            continue
        if account.is_erased or account.is_merged:
            waiting.append((None, account.id))
            continue
        before = account.sequence
        yield from _pass(group, account, to)
        entries += account.sequence - before
        if account.sequence == before:
            waiting.append((group.setting.next_due_at(account), account.id))
        else:
            members += 1
    yield from group.writes()
    if waiting:
        yield CHANGE_DUE, waiting
    return _Some(True, members, entries)


def _pass(group: Group, account: Account, to: datetime) -> Work[None]:
    """What falls due for one account. Where nothing has to be booked the rules were only asked when."""
    clock, present = account.state.clock, group.setting.versions.present
    until = to if clock is None else max(to, clock)
    decisions = yield from group.lane.decide(
        account.state, lambda state: present.advance(state, until)
    )
    yield from book_passed(group, account, [one.outcome for one in decisions])
