"""What Alembic runs: the revisions, in the transaction that `upgrade.py` began."""

from alembic import context

from gapless.ledger import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    version_table=schema.VERSION_TABLE,
    transactional_ddl=True,  # SQLite too, because the transaction was begun explicitly
)
with context.begin_transaction():
    context.run_migrations()
