"""Opening a ledger of a store: whose it is, and the text of the rules that it is booked with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.accounts import ASK, whole, words
from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.ledger.statements import (
    ADD_LEDGER,
    ASK_ALL_DUE,
    CHANGE_PLAN,
    FIND_LEDGER,
    FIND_RULES,
    KEEP_RULES,
    LIST_LEDGERS,
    Work,
)
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.attempts import seen, written
from loyalty_rules.service.loading import load_text
from loyalty_rules.service.rule_set import RuleSet

NAME_CHARACTERS_MAX = 100


def check_opening(
    store: str | Store,
    rules: RuleSet,
    name: str,
    now: Callable[[], datetime],
    future_tolerance: timedelta,
) -> None:
    """What a caller opens a ledger with, before anything is opened. Errors: ``LedgerError``."""
    if not isinstance(store, str) and not hasattr(store, "reading"):
        raise LedgerError(
            "a ledger is kept at an address, such as `sqlite:///club.db`, or in a store,"
            f" not in {_kind(store)}"
        )
    if not isinstance(rules, RuleSet):
        raise LedgerError(
            f"a ledger books by a rule set, not by {_kind(rules)}: `loyalty_rules.load` reads one"
        )
    if not isinstance(name, str):
        raise LedgerError(f"a ledger's name is a text, not {_kind(name)}")
    if not callable(now):
        raise LedgerError(
            f"`now` is a function that tells the instant, not {_kind(now)}: write `lambda: instant`"
        )
    if not isinstance(future_tolerance, timedelta):
        raise LedgerError(
            f"`future_tolerance` is a `timedelta`, not {_kind(future_tolerance)}:"
            " write `timedelta(minutes=5)`"
        )


def _kind(value: object) -> str:
    return f"`{type(value).__name__}`"


def opened(store: Store, rules: RuleSet, name: str, now: int) -> int:
    """The number of the ledger ``name``, which is made if it is not there. Writes only what is missing.

    Errors: ``LedgerError`` when it belongs to another rule set.
    """
    if not (0 < len(name) <= NAME_CHARACTERS_MAX and name.isprintable()):
        raise LedgerError(f"a ledger's name has 1 to {NAME_CHARACTERS_MAX} printable characters")
    number = seen(store.reading, lambda: _found(rules, name))
    if number is None:
        number = written(store.writing, lambda _: _made(rules, name, now))
    return number


def _found(rules: RuleSet, name: str) -> Work[int | None]:
    """The ledger's number if nothing is missing."""
    rows = yield FIND_LEDGER, [(name,)]
    if not rows:
        return None
    if rows[0][1] != rules.id:
        raise LedgerError(
            f"the ledger `{name}` belongs to the rule set `{words(rows[0][1])}`, not to `{rules.id}`:"
            " open another ledger of this store"
        )
    if (yield from _texts_missing(rules)) or rows[0][2] != rules.versions[-1].digest:
        return None
    return whole(rows[0][0])


def _texts_missing(rules: RuleSet) -> Work[list[RuleSet]]:
    """The versions of which the store does not have the text."""
    missing = []
    for version in rules.versions:
        if not (yield FIND_RULES, [(version.digest,)]):
            missing.append(version)
    return missing


def _made(rules: RuleSet, name: str, now: int) -> Work[int]:
    """Look again, now that nobody else writes, and add what is missing."""
    number = yield from _found(rules, name)
    if number is not None:
        return number
    for one in (yield from _texts_missing(rules)):
        text = one.sources[one.file]
        yield KEEP_RULES, [(one.digest, one.id, one.version, one.file, text, now)]
    last = rules.versions[-1].digest
    rows = yield FIND_LEDGER, [(name,)]
    if rows:
        yield CHANGE_PLAN, [(last, whole(rows[0][0]))]
        yield ASK_ALL_DUE, [(ASK, whole(rows[0][0]))]  # other rules, other times
        return whole(rows[0][0])
    added = yield ADD_LEDGER, [(name, rules.id, last, now)]
    return whole(added[0][0])


def find(store: Store, name: str) -> tuple[int, str]:
    """The number of a ledger that is there, and the digest of the plan that it was last opened with.

    Errors: ``LedgerError`` when there is none of that name; it says which there are.
    """
    with store.reading() as execute:
        for number, known, _, plan in (rows := execute(LIST_LEDGERS, [()])):
            if known == name:
                return whole(number), words(plan)
    names = ", ".join(f"`{words(row[1])}`" for row in rows) or "none"
    raise LedgerError(f"there is no ledger `{name}` in this store (there is: {names})")


def last_rules(store: Store, name: str, registry: Registry) -> RuleSet:
    """The rule set that a ledger was last opened with, from the text that it keeps.

    Errors: ``LedgerError`` when there is no such ledger or no text; ``RulesError``.
    """
    _, plan = find(store, name)
    with store.reading() as execute:
        rows = execute(FIND_RULES, [(plan,)])
    if not rows:
        raise LedgerError(f"the ledger `{name}` does not have the text of its rules")
    return load_text(words(rows[0][1]), registry, words(rows[0][0]))
