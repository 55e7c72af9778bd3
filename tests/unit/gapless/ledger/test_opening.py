"""Opening a SQLite ledger proves that it can be written, or says in one sentence why not (F20)."""

import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from gapless.errors import ConfigError, LedgerUnavailable
from gapless.ledger import schema
from gapless.ledger.interface import Retry
from gapless.ledger.sql_ledger import SqlLedger
from gapless.ledger.upgrade import alembic_config
from gapless.testing.ledger_examples import a_failure, a_run

WORKER = Path(__file__).parents[3] / "contract" / "ledger" / "worker.py"


def refusal(path: Path, *, read_only: bool = False) -> LedgerUnavailable:
    """Return the error that opening a file ends with."""
    ledger = SqlLedger(f"sqlite:///{path}", read_only=read_only, lock_timeout=0.1)
    with pytest.raises(LedgerUnavailable) as caught:
        ledger.open()
    ledger.close()
    assert str(path) in caught.value.what
    assert caught.value.untouched == ("Nothing was read." if read_only else "No run was started.")
    assert caught.value.advice
    return caught.value


def create(path: Path) -> Path:
    """Create a ledger with one run in it."""
    ledger = SqlLedger(f"sqlite:///{path}")
    ledger.open()
    ledger.begin_run(a_run())
    ledger.close()
    return path


