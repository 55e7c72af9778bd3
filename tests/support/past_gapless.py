"""A look into a warehouse file, or a change of it, past Gapless, as another job would do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path

import duckdb

_numbers = count()


@contextmanager
def attached(file: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file for a while; its tables are found without the name of a catalog.

    The DuckDB of this process attaches it: a millisecond, where one of its own takes forty.
    """
    name = f"attached_{next(_numbers)}"
    with _own().cursor() as connection:
        mode = " (READ_ONLY)" if read_only else ""
        connection.execute(f"ATTACH '{file}' AS {name}{mode}")
        try:
            connection.execute(f"USE {name}")
            yield connection
        except duckdb.Error:
            # What failed may have left its transaction open, in which nothing more can be said.
            with suppress(duckdb.Error):
                connection.rollback()
            raise
        finally:
            connection.execute("USE memory")
            connection.execute(f"DETACH {name}")


@cache
def _own() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
