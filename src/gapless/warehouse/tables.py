"""The tables of a warehouse, seen as tables that nobody declared."""

from __future__ import annotations

from gapless.sql.literals import identifier
from gapless.warehouse.interface import Row, Tables, Warehouse


class WarehouseTables(Tables):
    """Look at any warehouse.

    Args:
        warehouse: An opened one; closed together with this.
        location: Where it is, as the user wrote it.
    """

    def __init__(self, warehouse: Warehouse, location: str) -> None:
        self._warehouse = warehouse
        self._location = location
        self._catalog: dict[str, dict[str, str]] | None = None

    @property
    def location(self) -> str:
        """Where it is, as the user wrote it."""
        return self._location

    @property
    def statements(self) -> int:
        """Statements sent so far."""
        return self._warehouse.statements

    def names(self) -> list[str]:
        """Return the name of every table or view, sorted."""
        return sorted(self._known())

    def columns(self, name: str) -> dict[str, str]:
        """Return column → DuckDB type."""
        return self._known()[name]

    def source(self, name: str) -> str:
        """Return the quoted name; a dot behind the schema belongs to the table."""
        schema, _, table = name.partition(".")
        return f"{identifier(schema)}.{identifier(table)}"

    def fetch(self, sql: str) -> list[Row]:
        """Run a query and return all rows."""
        return self._warehouse.fetch(sql)

    def close(self) -> None:
        """Give the warehouse back."""
        self._warehouse.close()

    def _known(self) -> dict[str, dict[str, str]]:
        # One query for all tables, however many are asked for.
        if self._catalog is None:
            self._catalog = self._warehouse.catalog()
        return self._catalog
