"""The tables of a store, for SQLAlchemy Core. Imported only when a database is opened.

External member ids stand in ``members`` only; everything else speaks of a member by number.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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
)
MEMBERS: Final = Table(
    f"{PREFIX}members",
    METADATA,
    _own_id(),
    _number("ledger"),
    _text("external"),
    _bytes("salt"),
    UniqueConstraint("ledger", "external"),
    sqlite_autoincrement=True,
)
Index(f"{PREFIX}members_of_ledger", MEMBERS.c.ledger, MEMBERS.c.id)
ACCOUNTS: Final = Table(
    f"{PREFIX}accounts",
    METADATA,
    _number("member", key=True),
    _number("ledger"),
    _number("sequence"),
    _bytes("head"),
    _bytes("checksum"),
    Column("next_due_at", _NUMBER),
    CheckConstraint("sequence >= 0"),
)
Index(f"{PREFIX}accounts_due", ACCOUNTS.c.ledger, ACCOUNTS.c.next_due_at)
STATES: Final = Table(
    f"{PREFIX}states",
    METADATA,
    _number("member", key=True),
    _number("ledger"),
    _number("sequence"),
    _bytes("head"),
    _text("state"),
    _bytes("checksum"),
    CheckConstraint("sequence > 0"),
)
EVENTS: Final = Table(
    f"{PREFIX}events",
    METADATA,
    _number("ledger", key=True),
    _text("source", key=True),
    _text("event", key=True),
    _number("member"),
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
    CheckConstraint("status in ('booked', 'held')"),
    CheckConstraint("(status = 'booked') = (sequence is not null)"),
    CheckConstraint("(status = 'held') = (waits_for is not null)"),
)
Index(f"{PREFIX}events_of_member", EVENTS.c.member, EVENTS.c.status, EVENTS.c.sequence)
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
    _number("member", key=True),
    _number("sequence", key=True),
    _number("ledger"),
    _text("plan"),
    _number("booked_at"),
    _text("effects"),
    _text("orders"),
    _bytes("previous"),
    _bytes("hash"),
    CheckConstraint("sequence > 0"),
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
    CheckConstraint('"left" >= 0 and "left" <= granted'),
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
    Column("member", _NUMBER),
    Column("checksum", LargeBinary),
)
Index(f"{PREFIX}refusals_of_member", REFUSALS.c.member)
OUTBOX: Final = Table(
    f"{PREFIX}outbox",
    METADATA,
    _number("member", key=True),
    _number("sequence", key=True),
    _number("number", key=True),
    _number("ledger"),
    _text("action"),
    _text("kind"),
    _text("grant_id"),
    _text("payload"),
    _number("booked_at"),
    _text("status"),
    CheckConstraint("action in ('granted', 'withdrawn')"),
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
    CheckConstraint("changes > 0"),
)
SEALS: Final = Table(
    f"{PREFIX}seals",
    METADATA,
    _number("ledger", key=True),
    _number("number", key=True),
    _number("member"),
    _number("sequence"),
    _bytes("head"),
    _bytes("previous"),
    _bytes("hash"),
    _number("sealed_at"),
)
Index(f"{PREFIX}seals_of_member", SEALS.c.member, SEALS.c.number)
