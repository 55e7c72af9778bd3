"""Remember which tables a cleaning went through by their declared rule."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; cleanings recorded before are taken to have covered none."""
    op.add_column(
        "gapless_cleanings",
        sa.Column("covered", sa.JSON(), nullable=False, server_default="[]"),
    )
