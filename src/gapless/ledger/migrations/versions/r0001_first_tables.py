"""Create every table of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    _create_history()
    _create_permissions()
    proof = op.create_table(
        "gapless_write_proof",
        sa.Column("proof_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("openings", sa.BigInteger(), nullable=False),
    )
    op.bulk_insert(proof, [{"proof_id": 1, "openings": 0}])


def _create_history() -> None:
    """What was run, tried and found."""
    op.create_table(
        "gapless_runs",
        sa.Column("run_id", sa.Text(), primary_key=True),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False, index=True),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("finished_at", _MOMENT),
        sa.Column("exit_code", sa.Integer()),
    )
    op.create_table(
        "gapless_attempts",
        sa.Column("attempt_id", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.Text(), nullable=False, index=True),
        *_partition(),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=False),
        *_counts("expected", "present", "missing", "unexpected", "duplicates", "rows", "version"),
        sa.Column("definition_hash", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Index(
            "ix_gapless_attempts_table_name_partition_date_version",
            "table_name",
            "partition_date",
            "version",
        ),
    )
    op.create_table(
        "gapless_states",
        *_partition(primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("measured_at", _MOMENT, nullable=False),
        *_counts("expected", "present", "version"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
    )
    op.create_table(
        "gapless_findings",
        sa.Column("finding_id", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.Text(), nullable=False, index=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("first_date", sa.Date()),
        sa.Column("last_date", sa.Date()),
        sa.Column("dates", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
    )


def _create_permissions() -> None:
    """Who may work on what, and who may publish below a gate."""
    op.create_table(
        "gapless_leases",
        *_partition(primary_key=True),
        sa.Column("run_id", sa.Text(), nullable=False, index=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("acquired_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "gapless_waivers",
        sa.Column("waiver_id", sa.Text(), primary_key=True),
        *_partition(),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("granted_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Index("ix_gapless_waivers_table_name", "table_name"),
    )


def _partition(*, primary_key: bool = False) -> list[sa.Column[object]]:
    return [
        sa.Column("table_name", sa.Text(), nullable=False, primary_key=primary_key),
        sa.Column("partition_date", sa.Date(), nullable=False, primary_key=primary_key),
    ]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger()) for name in names]
