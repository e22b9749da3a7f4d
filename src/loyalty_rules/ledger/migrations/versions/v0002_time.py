"""When something falls due for an account by itself, and how far a ledger was advanced."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two columns. Of every account that is there the rules have to be asked: 0."""
    op.add_column("loyalty_accounts", sa.Column("next_due_at", NUMBER, nullable=True))
    op.execute("UPDATE loyalty_accounts SET next_due_at = 0")
    op.create_index(
        "loyalty_accounts_due", "loyalty_accounts", ["ledger", "next_due_at"], unique=False
    )
    op.add_column("loyalty_ledgers", sa.Column("advanced_to", NUMBER, nullable=True))
