"""Remember what the checks of sources found, and of which rows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "gapless_examinations",
        sa.Column("table_name", sa.Text(), nullable=False, primary_key=True),
        sa.Column("partition_date", sa.Date(), nullable=False, primary_key=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("examined_at", _MOMENT, nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
    )
