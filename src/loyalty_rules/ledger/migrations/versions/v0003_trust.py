"""What binds rows that stand in no chain, what an erasure leaves, and the outbox."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT: Final = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


_EITHER: Final = "CHECK ({0} is null or length({0}) = {1})"


def upgrade() -> None:
    """Columns that rows of before do not have; a table that `ledger rebuild` fills from the entries."""
    op.add_column("loyalty_ledgers", sa.Column("origin", TEXT, nullable=True))
    _add("ledgers", "erasure_key", sa.LargeBinary(), _EITHER.format("erasure_key", 32))
    held = "CHECK (checksum is null or (status = 'held' and length(checksum) = 16))"
    _add("events", "checksum", sa.LargeBinary(), held, "checksum_of_held")
    _add("refusals", "member", NUMBER, "REFERENCES loyalty_members (id)", "of_member")
    _add("refusals", "checksum", sa.LargeBinary(), _EITHER.format("checksum", 16))
    op.create_index("loyalty_refusals_of_member", "loyalty_refusals", ["member"], unique=False)
    _outbox()
    op.create_index(
        "loyalty_outbox_by_status", "loyalty_outbox", ["ledger", "status", "member"], unique=False
    )


def _add(table: str, column: str, kind: Any, law: str, name: str = "") -> None:
    """A column with a law of its own: Alembic would add the law by a statement that SQLite does not have."""
    name = f"loyalty_{table}_{name or f'{column}_length'}"
    said = kind.dialect_impl(op.get_context().dialect).compile(op.get_context().dialect)
    op.execute(f"ALTER TABLE loyalty_{table} ADD COLUMN {column} {said} CONSTRAINT {name} {law}")


def _outbox() -> None:
    names = ("member", "sequence", "number")
    texts = ("action", "kind", "grant_id", "payload")
    op.create_table(
        "loyalty_outbox",
        *(sa.Column(one, NUMBER, autoincrement=False, nullable=False) for one in names),
        sa.Column("ledger", NUMBER, autoincrement=False, nullable=False),
        *(sa.Column(one, TEXT, nullable=False) for one in texts),
        sa.Column("booked_at", NUMBER, autoincrement=False, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.CheckConstraint("sequence > 0 and number > 0", name="loyalty_outbox_place"),
        sa.CheckConstraint("action in ('granted', 'withdrawn')", name="loyalty_outbox_action"),
        sa.CheckConstraint("status <> ''", name="loyalty_outbox_status"),
        sa.ForeignKeyConstraint(["member"], ["loyalty_members.id"]),
        sa.PrimaryKeyConstraint(*names),
    )