class TestForWriting:
    def test_missing_folder(self, tmp_path: Path) -> None:
        """A missing folder is named and not created."""
        folder = tmp_path / "no" / "where"
        assert f"the folder {folder} does not exist" in refusal(folder / "ledger.db").what
        assert not folder.parent.exists()

    def test_file_as_folder(self, tmp_path: Path) -> None:
        """A file where the folder should be is no folder."""
        (tmp_path / "file").touch()
        assert "does not exist" in refusal(tmp_path / "file" / "ledger.db").what

    def test_folder(self, tmp_path: Path) -> None:
        """A folder is not a ledger."""
        assert "that is a folder" in refusal(tmp_path).what

    def test_other_file(self, tmp_path: Path) -> None:
        """A file of another kind is refused and left as it is."""
        path = tmp_path / "notes.txt"
        path.write_text("precious " * 1000)
        assert "not a SQLite database" in refusal(path).what
        assert path.read_text() == "precious " * 1000

    def test_damaged_file(self, tmp_path: Path) -> None:
        """A damaged ledger is refused with what it means: the publications know what is live."""
        path = create(tmp_path / "ledger.db")
        content = bytearray(path.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        path.write_bytes(content)
        error = refusal(path)
        assert "the file is damaged" in error.what
        assert "publications" in error.advice

    def test_locked(self, tmp_path: Path) -> None:
        """A ledger that somebody keeps locked is reported after a while."""
        path = create(tmp_path / "ledger.db")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert "another process keeps it locked" in refusal(path).what

    def test_empty_file(self, tmp_path: Path) -> None:
        """An empty file becomes a ledger."""
        (tmp_path / "ledger.db").touch()
        assert create(tmp_path / "ledger.db").stat().st_size > 0

    def test_odd_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A path may be relative, and hold what would mean something in an address."""
        folder = tmp_path / "50 % of #1 & more"
        folder.mkdir()
        monkeypatch.chdir(folder)
        ledger = SqlLedger("sqlite:///ledger.db")
        monkeypatch.chdir(tmp_path)
        ledger.open()
        ledger.begin_run(a_run())
        ledger.close()
        assert (folder / "ledger.db").exists()
        reader = SqlLedger(f"sqlite:///{folder / 'ledger.db'}", read_only=True)
        reader.open()
        assert reader.runs() == [a_run()]
        reader.close()

    def test_table_of_another_program(self, tmp_path: Path) -> None:
        """Another program's tables in the same file, Alembic's own among them, stay its own."""
        path = tmp_path / "shared.db"
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("CREATE TABLE alembic_version (version_num TEXT)")
            other.execute("INSERT INTO alembic_version VALUES ('theirs')")
        create(path)
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT * FROM alembic_version").fetchall() == [("theirs",)]

    def test_interrupted_creation(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A creation that fails half-way leaves no half: the next one starts afresh."""
        path = tmp_path / "ledger.db"
        with monkeypatch.context() as patch:
            patch.setattr(schema.write_proof, "name", "gapless_nowhere")
            refusal(path)
        with closing(sqlite3.connect(path)) as raw:
            assert raw.execute("SELECT name FROM sqlite_master").fetchall() == []
        create(path)

    def test_first_openings_at_once(self, tmp_path: Path) -> None:
        """Threads of one process can create ledgers at the same time, the same or different."""
        paths = [tmp_path / f"{number // 2}.db" for number in range(8)]
        ledgers = [SqlLedger(f"sqlite:///{path}") for path in paths]
        with ThreadPoolExecutor(len(ledgers)) as pool:
            list(pool.map(SqlLedger.open, ledgers))
        for ledger in ledgers:
            assert ledger.runs() == []
            ledger.close()


class TestForReading:
    def test_no_ledger_yet(self, tmp_path: Path) -> None:
        """Without a ledger nothing has been run, and asking does not create one."""
        path = tmp_path / "ledger.db"
        assert "Nothing has been run yet" in refusal(path, read_only=True).what
        assert list(tmp_path.iterdir()) == []

    def test_empty_file(self, tmp_path: Path) -> None:
        """An empty file has no history either, and stays empty."""
        path = tmp_path / "ledger.db"
        path.touch()
        assert "Nothing has been run yet" in refusal(path, read_only=True).what
        assert path.stat().st_size == 0

    def test_folder(self, tmp_path: Path) -> None:
        """A folder is not a ledger."""
        assert "that is a folder" in refusal(tmp_path, read_only=True).what

    def test_older_revision(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An older ledger is not upgraded by looking at it."""
        path = create(tmp_path / "ledger.db")
        known = schema.HEAD
        monkeypatch.setattr(schema, "HEAD", "9998")
        error = refusal(path, read_only=True)
        assert f"older version of Gapless (revision {known}" in error.what
        assert "next run" in error.advice

    def test_during_a_write(self, tmp_path: Path) -> None:
        """Looking does not wait for somebody who is writing, and sees what was there before."""
        path = create(tmp_path / "ledger.db")
        reader = SqlLedger(f"sqlite:///{path}", read_only=True, lock_timeout=0.1)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("DELETE FROM gapless_runs")
            reader.open()
            assert reader.runs() == [a_run()]
        reader.close()


class TestAsAnotherUser:
    """Permissions, tried by a user who has none: root would not notice them."""

    @pytest.fixture
    def folder(self) -> Iterator[Path]:
        """Provide a folder that every user can get to."""
        with tempfile.TemporaryDirectory(prefix="gapless-") as name:
            folder = Path(name) / "store"
            folder.parent.chmod(0o755)
            folder.mkdir(mode=0o755)
            yield folder
            folder.chmod(0o755)

    def opened(self, folder: Path, how: str = "for_writing") -> dict[str, Any]:
        """Return what a user without rights finds on opening."""
        command = [sys.executable, str(WORKER), "open_as_nobody", str(folder.parent / "scratch.db")]
        command += [f"sqlite:///{folder / 'ledger.db'}", how]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert isinstance(said, dict)
        return said

    def test_read_only_file(self, folder: Path) -> None:
        """A file that cannot be written stops before anything is begun."""
        create(folder / "ledger.db").chmod(0o444)
        folder.chmod(0o777)
        error = self.opened(folder)["error"]
        assert "read-only for this user" in error
        assert "No run was started." in error

    def test_read_only_folder(self, folder: Path) -> None:
        """A folder that cannot be written stops too, though the file could be: SQLite's log."""
        create(folder / "ledger.db").chmod(0o666)
        folder.chmod(0o555)
        error = self.opened(folder)["error"]
        assert "its folder is read-only" in error
        assert "No run was started." in error

    def test_no_file_in_read_only_folder(self, folder: Path) -> None:
        """A ledger that cannot be created stops before anything is begun."""
        folder.chmod(0o555)
        assert "cannot open the file or create it" in self.opened(folder)["error"]

    def test_status_in_read_only_folder(self, folder: Path) -> None:
        """Reading needs no right to write, not even for SQLite's companion files."""
        create(folder / "ledger.db").chmod(0o444)
        folder.chmod(0o555)
        assert self.opened(folder, "read_only") == {"runs": 1}
        assert [path.name for path in folder.iterdir()] == ["ledger.db"]

    def test_status_of_a_ledger_in_use(self, folder: Path) -> None:
        """Reading works as well while somebody else has the ledger open."""
        owner = SqlLedger(f"sqlite:///{folder / 'ledger.db'}")
        owner.open()
        owner.begin_run(a_run())
        folder.chmod(0o555)
        assert self.opened(folder, "read_only") == {"runs": 1}
        folder.chmod(0o755)
        owner.close()


class TestAddress:
    @pytest.mark.parametrize(
        "address",
        [
            "",
            "ledger.db",
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite:///ledger.db?mode=ro",
            "mysql://ann:s3cret@host/history",
            "postgresql+psycopg://ann:s3cret@host:port/history",
        ],
    )
    def test_no_address(self, address: str) -> None:
        """What is no address of a ledger is refused with the forms that are, and no password."""
        with pytest.raises(
            ConfigError, match=r"Write it as sqlite:///folder/ledger\.db or"
        ) as caught:
            SqlLedger(address)
        assert "s3cret" not in str(caught.value)

    def test_password_hidden(self) -> None:
        """No text about a ledger shows its password."""
        ledger = SqlLedger("postgresql://ann:s3cret@host/history?sslpassword=s3cret")
        assert repr(ledger) == "SqlLedger('postgresql+psycopg://ann:***@host/history')"

    def test_driver_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without PostgreSQL's driver the way to install it is named."""
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(LedgerUnavailable, match=r"pip install 'gapless\[postgres\]'"):
            SqlLedger("postgresql://ann@host/history").open()


def test_head_is_the_newest_migration() -> None:
    """The revision that the code expects is the one the migrations lead to."""
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [schema.HEAD]


def test_older_ledger_upgraded(tmp_path: Path) -> None:
    """A ledger of the first revision is brought up to date, and what it holds stays."""
    path = tmp_path / "ledger.db"
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO gapless_attempts VALUES (1, 'run-a', 'a.b', '2024-02-23', 'historical', "
            "'refused', '2024-02-23 12:00:00.000000+00:00', '2024-02-23 12:00:01.000000+00:00', "
            "187, 1, 186, 0, 0, 1, NULL, '', '1.0', 'coverage: 1 of 187', '{}')"
        )
    ledger = SqlLedger(f"sqlite:///{path}")
    ledger.open()
    [attempt] = ledger.attempts()
    assert (attempt.expected, attempt.present, attempt.retry) == (187, 1, Retry.NONE)
    ledger.record_failures([a_failure()])
    assert ledger.failures() == [a_failure()]
    ledger.close()


def test_cleanings_before_there_was_a_schedule(tmp_path: Path) -> None:
    """Of a cleaning that was recorded without its tables none is taken to be covered."""
    path = tmp_path / "ledger.db"
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.exec_driver_sql(
            "INSERT INTO gapless_cleanings VALUES ('c', 'nba', 'clean', 'clean', 'ann', "
            "'2024-02-23 12:00:00.000000+00:00', NULL, 0, 5, 0, 0, 10, '[]')"
        )
    ledger = SqlLedger(f"sqlite:///{path}")
    ledger.open()
    [cleaning] = ledger.cleanings()
    assert (cleaning.deleted_rows, cleaning.covered) == (5, ())
    ledger.close()
