"""Every question that the ledger asks of a store, by name; what a question is says `ledger.statement`."""

from __future__ import annotations

from typing import Final

from loyalty_rules.ledger.statement import AMONG as AMONG
from loyalty_rules.ledger.statement import STATEMENTS as STATEMENTS
from loyalty_rules.ledger.statement import Cell as Cell
from loyalty_rules.ledger.statement import Result as Result
from loyalty_rules.ledger.statement import Row as Row
from loyalty_rules.ledger.statement import Rows as Rows
from loyalty_rules.ledger.statement import Statement as Statement
from loyalty_rules.ledger.statement import Step as Step
from loyalty_rules.ledger.statement import Work as Work
from loyalty_rules.ledger.statement import among as among
from loyalty_rules.ledger.statement import locks as _lock
from loyalty_rules.ledger.statement import reads as _read
from loyalty_rules.ledger.statement import writes as _write

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
RESTORE_LEDGER: Final = _write(
    "restore_ledger", "change", "ledgers", "advanced_to origin erasure_key", "id"
)
REMOVE_LEDGER: Final = _write("remove_ledger", "remove", "ledgers", where="id")
FIND_ADVANCED: Final = _read("find_advanced", "ledgers", "advanced_to", "id")
CHANGE_ADVANCED: Final = _write("change_advanced", "change", "ledgers", "advanced_to", "id")
CHANGE_PLAN: Final = _write("change_plan", "change", "ledgers", "plan", "id")
FIND_RULES: Final = _read("find_rules", "rule_texts", "file text", "digest")
LIST_RULES: Final = _read("list_rules", "rule_texts", "digest ruleset", "", order="digest")
RULES_ROW: Final = _read("rules_row", "rule_texts", "digest version file text kept_at", "digest")
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

REMOVE_MEMBER: Final = _write("remove_member", "remove", "members", where="id")
CHANGE_MEMBER: Final = _write("change_member", "change", "members", "external salt", "id")
CHANGE_ERASURE_KEY: Final = _write("change_erasure_key", "change", "ledgers", "erasure_key", "id")

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
    "find_event", "events", "status sequence digest receipt member", "ledger source event"
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
    "event status sequence digest receipt member",
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
LAST_EVENT_OF: Final = _read(
    "last_event_of", "events", "source event kind", "member status", order="-sequence", limit=1
)
EVENT_BODY: Final = _read(
    "event_body", "events", "digest body occurred_at member", "ledger source event"
)
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
CHANGE_EVENT: Final = _write(
    "change_event", "change", "events", "body receipt", "ledger source event"
)
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
CHANGE_ENTRY: Final = _write(
    "change_entry", "change", "entries", "effects orders", "member sequence"
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
BLANK_ORDERS: Final = _write("blank_orders", "change", "orders", "items", "member")
REMOVE_ORDERS: Final = _write("remove_orders", "remove", "orders", where="member")

# what was refused: nothing else is known of it
KEEP_REFUSAL: Final = _write(
    "keep_refusal",
    "keep",
    "refusals",
    "ledger source event code path reason received_at member checksum",
)
REMOVE_REFUSALS: Final = _write("remove_refusals", "remove", "refusals", where="member")
_REFUSAL: Final = "source event code path reason received_at member checksum"
LIST_REFUSALS: Final = _read(
    "list_refusals", "refusals", _REFUSAL, "ledger", order="source event code path"
)
NEXT_SOURCE: Final = _read(
    "next_source", "refusals", "source", "ledger", after="source", order="source", limit=1
)
REFUSALS_AFTER: Final = _read(
    "refusals_after",
    "refusals",
    _REFUSAL,
    "ledger source",
    after="event",
    order="event code path",
    limit=500,
)
REFUSALS_OF: Final = _read(
    "refusals_of", "refusals", _REFUSAL, "ledger source event", order="code path"
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
CHANGE_DELIVERED: Final = _write(
    "change_delivered", "change", "outbox", "status", "member sequence number"
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
SEALS_AFTER: Final = _read(
    "seals_after",
    "seals",
    "number member sequence head previous hash sealed_at",
    "ledger",
    after="number",
    order="number",
    limit=500,
)
LAST_SEAL_OF: Final = _read(
    "last_seal_of", "seals", "sequence", "member", order="-sequence", limit=1
)
ADD_SEAL: Final = _write(
    "add_seal", "add", "seals", "ledger number member sequence head previous hash sealed_at"
)

# taken first inside a transaction that somebody else opened, so that nobody books in between
LOCK_LEDGER: Final = _write("lock_ledger", "change", "ledgers", "name", "name")
