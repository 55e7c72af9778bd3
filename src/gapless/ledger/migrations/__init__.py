"""How a ledger's tables came to be, revision by revision; run by Alembic through `upgrade.py`."""
