"""What all members share: the counters of budgets and stocks."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT: Final = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """One table, empty: no version before this one let members share anything."""
    op.create_table(
        "loyalty_shared_counters",
        sa.Column("ledger", NUMBER, nullable=False, autoincrement=False),
        sa.Column("counter", TEXT, nullable=False),
        sa.Column("changes", NUMBER, nullable=False, autoincrement=False),
        sa.Column("days", TEXT, nullable=False),
        sa.Column("checksum", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("substr(counter, 1, 5) = '~all.'", name="loyalty_shared_counters_name"),
        sa.CheckConstraint("changes > 0", name="loyalty_shared_counters_changes"),
        sa.CheckConstraint("length(checksum) = 16", name="loyalty_shared_counters_checksum_length"),
        sa.PrimaryKeyConstraint("ledger", "counter"),
    )
