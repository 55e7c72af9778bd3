"""Remember failures key by key, whether a retry can help, and the end of a waiver."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Add the columns and the table; rows that are there keep what they say."""
    for name in ("fingerprint", "retry"):
        op.add_column("gapless_attempts", _text(name))
    op.create_index("ix_gapless_attempts_started_at", "gapless_attempts", ["started_at"])
    op.add_column("gapless_waivers", sa.Column("revoked_at", _MOMENT))
    op.add_column("gapless_waivers", _text("revoked_by"))
    op.create_table(
        "gapless_failures",
        sa.Column("table_name", sa.Text(), nullable=False, primary_key=True),
        sa.Column("partition_date", sa.Date(), nullable=False, primary_key=True),
        sa.Column("entity", sa.Text(), nullable=False, primary_key=True),
        sa.Column("first_seen", _MOMENT, nullable=False, primary_key=True),
        sa.Column("last_seen", _MOMENT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("correctable", sa.Boolean(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("resolved_at", _MOMENT),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")
