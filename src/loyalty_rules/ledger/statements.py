"""Every question that the ledger asks of a store, by name. Data only: a driver compiles or interprets it.

A statement is small on purpose (one table, equality, one order), so that a store over plain dicts means
exactly what a database means. Parameters stand in the order that `Statement.parameters` says.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, TypeVar

Cell = int | str | bytes | None
"""What a column holds. Instants are whole microseconds since 1970 in UTC."""

Row = tuple[Cell, ...]
Rows = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement.

    read: ``columns`` of the rows whose ``where`` columns equal the parameters (and whose ``after`` column is
    greater than the last one, or whose ``up_to`` column is at most it), in the order of ``order``
    (``-column``: descending), at most ``limit``. With
    ``among`` the last of ``where`` is given ``AMONG`` times and may equal any of these.
    add: a new row; a key that exists is an error. add_new: the same, and gives the row's new ``id`` back.
    keep: a new row, or nothing if the key exists. put: a new row, or in place of the row with the key.
    change: sets ``columns`` where ``where``. remove: takes away where ``where``.
    swap: what change does, of one row; gives the first column of its key back, and nothing if no row stood as
    ``where`` says.
    lock: what read does, and nobody else may write these rows until the end; a store that has one writer at a
    time does nothing and gives no rows.
    """

    name: str
    action: Literal["read", "lock", "add", "add_new", "keep", "put", "change", "swap", "remove"]
    table: str
    columns: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    after: str = ""
    up_to: str = ""
    order: tuple[str, ...] = ()
    limit: int = 0
    among: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The columns that its parameters stand for, in their order."""
        if self.among:
            return (*self.where, *(AMONG - 1) * self.where[-1:])
        if self.action == "read":
            bound = self.after or self.up_to
            return (*self.where, bound) if bound else self.where
        return (*self.columns, *self.where)


AMONG: Final = 50
"""So many values one question may name."""

Step = tuple[Statement, Sequence[Row]]
"""A statement and the rows of parameters to run it with; a read has one."""

Result = TypeVar("Result")
Work = Generator[Step, Rows, Result]
"""What the ledger does, without doing it: yields steps, is sent the rows that they gave."""

STATEMENTS: Final[dict[str, Statement]] = {}


def among(statement: Statement, same: Row, values: Iterable[Cell]) -> Work[list[Row]]:
    """The rows that a question ``among`` values finds, however many these are."""
    found: list[Row] = []
    rest = iter(values)
    while some := list(islice(rest, AMONG)):
        some += some[-1:] * (AMONG - len(some))
        found += yield statement, [(*same, *some)]
    return found


def _named(statement: Statement) -> Statement:
    assert statement.name not in STATEMENTS, "each statement has a name of its own"
    STATEMENTS[statement.name] = statement
    return statement


def _read(name: str, table: str, columns: str, where: str, **more: object) -> Statement:
    after, order, limit = more.get("after", ""), more.get("order", ""), more.get("limit", 0)
    among, up_to = more.get("among", False), more.get("up_to", "")
    assert isinstance(after, str) and isinstance(order, str) and isinstance(limit, int)
    assert isinstance(among, bool) and isinstance(up_to, str)
    return _named(
        Statement(
            name,
            "read",
            table,
            tuple(columns.split()),
            tuple(where.split()),
            after,
            up_to,
            tuple(order.split()),
            limit,
            among,
        )
    )


def _lock(name: str, table: str, columns: str, where: str, *, among: bool = False) -> Statement:
    """Locks rows in the order of what they are asked by."""
    asked = tuple(where.split())
    columns_of = tuple(columns.split())
    return _named(Statement(name, "lock", table, columns_of, asked, order=asked, among=among))


def _write(
    name: str,
    action: Literal["add", "add_new", "keep", "put", "change", "swap", "remove"],
    table: str,
    columns: str = "",
    where: str = "",
) -> Statement:
    return _named(Statement(name, action, table, tuple(columns.split()), tuple(where.split())))


# ledgers and the texts of the rules that they were booked with
FIND_LEDGER: Final = _read("find_ledger", "ledgers", "id ruleset plan", "name")
LIST_LEDGERS: Final = _read("list_ledgers", "ledgers", "id name ruleset plan", "", order="id")
ADD_LEDGER: Final = _write("add_ledger", "add_new", "ledgers", "name ruleset plan created_at")
LEDGER_ROW: Final = _read(
    "ledger_row",
    "ledgers",
    "name ruleset plan created_at advanced_to origin erasure_key",
    "id",
)
FIND_ADVANCED: Final = _read("find_advanced", "ledgers", "advanced_to", "id")
CHANGE_ADVANCED: Final = _write("change_advanced", "change", "ledgers", "advanced_to", "id")
CHANGE_PLAN: Final = _write("change_plan", "change", "ledgers", "plan", "id")
FIND_RULES: Final = _read("find_rules", "rule_texts", "file text", "digest")
KEEP_RULES: Final = _write(
    "keep_rules", "keep", "rule_texts", "digest ruleset version file text kept_at"
)

# members: the only place that knows what a shop calls them
FIND_MEMBER: Final = _read("find_member", "members", "id salt", "ledger external")
FIND_MEMBERS: Final = _read(
    "find_members", "members", "external id salt", "ledger external", among=True
)
NAME_MEMBER: Final = _read("name_member", "members", "external", "id")
LIST_MEMBERS: Final = _read(
    "list_members", "members", "id external salt", "ledger", after="id", order="id", limit=500
)
ADD_MEMBER: Final = _write("add_member", "add_new", "members", "ledger external salt")

# an account is locked by the row of its member, who is there before it
LOCK_MEMBER: Final = _lock("lock_member", "members", "id", "id")
LOCK_MEMBERS: Final = _lock("lock_members", "members", "id", "id", among=True)

# accounts: where each member stands
FIND_ACCOUNT: Final = _read(
    "find_account", "accounts", "sequence head checksum ledger next_due_at", "member"
)
FIND_ACCOUNTS: Final = _read(
    "find_accounts", "accounts", "member sequence head checksum", "member", among=True
)
ACCOUNTS_OF: Final = _read(
    "accounts_of", "accounts", "member", "ledger", after="member", order="member", limit=500
)
PUT_ACCOUNT: Final = _write(
    "put_account", "put", "accounts", "member ledger sequence head checksum next_due_at"
)
DUE_ACCOUNTS: Final = _read(
    "due_accounts",
    "accounts",
    "member",
    "ledger",
    up_to="next_due_at",
    order="next_due_at member",
    limit=250,
)
CHANGE_DUE: Final = _write("change_due", "change", "accounts", "next_due_at", "member")
ASK_ALL_DUE: Final = _write("ask_all_due", "change", "accounts", "next_due_at", "ledger")
FIND_STATE: Final = _read("find_state", "states", "sequence head state checksum ledger", "member")
PUT_STATE: Final = _write(
    "put_state", "put", "states", "member ledger sequence head state checksum"
)
REMOVE_STATE: Final = _write("remove_state", "remove", "states", where="member")

# the log of events, and of those that wait for another one
FIND_EVENT: Final = _read(
    "find_event", "events", "status sequence digest receipt", "ledger source event"
)
LIST_EVENTS: Final = _read(
    "list_events",
    "events",
    "sequence source event kind occurred_at received_at digest body receipt waits_for ledger"
    " checksum",
    "member status",
    order="sequence",
)
_WAITING: Final = "event member received_at body digest kind occurred_at receipt checksum"
HELD_FOR_ORDER: Final = _read(
    "held_for_order",
    "events",
    _WAITING,
    "ledger source waits_for",
)
HELD_OF_MEMBER: Final = _read(
    "held_of_member",
    "events",
    "source event kind occurred_at received_at waits_for",
    "member status",
    order="received_at source event",
)
FIND_EVENTS: Final = _read(
    "find_events",
    "events",
    "event status sequence digest receipt",
    "ledger source event",
    among=True,
)
EVENTS_AFTER: Final = _read(
    "events_after",
    "events",
    "sequence source event kind occurred_at received_at digest body receipt",
    "member status",
    after="sequence",
    order="sequence",
)
EVENT_AT: Final = _read(
    "event_at",
    "events",
    "sequence source event kind occurred_at received_at digest body receipt",
    "member status sequence",
)
EVENT_BODY: Final = _read("event_body", "events", "digest body", "ledger source event")
HELD_FOR_ORDERS: Final = _read(
    "held_for_orders",
    "events",
    f"waits_for {_WAITING}",
    "ledger source waits_for",
    among=True,
)
_EVENT: Final = (
    "ledger source event member status sequence kind occurred_at received_at digest body"
    " receipt waits_for checksum"
)
ADD_EVENT: Final = _write("add_event", "add", "events", _EVENT)
REMOVE_EVENT: Final = _write("remove_event", "remove", "events", where="ledger source event")

# entries, what they say in double entry, and what they leave behind
ENTRIES_AFTER: Final = _read(
    "entries_after",
    "entries",
    "sequence plan booked_at effects orders previous hash ledger",
    "member",
    after="sequence",
    order="sequence",
)
ENTRY_AT: Final = _read(
    "entry_at",
    "entries",
    "sequence plan booked_at effects orders previous hash",
    "member sequence",
)
ADD_ENTRY: Final = _write(
    "add_entry",
    "add",
    "entries",
    "member sequence ledger plan booked_at effects orders previous hash",
)
LIST_POSTINGS: Final = _read(
    "list_postings",
    "postings",
    "sequence number book program points",
    "member",
    order="sequence number",
)
ADD_POSTING: Final = _write(
    "add_posting", "add", "postings", "member sequence number book program points"
)
REMOVE_POSTINGS: Final = _write("remove_postings", "remove", "postings", where="member")
LIST_LOTS: Final = _read(
    "list_lots",
    "lots",
    "program lot granted left opened_at expires_at",
    "member",
    order="program opened_at lot",
)
PUT_LOT: Final = _write(
    "put_lot", "put", "lots", "member program lot granted left opened_at expires_at"
)
CHANGE_LOT: Final = _write("change_lot", "change", "lots", "left", "member program lot")
CHANGE_LOT_END: Final = _write(
    "change_lot_end", "change", "lots", "expires_at", "member program lot"
)
REMOVE_LOTS: Final = _write("remove_lots", "remove", "lots", where="member")

# what all members share; whoever books with budgets takes the lane when he has his accounts
LOCK_LANE: Final = _lock("lock_lane", "ledgers", "id", "id")
_SHARED: Final = "counter changes days checksum"
FIND_SHARED: Final = _read("find_shared", "shared_counters", _SHARED, "ledger counter", among=True)
LIST_SHARED: Final = _read("list_shared", "shared_counters", _SHARED, "ledger", order="counter")
ADD_SHARED: Final = _write("add_shared", "add", "shared_counters", f"ledger {_SHARED}")
SWAP_SHARED: Final = _write(
    "swap_shared", "swap", "shared_counters", "changes days checksum", "ledger counter changes"
)
REMOVE_SHARED: Final = _write("remove_shared", "remove", "shared_counters", where="ledger")

# orders as they were decided, for the returns to come
FIND_ORDER: Final = _read("find_order", "orders", "member event sequence", "ledger source order_id")
FIND_ORDERS: Final = _read(
    "find_orders", "orders", "order_id member event sequence", "ledger source order_id", among=True
)
ORDERS_OF_MEMBER: Final = _read(
    "orders_of_member",
    "orders",
    "source order_id items",
    "member",
    order="-occurred_at -order_id",
)
_ORDER: Final = "ledger source order_id member event occurred_at items sequence"
LIST_ORDERS: Final = _read("list_orders", "orders", _ORDER, "member", order="source order_id")
ADD_ORDER: Final = _write("add_order", "add", "orders", _ORDER)
PUT_ORDER: Final = _write("put_order", "put", "orders", _ORDER)
REMOVE_ORDERS: Final = _write("remove_orders", "remove", "orders", where="member")

# what was refused: nothing else is known of it
KEEP_REFUSAL: Final = _write(
    "keep_refusal",
    "keep",
    "refusals",
    "ledger source event code path reason received_at member checksum",
)
LIST_REFUSALS: Final = _read(
    "list_refusals",
    "refusals",
    "source event code path reason received_at member checksum",
    "ledger",
    order="source event code path",
)

# what is given beside points, for whoever hands it over
_OUTBOX: Final = "member sequence number ledger action kind grant_id payload booked_at"
ADD_OUTBOX: Final = _write("add_outbox", "add", "outbox", f"{_OUTBOX} status")
LIST_OUTBOX: Final = _read(
    "list_outbox", "outbox", f"{_OUTBOX} status", "member", order="sequence number"
)
OUTBOX_AFTER: Final = _read(
    "outbox_after",
    "outbox",
    f"{_OUTBOX} status",
    "ledger status",
    after="member",
    order="member sequence number",
    limit=500,
)
REMOVE_OUTBOX: Final = _write("remove_outbox", "remove", "outbox", where="member")

# the chain over all accounts; one seals at a time
LOCK_SEALS: Final = _lock("lock_seals", "ledgers", "id", "id")
LAST_SEAL: Final = _read("last_seal", "seals", "number hash", "ledger", order="-number", limit=1)
LIST_SEALS: Final = _read(
    "list_seals",
    "seals",
    "number member sequence head previous hash sealed_at",
    "ledger",
    order="number",
)
LAST_SEAL_OF: Final = _read("last_seal_of", "seals", "sequence", "member", order="-number", limit=1)
ADD_SEAL: Final = _write(
    "add_seal", "add", "seals", "ledger number member sequence head previous hash sealed_at"
)

# taken first inside a transaction that somebody else opened, so that nobody books in between
LOCK_LEDGER: Final = _write("lock_ledger", "change", "ledgers", "name", "name")
