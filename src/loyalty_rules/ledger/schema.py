"""The tables of a store, for SQLAlchemy Core. Imported only when a database is opened.

External member ids stand in ``members`` only; everything else speaks of a member by number. What a database
can refuse by itself it refuses, whoever writes: each law has a name, which is what it says when it is broken.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

PREFIX: Final = "loyalty_"
VERSION_TABLE: Final = f"{PREFIX}version"

METADATA: Final = MetaData()

_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
# in the order of its code points everywhere, whatever language a database sorts by
_TEXT: Final = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _own_id() -> Column[int]:
    return Column("id", _NUMBER, primary_key=True, autoincrement=True)


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, _NUMBER, primary_key=key, nullable=False, autoincrement=False)


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, _TEXT, primary_key=key, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _ledger() -> Column[int]:
    """Of a table that has few rows for each ledger."""
    return Column("ledger", _NUMBER, ForeignKey(f"{PREFIX}ledgers.id"), nullable=False)


def _member(*, key: bool = False, is_known: bool = True) -> Column[int]:
    """Whose row it is."""
    to = ForeignKey(f"{PREFIX}members.id")
    return Column(
        "member", _NUMBER, to, primary_key=key, nullable=not is_known, autoincrement=False
    )


def _law(table: str, name: str, said: str) -> CheckConstraint:
    return CheckConstraint(said, name=f"{PREFIX}{table}_{name}")


def _length(table: str, column: str, bytes_long: int) -> CheckConstraint:
    return _law(table, f"{column}_length", f"length({column}) = {bytes_long}")


LEDGERS: Final = Table(
    f"{PREFIX}ledgers",
    METADATA,
    _own_id(),
    _text("name"),
    _text("ruleset"),
    _text("plan"),
    _number("created_at"),
    Column("advanced_to", _NUMBER),
    Column("origin", _TEXT),
    Column("erasure_key", LargeBinary),
    UniqueConstraint("name"),
    _law("ledgers", "erasure_key_length", "erasure_key is null or length(erasure_key) = 32"),
    sqlite_autoincrement=True,
)
RULE_TEXTS: Final = Table(
    f"{PREFIX}rule_texts",
    METADATA,
    _text("digest", key=True),
    _text("ruleset"),
    _text("version"),
    _text("file"),
    _text("text"),
    _number("kept_at"),
    _length("rule_texts", "digest", 64),
)
MEMBERS: Final = Table(
    f"{PREFIX}members",
    METADATA,
    _own_id(),
    _ledger(),
    _text("external"),
    _bytes("salt"),
    UniqueConstraint("ledger", "external"),
    _law("members", "salt_length", "length(salt) in (0, 16)"),
    _law("members", "erased", "(length(salt) = 0) = (substr(external, 1, 8) = '~erased/')"),
    sqlite_autoincrement=True,
)
Index(f"{PREFIX}members_of_ledger", MEMBERS.c.ledger, MEMBERS.c.id)
ACCOUNTS: Final = Table(
    f"{PREFIX}accounts",
    METADATA,
    _member(key=True),
    _number("ledger"),
    _number("sequence"),
    _bytes("head"),
    _bytes("checksum"),
    Column("next_due_at", _NUMBER),
    _law("accounts", "sequence", "sequence > 0"),
    _length("accounts", "head", 32),
    _length("accounts", "checksum", 16),
)
Index(f"{PREFIX}accounts_due", ACCOUNTS.c.ledger, ACCOUNTS.c.next_due_at)
STATES: Final = Table(
    f"{PREFIX}states",
    METADATA,
    _member(key=True),
    _number("ledger"),
    _number("sequence"),
    _bytes("head"),
    _text("state"),
    _bytes("checksum"),
    _law("states", "sequence", "sequence > 0"),
    _length("states", "head", 32),
    _length("states", "checksum", 16),
)
EVENTS: Final = Table(
    f"{PREFIX}events",
    METADATA,
    _number("ledger", key=True),
    _text("source", key=True),
    _text("event", key=True),
    _member(),
    _text("status"),
    Column("sequence", _NUMBER),
    _text("kind"),
    _number("occurred_at"),
    _number("received_at"),
    _bytes("digest"),
    _text("body"),
    _text("receipt"),
    Column("waits_for", _TEXT),
    Column("checksum", LargeBinary),
    _law("events", "status", "status in ('booked', 'held')"),
    _law("events", "booked", "(status = 'booked') = (sequence is not null)"),
    _law("events", "held", "(status = 'held') = (waits_for is not null)"),
    _law("events", "sequence", "sequence > 0"),
    _length("events", "digest", 32),
    _law(
        "events",
        "checksum_of_held",
        "checksum is null or (status = 'held' and length(checksum) = 16)",
    ),
)
# one event for each entry; those that wait have no sequence, and none stands in another's way
Index(
    f"{PREFIX}events_of_member",
    EVENTS.c.member,
    EVENTS.c.status,
    EVENTS.c.sequence,
    unique=True,
)
Index(
    f"{PREFIX}events_held",
    EVENTS.c.ledger,
    EVENTS.c.source,
    EVENTS.c.waits_for,
    sqlite_where=EVENTS.c.waits_for.is_not(None),
    postgresql_where=EVENTS.c.waits_for.is_not(None),
)
ENTRIES: Final = Table(
    f"{PREFIX}entries",
    METADATA,
    _member(key=True),
    _number("sequence", key=True),
    _number("ledger"),
    _text("plan"),
    _number("booked_at"),
    _text("effects"),
    _text("orders"),
    _bytes("previous"),
    _bytes("hash"),
    _law("entries", "sequence", "sequence > 0"),
    _length("entries", "plan", 64),
    _length("entries", "previous", 32),
    _length("entries", "hash", 32),
)
POSTINGS: Final = Table(
    f"{PREFIX}postings",
    METADATA,
    _number("member", key=True),
    _number("sequence", key=True),
    _number("number", key=True),
    _text("book"),
    _text("program"),
    _number("points"),
    _law(
        "postings",
        "book",
        "book in ('lots', 'deficit', 'issued', 'reversed', 'expired', 'spent')",
    ),
    sqlite_with_rowid=False,
)
LOTS: Final = Table(
    f"{PREFIX}lots",
    METADATA,
    _number("member", key=True),
    _text("program", key=True),
    _text("lot", key=True),
    _number("granted"),
    _number("left"),
    _number("opened_at"),
    Column("expires_at", _NUMBER),
    _law("lots", "left", '"left" >= 0 and "left" <= granted'),
    sqlite_with_rowid=False,
)
ORDERS: Final = Table(
    f"{PREFIX}orders",
    METADATA,
    _number("ledger", key=True),
    _text("source", key=True),
    _text("order_id", key=True),
    _number("member"),
    _text("event"),
    _number("occurred_at"),
    _text("items"),
    _number("sequence"),
    _law("orders", "sequence", "sequence > 0"),
)
Index(f"{PREFIX}orders_of_member", ORDERS.c.member, ORDERS.c.occurred_at)
REFUSALS: Final = Table(
    f"{PREFIX}refusals",
    METADATA,
    _number("ledger", key=True),
    _text("source", key=True),
    _text("event", key=True),
    _text("code", key=True),
    _text("path", key=True),
    _text("reason"),
    _number("received_at"),
    _member(is_known=False),
    Column("checksum", LargeBinary),
    _law("refusals", "code", "code <> ''"),
    _law("refusals", "checksum_length", "checksum is null or length(checksum) = 16"),
)
Index(f"{PREFIX}refusals_of_member", REFUSALS.c.member)
OUTBOX: Final = Table(
    f"{PREFIX}outbox",
    METADATA,
    _member(key=True),
    _number("sequence", key=True),
    _number("number", key=True),
    _number("ledger"),
    _text("action"),
    _text("kind"),
    _text("grant_id"),
    _text("payload"),
    _number("booked_at"),
    _text("status"),
    _law("outbox", "place", "sequence > 0 and number > 0"),
    _law("outbox", "action", "action in ('granted', 'withdrawn')"),
    _law("outbox", "status", "status <> ''"),
)
Index(f"{PREFIX}outbox_by_status", OUTBOX.c.ledger, OUTBOX.c.status, OUTBOX.c.member)
SHARED_COUNTERS: Final = Table(
    f"{PREFIX}shared_counters",
    METADATA,
    _number("ledger", key=True),
    _text("counter", key=True),
    _number("changes"),
    _text("days"),
    _bytes("checksum"),
    _law("shared_counters", "name", "substr(counter, 1, 5) = '~all.'"),
    _law("shared_counters", "changes", "changes > 0"),
    _length("shared_counters", "checksum", 16),
)
SEALS: Final = Table(
    f"{PREFIX}seals",
    METADATA,
    _number("ledger", key=True),
    _number("number", key=True),
    _member(),
    _number("sequence"),
    _bytes("head"),
    _bytes("previous"),
    _bytes("hash"),
    _number("sealed_at"),
    _law("seals", "place", "number > 0 and sequence > 0"),
    _length("seals", "head", 32),
    _length("seals", "previous", 32),
    _length("seals", "hash", 32),
)
# an entry is sealed once
Index(f"{PREFIX}seals_of_member", SEALS.c.member, SEALS.c.sequence, unique=True)
