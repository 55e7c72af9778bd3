"""Statements are inline text or files below the pipeline's folder, and know where they are from."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapless.declare.statements import Statement, read_statement
from gapless.errors import DeclarationError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one statement, `analytics/totals.sql`."""
    (tmp_path / "analytics").mkdir()
    (tmp_path / "analytics" / "totals.sql").write_text("\n-- Ümlaut\nSELECT 1;\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("SELECT 2")
    return tmp_path


def test_inline_text() -> None:
    """Text that is no file name is the statement itself."""
    assert read_statement("SELECT 1", None) == Statement("SELECT 1", "inline")


@pytest.mark.parametrize("sql", ["SELECT 1;", " SELECT 1 ; ", "SELECT 1;;\n"])
def test_trailing_semicolon(sql: str) -> None:
    """A semicolon at the end is left out: the statement stands inside another one."""
    assert read_statement(sql, None).text == "SELECT 1"


def test_file(folder: Path) -> None:
    """A file is read as UTF-8 and named as it was declared."""
    statement = read_statement("analytics/totals.sql", folder)
    assert statement == Statement("-- Ümlaut\nSELECT 1", "analytics/totals.sql")


def test_missing_file(folder: Path) -> None:
    """A missing file is refused with the nearest one, and only statements are near."""
    with pytest.raises(DeclarationError) as caught:
        read_statement("analytics/total.sql", folder)
    assert str(caught.value) == (
        f"There is no SQL file 'analytics/total.sql' below {folder}. "
        "Did you mean 'analytics/totals.sql'?"
    )


def test_folder_is_no_file(folder: Path) -> None:
    """A folder that is called like a statement is none."""
    (folder / "all.sql").mkdir()
    with pytest.raises(DeclarationError, match=r"There is no SQL file 'all\.sql'"):
        read_statement("all.sql", folder)


def test_no_folder() -> None:
    """A file without a folder to look in is refused, and the text shows how to declare one."""
    with pytest.raises(DeclarationError, match=r"the pipeline has no SQL folder.*sql_folder=Path"):
        read_statement("totals.sql", None)
