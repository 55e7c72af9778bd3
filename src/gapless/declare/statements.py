"""SQL text with the place it came from, so that every error can name it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from gapless.errors import DeclarationError, nearest


@dataclass(frozen=True)
class Statement:
    """One SELECT in DuckDB's dialect over named relations; no trailing semicolon."""

    text: str
    origin: str
    """The file it was read from, relative to the pipeline's SQL folder, or `inline`."""


def read_statement(sql: str, root: Traversable | Path | None) -> Statement:
    """Take inline SQL as it is, or read a `.sql` file below the pipeline's SQL folder.

    Raises:
        DeclarationError: the file does not exist; names the nearest one.
    """
    if not sql.endswith(".sql"):
        return Statement(_stripped(sql), "inline")
    if root is None:
        raise DeclarationError(
            f"{sql!r} is a file, but the pipeline has no SQL folder. "
            "Declare it: Pipeline(..., sql_folder=Path(__file__).parent / 'sql')."
        )
    place = root.joinpath(*sql.split("/"))
    if not place.is_file():
        raise DeclarationError(
            f"There is no SQL file {sql!r} below {root}. {nearest(sql, _files_below(root))}"
        )
    return Statement(_stripped(place.read_text(encoding="utf-8")), sql)


def _stripped(sql: str) -> str:
    return sql.strip().rstrip(";").rstrip()


def _files_below(folder: Traversable | Path, prefix: str = "") -> list[str]:
    names: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            names += _files_below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".sql"):
            names.append(prefix + entry.name)
    return names
