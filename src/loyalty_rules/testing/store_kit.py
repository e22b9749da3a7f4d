"""The kit that tests a store: what a ledger relies on, tried on an empty one.

In a store's own tests: ``assert check_store(lambda: MyStore(...)) == ()``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.store import Execute, RefusedByStore, Store
from loyalty_rules.ledger.statements import (
    ADD_ENTRY,
    ADD_LEDGER,
    ADD_MEMBER,
    ADD_SEAL,
    ADD_SHARED,
    CHANGE_LOT,
    ENTRY_AT,
    FIND_MEMBER,
    FIND_RULES,
    KEEP_RULES,
    LAST_SEAL,
    LIST_LOTS,
    LIST_MEMBERS,
    LIST_SEALS,
    LIST_SHARED,
    LOCK_LANE,
    LOCK_MEMBER,
    PUT_LOT,
    REMOVE_LOTS,
    SWAP_SHARED,
    Row,
)

Open = Callable[[], Store]

_DIGEST: Final = "d1" * 32
_SALT: Final = bytes(range(0, 256, 16))
_HASH: Final = bytes(range(32))
_SUM: Final = bytes(range(16))
_USED: Final = "~all.used"
_LOT: Final[Row] = (1, "beans", "/p-1/1", 50, 50, 0, None)


class _Given(Exception):  # noqa: N818 (no error: what a caller may raise inside a block)
    """Raised inside a block by the one who uses the store."""


def check_store(open_empty: Open) -> tuple[str, ...]:
    """What is wrong with a store, one sentence each; empty when nothing is.

    ``open_empty`` gives a new, empty store each time; it is closed here.
    """
    findings: list[str] = []
    for check in CHECKS:
        store = open_empty()
        try:
            with store.writing() as execute:  # what others hang on: both are number 1
                execute(ADD_LEDGER, [("main", "shop", _DIGEST, 0)])
                execute(ADD_MEMBER, [(1, "first", _SALT)])
            findings += check(store)
        except LedgerError as problem:
            findings.append(f"{check.__name__}: {problem}")
        finally:
            store.close()
    return tuple(findings)


def _rows_come_back_as_they_went(store: Store) -> Iterator[str]:
    text = "Zoë ☕ \N{LATIN SMALL LETTER E}\N{COMBINING ACUTE ACCENT}\n\"'\\"
    row: Row = (_DIGEST, "shop", "1.0", "rules.yaml", text, 2**62)
    with store.writing() as execute:
        execute(KEEP_RULES, [row])
        execute(ADD_MEMBER, [(1, text, _SALT)])
    with store.reading() as execute:
        if list(execute(FIND_RULES, [(_DIGEST,)])) != [("rules.yaml", text)]:
            yield "text does not come back as it was written"
        if [row[1] for row in execute(FIND_MEMBER, [(1, text)])] != [_SALT]:
            yield "bytes do not come back as they were written"


def _a_kept_row_is_never_written_over(store: Store) -> Iterator[str]:
    with store.writing() as execute:
        execute(KEEP_RULES, [(_DIGEST, "shop", "1", "a.yaml", "first", 1)])
        execute(KEEP_RULES, [(_DIGEST, "shop", "1", "b.yaml", "second", 2)])
        if list(execute(FIND_RULES, [(_DIGEST,)])) != [("a.yaml", "first")]:
            yield "`keep` writes over a row that is there"


def _a_put_row_takes_the_place_of_the_old_one(store: Store) -> Iterator[str]:
    with store.writing() as execute:
        execute(PUT_LOT, [_LOT, (1, "beans", "/p-2/1", 7, 7, 1, 9)])
        execute(PUT_LOT, [(1, "beans", "/p-1/1", 50, 20, 0, None)])
        execute(CHANGE_LOT, [(3, 1, "beans", "/p-2/1")])
        rows = list(execute(LIST_LOTS, [(1,)]))
        if rows != [("beans", "/p-1/1", 50, 20, 0, None), ("beans", "/p-2/1", 7, 3, 1, 9)]:
            yield f"`put` or `change` leaves other rows than it should: {rows}"
        execute(REMOVE_LOTS, [(1,)])
        if execute(LIST_LOTS, [(1,)]):
            yield "`remove` leaves rows behind"


def _many_rows_are_what_they_are_one_by_one(store: Store) -> Iterator[str]:
    lots: list[Row] = [(1, "beans", f"/p-{n:03}/1", n, n, n, None) for n in range(1, 101)]
    changed: list[Row] = [(*lot[:4], 0, *lot[5:]) for lot in lots[40:]]
    texts: list[Row] = [(f"{n:064}", "shop", "1", "a.yaml", f"text {n}", n) for n in range(70)]
    entries: list[Row] = [(1, n, 1, _DIGEST, 0, "[]", "[]", _HASH, _HASH) for n in range(1, 71)]
    with store.writing() as execute:
        execute(PUT_LOT, [*lots, *changed])
        execute(KEEP_RULES, texts[50:])
        execute(KEEP_RULES, [(*one[:4], "later", one[5]) for one in texts])
        rows = [row[3] for row in execute(LIST_LOTS, [(1,)])]
        if rows != [*range(1, 41), *[0] * 60]:
            yield f"many rows that are put leave others than they should: {rows}"
        kept = [execute(FIND_RULES, [one[:1]])[0][1] for one in texts]
        if kept != [*["later"] * 50, *[one[4] for one in texts[50:]]]:
            yield f"many rows that are kept leave others than they should: {kept}"
    try:
        with store.writing() as execute:
            execute(ADD_ENTRY, [*entries, entries[34]])
    except RefusedByStore:
        pass
    else:
        yield "many entries are taken of which two have one number"
    with store.reading() as execute:
        if execute(ENTRY_AT, [(1, 1)]):
            yield "what was written beside a refused row is not taken back"


def _new_ids_differ_and_are_told(store: Store) -> Iterator[str]:
    with store.writing() as execute:
        ids = [execute(ADD_MEMBER, [(1, f"m-{n}", _SALT)])[0][0] for n in range(3)]
        found = [execute(FIND_MEMBER, [(1, f"m-{n}")])[0][0] for n in range(3)]
        more = execute(ADD_MEMBER, [(1, name, _SALT) for name in ("c", "a", "b")])
        ids += [row[0] for row in more]
        found += [execute(FIND_MEMBER, [(1, name)])[0][0] for name in ("c", "a", "b")]
        if len(set(ids)) != 6 or ids != found:
            yield "`add_new` does not tell the id of its row"
        if execute(FIND_MEMBER, [(2, "m-0")]):
            yield "a member of one ledger is found in another"


def _a_second_row_of_one_key_is_refused(store: Store) -> Iterator[str]:
    entry: Row = (1, 1, 1, _DIGEST, 0, "[]", "[]", _HASH, _HASH)
    try:
        with store.writing() as execute:
            execute(ADD_MEMBER, [(1, "m-1", _SALT)])
            execute(ADD_ENTRY, [entry])
            execute(ADD_ENTRY, [entry])
    except RefusedByStore:
        pass
    else:
        yield "two entries of one number in one account are taken"
    with store.reading() as execute:
        if execute(FIND_MEMBER, [(1, "m-1")]):
            yield "what was written before a refused row is not taken back"


def _a_failed_block_leaves_nothing(store: Store) -> Iterator[str]:
    with store.writing() as execute:
        execute(PUT_LOT, [_LOT])
    try:
        with store.writing() as execute:
            execute(ADD_MEMBER, [(1, "m-1", _SALT)])
            execute(PUT_LOT, [(1, "beans", "/p-1/1", 50, 20, 0, None)])
            execute(CHANGE_LOT, [(1, 1, "beans", "/p-1/1")])
            execute(REMOVE_LOTS, [(1,)])
            raise _Given
    except _Given:
        pass
    with store.reading() as execute:
        if execute(FIND_MEMBER, [(1, "m-1")]) or list(execute(LIST_LOTS, [(1,)])) != [_LOT[1:]]:
            yield "a block that ends with an error leaves something behind"


def _rows_come_in_their_order_and_pages(store: Store) -> Iterator[str]:
    seals = [(1, n, 1, n, _HASH, _HASH, _HASH, 0) for n in (3, 1, 12, 2, 10)]
    with store.writing() as execute:
        execute(ADD_SEAL, seals)
        numbers = [row[0] for row in execute(LIST_SEALS, [(1,)])]
        if numbers != [1, 2, 3, 10, 12]:
            yield f"rows do not come in their order: {numbers}"
        if [row[0] for row in execute(LAST_SEAL, [(1,)])] != [12]:
            yield "the last row is not found"
        for number in range(619):
            execute(ADD_MEMBER, [(1, f"m-{number}", _SALT)])
        if _pages(execute) != [500, 120]:
            yield "a long list does not come in pages"


def _pages(execute: Execute) -> list[int]:
    sizes: list[int] = []
    last: Sequence[Row] = execute(LIST_MEMBERS, [(1, 0)])
    while last:
        sizes.append(len(last))
        last = execute(LIST_MEMBERS, [(1, last[-1][0])])
    return sizes


def _a_row_is_swapped_only_as_it_was_read(store: Store) -> Iterator[str]:
    with store.writing() as execute:
        one, other = 1, execute(ADD_LEDGER, [("other", "shop", _DIGEST, 0)])[0][0]
        execute(ADD_SHARED, [(id, _USED, 1, "{}", _SUM) for id in (one, other)])
        if list(execute(SWAP_SHARED, [(2, "new", _SUM, one, _USED, 1)])) != [(one,)]:
            yield "`swap` of a row that stands as it was read does not give its key back"
        if execute(SWAP_SHARED, [(2, "late", _SUM, one, _USED, 1)]):
            yield "`swap` of a row that was changed since says that it was written"
        if execute(SWAP_SHARED, [(1, "none", _SUM, one, "~all.unused", 0)]):
            yield "`swap` of a row that is not there says that it was written"
        rows = [row for id in (one, other) for row in execute(LIST_SHARED, [(id,)])]
        if rows != [(_USED, 2, "new", _SUM), (_USED, 1, "{}", _SUM)]:
            yield f"`swap` leaves other rows than it should: {rows}"


def _whoever_took_the_lane_sees_all_that_was_written_before(store: Store) -> Iterator[str]:
    with store.writing() as execute:
        execute(ADD_SHARED, [(1, _USED, 1, "{}", _SUM)])
    missed: list[int] = []

    def use_often() -> None:
        for number in range(25):
            with store.writing() as execute:
                execute(LOCK_LANE, [(1,)])
                [(_, changes, *_)] = execute(LIST_SHARED, [(1,)])
                assert isinstance(changes, int)
                swap: Row = (changes + 1, "{}", _SUM, 1, _USED, changes)
                if not execute(SWAP_SHARED, [swap]):
                    missed.append(number)

    _at_once(use_often)
    if missed:
        yield f"writers who locked one row read it before others wrote it: {len(missed)} of 100"


def _at_once(act: Callable[[], None]) -> None:
    """Let four threads do the same."""
    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _writers_of_several_threads_take_turns(store: Store) -> Iterator[str]:
    with store.writing() as execute:
        member = execute(ADD_MEMBER, [(1, "m-1", _SALT)])[0][0]
        execute(PUT_LOT, [(member, "beans", "/p-1/1", 1000, 0, 0, None)])

    def add_one_often() -> None:
        for _ in range(25):
            with store.writing() as execute:
                execute(LOCK_MEMBER, [(member,)])
                left = execute(LIST_LOTS, [(member,)])[0][3]
                assert isinstance(left, int)
                execute(CHANGE_LOT, [(left + 1, member, "beans", "/p-1/1")])

    _at_once(add_one_often)
    with store.reading() as execute:
        if execute(LIST_LOTS, [(member,)])[0][3] != 100:
            yield "writers who lock one account overwrite each other"


def _a_closed_store_says_so(store: Store) -> Iterator[str]:
    store.close()
    try:
        with store.reading() as execute:
            execute(LIST_LOTS, [(1,)])
    except LedgerError:
        return
    yield "a store that was closed can still be read"


CHECKS: Final[tuple[Callable[[Store], Iterator[str]], ...]] = (
    _rows_come_back_as_they_went,
    _a_kept_row_is_never_written_over,
    _a_put_row_takes_the_place_of_the_old_one,
    _many_rows_are_what_they_are_one_by_one,
    _new_ids_differ_and_are_told,
    _a_second_row_of_one_key_is_refused,
    _a_failed_block_leaves_nothing,
    _rows_come_in_their_order_and_pages,
    _a_row_is_swapped_only_as_it_was_read,
    _whoever_took_the_lane_sees_all_that_was_written_before,
    _writers_of_several_threads_take_turns,
    _a_closed_store_says_so,
)
