"""Remember each cleaning and restore, and what became of each partition."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "gapless_cleanings",
        sa.Column("cleaning_id", sa.Text(), nullable=False, primary_key=True),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT),
        sa.Column("exit_code", sa.Integer()),
        sa.Column("deleted_rows", sa.BigInteger(), nullable=False),
        sa.Column("kept_rows", sa.BigInteger(), nullable=False),
        sa.Column("restored_rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
    )
    op.create_index("ix_gapless_cleanings_started_at", "gapless_cleanings", ["started_at"])
    op.create_table(
        "gapless_cleaned",
        sa.Column("cleaned_id", _WIDE, primary_key=True, autoincrement=True),
        sa.Column("cleaning_id", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("partition_date", sa.Date(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("backup_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("ix_gapless_cleaned_cleaning_id", "gapless_cleaned", ["cleaning_id"])
    op.create_index(
        "ix_gapless_cleaned_table_name_partition_date",
        "gapless_cleaned",
        ["table_name", "partition_date"],
    )
