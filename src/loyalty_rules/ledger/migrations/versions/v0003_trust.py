"""What binds rows that stand in no chain, what an erasure leaves, and the outbox."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT: Final = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Columns that rows of before do not have; a table that `ledger rebuild` fills from the entries."""
    op.add_column("loyalty_ledgers", sa.Column("origin", TEXT, nullable=True))
    op.add_column("loyalty_ledgers", sa.Column("erasure_key", sa.LargeBinary(), nullable=True))
    op.add_column("loyalty_events", sa.Column("checksum", sa.LargeBinary(), nullable=True))
    op.add_column("loyalty_refusals", sa.Column("member", NUMBER, nullable=True))
    op.add_column("loyalty_refusals", sa.Column("checksum", sa.LargeBinary(), nullable=True))
    op.create_index("loyalty_refusals_of_member", "loyalty_refusals", ["member"], unique=False)
    _outbox()
    op.create_index(
        "loyalty_outbox_by_status", "loyalty_outbox", ["ledger", "status", "member"], unique=False
    )


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
        sa.CheckConstraint("action in ('granted', 'withdrawn')"),
        sa.PrimaryKeyConstraint(*names),
    )
