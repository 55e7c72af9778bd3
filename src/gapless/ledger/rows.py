"""Records to rows and back; a column's key is the name of the field it keeps."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import JSON, Select, Table, select, type_coerce
from sqlalchemy.types import NullType

from gapless.ledger import schema
from gapless.ledger.interface import Holder, Lease
from gapless.ledger.store import POSTGRESQL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from _typeshed import DataclassInstance
    from sqlalchemy import Column, ColumnElement, Insert
    from sqlalchemy.engine import Connection, Dialect

BATCH = 1000
"""Values in one IN; SQLite takes 32,766 in a statement."""

_Record = TypeVar("_Record", bound="DataclassInstance")


def to_rows(records: Sequence[DataclassInstance]) -> list[dict[str, Any]]:
    """Return the rows of records of one kind."""
    names = [field.name for field in fields(records[0])]
    values = attrgetter(*names)
    return [dict(zip(names, values(record), strict=True)) for record in records]


def write(
    connection: Connection, table: Table, statement: Insert, rows: Sequence[dict[str, Any]]
) -> None:
    """Insert many rows that have the same columns.

    SQLAlchemy looks up and converts every value of every row by itself. For SQLite this is done
    column by column: most values of a column are the same, and each is converted once.
    """
    if connection.dialect.name == POSTGRESQL:
        connection.execute(statement, rows)
        return
    dialect = connection.dialect
    compiled = statement.compile(dialect=dialect, column_keys=list(rows[0]))
    names = compiled.positiontup or []
    values = [_converted(table.c[name], dialect, [row[name] for row in rows]) for name in names]
    connection.exec_driver_sql(str(compiled), list(zip(*values, strict=True)))


def _converted(column: Column[Any], dialect: Dialect, values: list[Any]) -> list[Any]:
    """Return the values of a column as the driver takes them."""
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return values
    if isinstance(column.type, JSON):
        nothing = convert({})
        return [nothing if value == {} else convert(value) for value in values]
    known = {value: convert(value) for value in set(values)}
    return [known[value] for value in values]


def select_fields(
    table: Table, kind: type[DataclassInstance], *, but_last: bool = False
) -> Select[Any]:
    """Return a query whose columns are the fields of a record, in their order.

    The last field is the evidence, which may be left out: it is then what the record's default is.
    """
    names = [field.name for field in fields(kind)]
    return select(*(table.c[name] for name in (names[:-1] if but_last else names)))


def read(connection: Connection, query: Select[Any], kind: type[_Record]) -> list[_Record]:
    """Return the records that a query by `select_fields` finds.

    For SQLite, as in `write`, values are converted column by column, each of them once; records
    may share what became of them.
    """
    dialect = connection.dialect
    if dialect.name == POSTGRESQL:
        return [kind(*row) for row in connection.execute(query)]
    columns = list(query.selected_columns)
    as_stored = query.with_only_columns(*(type_coerce(column, NullType()) for column in columns))
    found = connection.execute(as_stored).all()
    if not found:
        return []
    values = [
        _restored(column, dialect, stored)
        for column, stored in zip(columns, zip(*found, strict=True), strict=True)
    ]
    return [kind(*row) for row in zip(*values, strict=True)]


def _restored(column: ColumnElement[Any], dialect: Dialect, stored: Sequence[Any]) -> Sequence[Any]:
    """Return values that the driver gave as the column means them."""
    restore = column.type.dialect_impl(dialect).result_processor(dialect, None)
    if restore is None:
        return stored
    known = {value: restore(value) for value in set(stored)}
    return [known[value] for value in stored]


def within(query: Select[Any], table: Table, name: str | None) -> Select[Any]:
    """Keep the rows of one declared table, or all."""
    return query if name is None else query.where(table.c.table == name)


def between(query: Select[Any], table: Table, first: date | None, last: date | None) -> Select[Any]:
    """Keep the rows of an inclusive range of partitions; None is open-ended."""
    if first is not None:
        query = query.where(table.c.partition >= first)
    return query if last is None else query.where(table.c.partition <= last)


def batched(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut values into as many as every store takes in one statement."""
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows over those with the same primary key.

    In the order of the key, so that two writers of the same rows wait for instead of blocking
    each other.
    """
    if connection.dialect.name == POSTGRESQL:
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - only where it is used
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]  # noqa: PLC0415

    key = [column.key for column in table.primary_key]
    statement = insert(table)
    replacements = {
        column: statement.excluded[column.key] for column in table.c if column.key not in key
    }
    statement = statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_=replacements
    )
    write(connection, table, statement, sorted(rows, key=itemgetter(*key)))


def lease_rows(leases: Iterable[Lease]) -> list[dict[str, Any]]:
    """Return the rows of leases; the holder's fields lie flat among them."""
    return [
        {
            "table": lease.table,
            "partition": lease.partition,
            "run_id": lease.holder.run_id,
            "host": lease.holder.host,
            "pid": lease.holder.pid,
            "actor": lease.holder.actor,
            "acquired_at": lease.acquired_at,
            "expires_at": lease.expires_at,
        }
        for lease in leases
    ]


def read_leases(connection: Connection, query: Select[Any]) -> list[Lease]:
    """Return the leases that a query over the whole table finds, by table and partition."""
    leases = [
        Lease(
            table=row.table,
            partition=row.partition,
            holder=Holder(run_id=row.run_id, host=row.host, pid=row.pid, actor=row.actor),
            acquired_at=row.acquired_at,
            expires_at=row.expires_at,
        )
        for row in connection.execute(query)
    ]
    return sorted(leases, key=lambda lease: (lease.table, lease.partition))


def select_leases() -> Select[Any]:
    """Return a query over all leases, with the names `read_leases` expects."""
    return select(*(column.label(column.key) for column in schema.leases.c))
