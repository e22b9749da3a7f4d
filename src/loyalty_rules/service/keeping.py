"""The care of a ledger from outside: checked, sealed, made again, looked into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from secrets import token_bytes

from loyalty_rules.domain.errors import CorruptLedger, LedgerError, Retry
from loyalty_rules.domain.merges import is_merged
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.sharing import lent
from loyalty_rules.ledger.accounts import Account, words
from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.ledger.findings import Report
from loyalty_rules.ledger.rebuilding import Rebuilt, rebuild
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.sealing import members, seal
from loyalty_rules.ledger.shared import read_shared
from loyalty_rules.ledger.statements import Work
from loyalty_rules.ledger.verifying import verify
from loyalty_rules.service.accounts import Statement, statement
from loyalty_rules.service.advancing import Advanced, advance_ledger
from loyalty_rules.service.attempts import Locks, Retried, seen, written
from loyalty_rules.service.correcting import Corrected, Correction, corrected
from loyalty_rules.service.group import Group
from loyalty_rules.service.observing import log_retry
from loyalty_rules.service.opening import find
from loyalty_rules.service.pooling import others_of, shared_accounts, with_household
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.recording import erase
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.setting import Setting
from loyalty_rules.service.versions import Versions


def verify_ledger(
    store: Store, ledger: int, seal_at: datetime | None, retried: Retried = log_retry
) -> Report:
    """Check a ledger by number; what no seal covers is sealed at that instant if nothing is wrong."""
    report = seen(store.reading, lambda: verify(ledger), retried=retried)
    for text in damage_of(store):
        report.found("the store", text)
    if seal_at is not None and report.is_clean and report.unsealed:
        seal_ledger(store, ledger, seal_at, retried)
    return report


def damage_of(store: Store) -> Sequence[str]:
    """What a store says is wrong with itself, beneath its rows; nothing where it cannot tell."""
    look: Callable[[], Sequence[str]] | None = getattr(store, "damage", None)
    if look is None:
        return ()
    try:
        return look()
    except Retry:
        raise
    except LedgerError as problem:
        return (str(problem),)


def seal_ledger(store: Store, ledger: int, now: datetime, retried: Retried = log_retry) -> int:
    """Seal every account that has gone on; how many had.

    Errors: ``CorruptLedger``, when all others were sealed, if some do not stand where their logs do.
    """
    sealed = written(store.writing, lambda _: seal(ledger, micros(now)), retried=retried)
    if sealed.damaged:
        shown = ", ".join(map(str, sealed.damaged[:10])) + (", ..." * (len(sealed.damaged) > 10))
        raise CorruptLedger(
            f"these accounts do not stand where their logs do, so they are not sealed: account {shown}"
            " (`loyalty-rules ledger verify` says what is wrong)"
        )
    return sealed.accounts


def rebuild_ledger(
    store: Store, ledger: int, rules: RuleSet | None = None, retried: Retried = log_retry
) -> Rebuilt:
    """Make what follows from the log again; without ``rules`` they are asked later when something falls due.

    Errors: ``CorruptLedger`` when the log is damaged.
    """

    def next_due(state: MemberState) -> int | None:
        at = None if rules is None or is_merged(state) else rules.next_due(state)
        return None if at is None else micros(at)

    asked = None if rules is None else next_due
    return written(store.writing, lambda _: rebuild(ledger, asked), retried=retried)


def advance_stored(
    store: Store, ledger: str, rules: RuleSet, to: datetime, now: datetime
) -> Advanced:
    """Book what falls due up to and including ``to``, in a ledger that need not be open.

    Errors: those of `advance_ledger`.
    """
    number, _ = find(store, ledger)
    setting = Setting(number, Versions(rules), timedelta(0), bytes)
    return advance_ledger(store, setting, to, now)


def read_state(
    store: Store, ledger: str, rules: RuleSet, member: str, now: datetime
) -> MemberState:
    """Where a member stands, as was booked last, in a ledger that need not be open and is not written to. He
    is lent what all members have used of budgets, and what his household shares with him: for a quote."""
    number, _ = find(store, ledger)
    setting = Setting(number, Versions(rules), timedelta(0), bytes)
    return seen(store.reading, lambda: _lent(setting, member, now))


def _lent(setting: Setting, member: str, now: datetime) -> Work[MemberState]:
    group, rules = Group(setting, now, Locks(looks_on=True)), setting.versions.present
    account = yield from group.account(member)
    others = (yield from others_of(group, account)) if shared_accounts(group, now) else ()
    state = with_household(rules, account.state, [one.state for one in others], now)
    if not rules.has_budgets:
        return state
    return lent(state, (yield from read_shared(setting.ledger)))


def states_of(store: Store, ledger: str, rules: RuleSet, now: datetime) -> Iterator[MemberState]:
    """Where every member stands, as was booked last, in a ledger that need not be open."""
    number, _ = find(store, ledger)
    setting = Setting(number, Versions(rules), timedelta(0), bytes)
    known = seen(store.reading, lambda: members(number))
    for _, external, _ in known:
        name = words(external)
        account = seen(store.reading, partial(_named, setting, name, now))
        if account.sequence and not account.is_merged:
            yield account.state


def _named(setting: Setting, name: str, now: datetime) -> Work[Account]:
    return (yield from Group(setting, now).account_named(name))


def read_statement(
    store: Store,
    ledger: str,
    rules: RuleSet,
    member: str,
    now: datetime,
    at: datetime | None = None,
) -> Statement:
    """A member's account at an instant (default: now), of a ledger that need not be open and is not
    written to. Errors: ``EventError`` for an instant before his last event."""
    number, _ = find(store, ledger)
    setting = Setting(number, Versions(rules), timedelta(0), bytes)
    return seen(store.reading, lambda: statement(setting, member, now, at))


def correct_stored(
    store: Store,
    ledger: str,
    present: RuleSet,
    correction: Correction,
    now: datetime,
    *,
    book: bool = False,
) -> Iterator[Corrected]:
    """Show or book what other rules make of the past of a ledger that need not be open. Errors: as of
    `corrected`."""
    number, _ = find(store, ledger)
    setting = Setting(number, Versions(present), timedelta(0), new_salt)
    return corrected(store, setting, ledger, correction, now, book=book)


def erase_stored(store: Store, ledger: str, rules: RuleSet, member: str, now: datetime) -> Receipt:
    """Erase a member of a ledger that need not be open. Errors: as of `erase`."""
    number, _ = find(store, ledger)
    setting = Setting(number, Versions(rules), timedelta(0), new_salt)
    return written(store.writing, lambda known: erase(setting, member, now, known))


def scrub_store(store: Store) -> bool:
    """Write a store anew without what was removed from it; false where it does that by itself."""
    scrub: Callable[[], None] | None = getattr(store, "scrub", None)
    if scrub is None:
        return False
    scrub()
    return True


def new_salt() -> bytes:
    """Of a new member."""
    return token_bytes(16)
