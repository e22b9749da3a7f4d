"""The first form of the tables."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT: Final = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _own_id() -> sa.Column[Any]:
    return sa.Column("id", NUMBER, autoincrement=True, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, NUMBER, autoincrement=False, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, TEXT, nullable=nullable)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _of_member() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["member"], ["loyalty_members.id"])


def _law(name: str, said: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(said, name=f"loyalty_{name}")


def _length(table: str, column: str, bytes_long: int) -> sa.CheckConstraint:
    return _law(f"{table}_{column}_length", f"length({column}) = {bytes_long}")


def upgrade() -> None:
    """Make every table."""
    _members()
    _accounts()
    _log()
    _entries()
    _book()
    _rest()


def _members() -> None:
    op.create_table(
        "loyalty_ledgers",
        _own_id(),
        _text("name"),
        _text("ruleset"),
        _text("plan"),
        _number("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "loyalty_rule_texts",
        _text("digest"),
        _text("ruleset"),
        _text("version"),
        _text("file"),
        _text("text"),
        _number("kept_at"),
        _length("rule_texts", "digest", 64),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "loyalty_members",
        _own_id(),
        _number("ledger"),
        _text("external"),
        _bytes("salt"),
        _law("members_salt_length", "length(salt) in (0, 16)"),
        _law("members_erased", "(length(salt) = 0) = (substr(external, 1, 8) = '~erased/')"),
        sa.ForeignKeyConstraint(["ledger"], ["loyalty_ledgers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ledger", "external"),
        sqlite_autoincrement=True,
    )
    op.create_index("loyalty_members_of_ledger", "loyalty_members", ["ledger", "id"], unique=False)


def _accounts() -> None:
    op.create_table(
        "loyalty_accounts",
        _number("member"),
        _number("ledger"),
        _number("sequence"),
        _bytes("head"),
        _bytes("checksum"),
        _law("accounts_sequence", "sequence > 0"),
        _length("accounts", "head", 32),
        _length("accounts", "checksum", 16),
        _of_member(),
        sa.PrimaryKeyConstraint("member"),
    )
    op.create_table(
        "loyalty_states",
        _number("member"),
        _number("ledger"),
        _number("sequence"),
        _bytes("head"),
        _text("state"),
        _bytes("checksum"),
        _law("states_sequence", "sequence > 0"),
        _length("states", "head", 32),
        _length("states", "checksum", 16),
        _of_member(),
        sa.PrimaryKeyConstraint("member"),
    )


def _log() -> None:
    op.create_table(
        "loyalty_events",
        _number("ledger"),
        _text("source"),
        _text("event"),
        _number("member"),
        _text("status"),
        _number("sequence", nullable=True),
        _text("kind"),
        _number("occurred_at"),
        _number("received_at"),
        _bytes("digest"),
        _text("body"),
        _text("receipt"),
        _text("waits_for", nullable=True),
        _law("events_status", "status in ('booked', 'held')"),
        _law("events_booked", "(status = 'booked') = (sequence is not null)"),
        _law("events_held", "(status = 'held') = (waits_for is not null)"),
        _law("events_sequence", "sequence > 0"),
        _length("events", "digest", 32),
        _of_member(),
        sa.PrimaryKeyConstraint("ledger", "source", "event"),
    )
    op.create_index(
        "loyalty_events_held",
        "loyalty_events",
        ["ledger", "source", "waits_for"],
        unique=False,
        sqlite_where=sa.text("waits_for IS NOT NULL"),
        postgresql_where=sa.text("waits_for IS NOT NULL"),
    )
    op.create_index(
        "loyalty_events_of_member", "loyalty_events", ["member", "status", "sequence"], unique=True
    )


def _entries() -> None:
    op.create_table(
        "loyalty_entries",
        _number("member"),
        _number("sequence"),
        _number("ledger"),
        _text("plan"),
        _number("booked_at"),
        _text("effects"),
        _text("orders"),
        _bytes("previous"),
        _bytes("hash"),
        _law("entries_sequence", "sequence > 0"),
        _length("entries", "plan", 64),
        _length("entries", "previous", 32),
        _length("entries", "hash", 32),
        _of_member(),
        sa.PrimaryKeyConstraint("member", "sequence"),
    )
    op.create_table(
        "loyalty_orders",
        _number("ledger"),
        _text("source"),
        _text("order_id"),
        _number("member"),
        _text("event"),
        _number("occurred_at"),
        _text("items"),
        _number("sequence"),
        _law("orders_sequence", "sequence > 0"),
        sa.PrimaryKeyConstraint("ledger", "source", "order_id"),
    )
    op.create_index(
        "loyalty_orders_of_member", "loyalty_orders", ["member", "occurred_at"], unique=False
    )


def _book() -> None:
    op.create_table(
        "loyalty_postings",
        _number("member"),
        _number("sequence"),
        _number("number"),
        _text("book"),
        _text("program"),
        _number("points"),
        _law(
            "postings_book",
            "book in ('lots', 'deficit', 'issued', 'reversed', 'expired', 'spent')",
        ),
        sa.PrimaryKeyConstraint("member", "sequence", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "loyalty_lots",
        _number("member"),
        _text("program"),
        _text("lot"),
        _number("granted"),
        _number("left"),
        _number("opened_at"),
        _number("expires_at", nullable=True),
        _law("lots_left", '"left" >= 0 and "left" <= granted'),
        sa.PrimaryKeyConstraint("member", "program", "lot"),
        sqlite_with_rowid=False,
    )


def _rest() -> None:
    op.create_table(
        "loyalty_refusals",
        _number("ledger"),
        _text("source"),
        _text("event"),
        _text("code"),
        _text("path"),
        _text("reason"),
        _number("received_at"),
        _law("refusals_code", "code <> ''"),
        sa.PrimaryKeyConstraint("ledger", "source", "event", "code", "path"),
    )
    op.create_table(
        "loyalty_seals",
        _number("ledger"),
        _number("number"),
        _number("member"),
        _number("sequence"),
        _bytes("head"),
        _bytes("previous"),
        _bytes("hash"),
        _number("sealed_at"),
        _law("seals_place", "number > 0 and sequence > 0"),
        _length("seals", "head", 32),
        _length("seals", "previous", 32),
        _length("seals", "hash", 32),
        _of_member(),
        sa.PrimaryKeyConstraint("ledger", "number"),
    )
    op.create_index("loyalty_seals_of_member", "loyalty_seals", ["member", "sequence"], unique=True)
