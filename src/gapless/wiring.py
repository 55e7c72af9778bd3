"""Wiring: from settings to a workspace; the only production module that names concrete classes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gapless.clock import Clock
from gapless.config.pipelines import load_pipeline
from gapless.config.settings import Setting, Settings
from gapless.declare.pipeline import Pipeline
from gapless.declare.relations import check_statements
from gapless.due import Daily
from gapless.errors import (
    ConfigError,
    GaplessError,
    LedgerBehind,
    LedgerUnavailable,
    PreflightRefused,
    WarehouseBusy,
    nearest,
)
from gapless.ledger.interface import Ledger
from gapless.retention.backups import Backups
from gapless.retention.interface import Place
from gapless.verbs.turn import turn
from gapless.verbs.workspace import Workspace
from gapless.version import __version__
from gapless.warehouse.interface import Saved, Tables, Warehouse

DUCKDB_MAGIC = slice(8, 12)
_FILE_SCHEMES = ("duckdb:///", "sqlite:///")


@contextmanager
def open_workspace(
    settings: Settings, *, write: bool, create: bool = True, record: bool = False
) -> Iterator[Workspace]:
    """Open everything a verb works on, and close it afterwards.

    Args:
        settings: Resolved settings.
        write: Whether the verb publishes; for reading, several processes may be at it at once.
        create: Whether a warehouse that does not exist yet is made.
        record: Whether the ledger is written although the warehouse is only read.

    Raises:
        ConfigError: a setting names something that does not exist.
        DeclarationError: the pipeline is wrong.
        WarehouseBusy: another process owns the warehouse.
        LedgerUnavailable: the ledger cannot be used.
    """
    pipeline = pipeline_of(settings)
    with ExitStack() as opened:
        # The ledger first: where it cannot be written, the warehouse is not even opened.
        if not create:
            refuse_absent_warehouse(settings)
        ledger = ledger_of(settings) if write or record else readable_ledger(settings)
        if ledger is not None:
            opened.callback(ledger.close)
            if write or record:
                ledger.open()
        warehouse = warehouse_of(settings, read_only=not write)
        opened.callback(warehouse.close)
        check_statements(pipeline, warehouse.relations_read)
        yield Workspace(
            pipeline=pipeline,
            warehouse=warehouse,
            ledger=ledger,
            code_version=code_version(pipeline),
            clock=clock_of(settings),
            backups=backups_of(settings, pipeline),
        )


@contextmanager
def open_in_turn(settings: Settings) -> Iterator[Workspace]:
    """Open everything a cleaning works on, while no other cleaning is at work.

    Raises:
        CleaningAtWork: another one is; the warehouse was not opened.
    """
    refuse_absent_warehouse(settings)
    name, clock = pipeline_of(settings).name, clock_of(settings)
    with ExitStack() as opened:
        ledger = ledger_of(settings)
        opened.callback(ledger.close)
        ledger.open()
        opened.enter_context(turn(ledger, name, clock))
        yield opened.enter_context(open_workspace(settings, write=True, create=False))


def pipeline_of(settings: Settings) -> Pipeline:
    """Load the pipeline with the site's own thresholds."""
    pipeline = load_pipeline(settings.pipeline)
    for table, thresholds in settings.thresholds.items():
        try:
            pipeline.with_gates({table: thresholds})
        except GaplessError as error:
            origin = settings.threshold_origins[table]
            raise ConfigError(f"{error.what} (from {origin})") from error
    return pipeline


def warehouse_of(settings: Settings, *, read_only: bool) -> Warehouse:
    """Open the warehouse a URL names.

    Raises:
        ConfigError: no warehouse of that kind is known.
    """
    setting = settings.warehouse
    url = str(setting.value)
    if not url.startswith("duckdb://"):
        raise ConfigError(
            f"warehouse = {url!r} (from {setting.origin}): this kind is not known; "
            "write duckdb:///nba.duckdb."
        )
    from gapless.warehouse.duckdb import DuckDBWarehouse  # noqa: PLC0415 - drivers load lazily

    spill_folder = _spill_folder(settings.spill_folder)
    try:
        return DuckDBWarehouse(
            placed(setting),
            read_only=read_only,
            memory_limit=settings.memory_limit,
            spill_folder=spill_folder,
        )
    except ConfigError as error:
        raise ConfigError(f"{error} (from {setting.origin})") from None


def _spill_folder(setting: Setting | None) -> Path | None:
    if setting is None:
        return None
    folder = setting.folder / str(setting.value)
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        # Otherwise it would turn out when memory runs out, in the middle of a run.
        problem = "cannot be written" if folder.is_dir() else "is no folder"
        raise ConfigError(
            f"spill_folder = {str(setting.value)!r} (from {setting.origin}): {folder} {problem}.",
            untouched="Nothing was started.",
            advice="Create it, or name another one.",
        )
    return folder


@contextmanager
def open_tables(location: str) -> Iterator[Tables]:
    """Open tables that nobody declared, for reading, and let go of them afterwards.

    Args:
        location: A DuckDB file or its URL; a folder, a glob or a file of Parquet.

    Raises:
        ConfigError: there is nothing of that kind.
        WarehouseBusy: another process owns the file.
    """
    tables = _tables_at(location)
    try:
        yield tables
    finally:
        tables.close()


def _tables_at(location: str) -> Tables:
    file = Path(location.removeprefix("duckdb:///"))
    if "://" in location and not location.startswith("duckdb:///"):
        raise ConfigError(
            f"{location}: this kind of warehouse is not known; name a DuckDB file, or a folder or "
            "glob of Parquet files.",
            untouched="Nothing was read.",
        )
    is_glob = not file.exists() and any(sign in location for sign in "*?[")
    if file.is_dir() or file.suffix == ".parquet" or is_glob:
        from gapless.warehouse.parquet import ParquetTables  # noqa: PLC0415 - drivers load lazily

        return ParquetTables(location)
    if not file.is_file():
        beside = [path.name for path in file.parent.glob("*") if path.suffix == file.suffix]
        raise ConfigError(
            f"{location}: there is no such file or folder. {nearest(file.name, beside)}",
            untouched="Nothing was read.",
        )
    return _duckdb_tables(location, file)


def _duckdb_tables(location: str, file: Path) -> Tables:
    from gapless.warehouse.duckdb import DuckDBWarehouse  # noqa: PLC0415 - drivers load lazily
    from gapless.warehouse.tables import WarehouseTables  # noqa: PLC0415

    with file.open("rb") as opened:
        if opened.read(DUCKDB_MAGIC.stop)[DUCKDB_MAGIC] != b"DUCK":
            # DuckDB would fetch a reader for files of other kinds.
            raise ConfigError(
                f"{location}: this is no DuckDB database.",
                untouched="Nothing was read.",
                advice="Name the file that a DuckDB program wrote, or Parquet files.",
            )
    try:
        return WarehouseTables(DuckDBWarehouse(f"duckdb:///{file}", read_only=True), location)
    except WarehouseBusy as error:
        # Nobody declared these tables, so there is no ledger to read meanwhile.
        raise WarehouseBusy(
            error.what,
            untouched="Nothing was read.",
            advice="Wait for it or end it, or audit a copy of the file together with its .wal.",
        ) from error


def refuse_absent_warehouse(settings: Settings) -> None:
    """Refuse to work on a warehouse file that is not there, instead of making an empty one.

    Raises:
        PreflightRefused: there is no such file.
    """
    url = placed(settings.warehouse)
    file = url.removeprefix("duckdb:///")
    if file != url and file and not Path(file).exists() and Path(file).parent.is_dir():
        raise PreflightRefused(
            f"There is no warehouse {file} yet.",
            untouched="Nothing was started.",
            advice="Load it first: gapless load --data DIR",
        )


def ledger_of(settings: Settings, *, read_only: bool = False) -> Ledger:
    """Return the ledger a URL names, not opened yet.

    Raises:
        ConfigError: no ledger of that kind is known.
    """
    setting = settings.ledger
    from gapless.ledger.sql_ledger import SqlLedger  # noqa: PLC0415 - drivers load lazily

    try:
        return SqlLedger(placed(setting), read_only=read_only)
    except ConfigError as error:
        raise ConfigError(f"{error} (from {setting.origin})") from None


def readable_ledger(settings: Settings) -> Ledger | None:
    """Open the ledger for reading; None when nothing has been run yet.

    Raises:
        LedgerUnavailable: there is one that cannot be read; what it permits or forbids is unknown.
    """
    ledger = ledger_of(settings, read_only=True)
    try:
        ledger.open()
    except LedgerBehind:
        ledger.close()
        return None
    except LedgerUnavailable:
        ledger.close()
        raise
    return ledger


def backups_of(settings: Settings, pipeline: Pipeline) -> Backups:
    """Return the backups of a pipeline where a setting says; nothing is opened or made yet."""

    def reader(file: Path, partition: str, columns: Mapping[str, str]) -> Saved:
        from gapless.warehouse.duckdb_saving import read_back  # noqa: PLC0415 - drivers load lazily

        return read_back(file, partition, columns)

    return Backups(_place_of(settings.backups), pipeline.name, reader)


def _place_of(setting: Setting) -> Place:
    location = str(setting.value)
    if "memory://" in location:
        raise ConfigError(
            f"{location} is gone when this process ends, and so would be every row that was saved "
            f"there (backups, from {setting.origin}).",
            untouched="Nothing was removed.",
            advice="Name a folder, or an address that lasts: --backups gapless-backups",
        )
    if "://" not in location:
        from gapless.retention.local import LocalPlace  # noqa: PLC0415 - one place of several

        return LocalPlace(str(setting.folder / location))
    from gapless.retention.remote import RemotePlace  # noqa: PLC0415 - an extra

    try:
        return RemotePlace(location)
    except ConfigError as error:
        raise ConfigError(
            f"{error.what} (backups, from {setting.origin})", advice=error.advice
        ) from None


def clock_of(settings: Settings) -> Clock:
    """Return the system's clock, or one that stands where GAPLESS_NOW says."""
    return Clock.replay(settings.now) if settings.now is not None else Clock()


def daily_of(settings: Settings, pipeline: Pipeline) -> Daily:
    """Return when the daily cleaning is due: by the clocks of the place the pipeline lives in."""
    return Daily(settings.clean_at, pipeline.timezone)


def code_version(pipeline: Pipeline) -> str:
    """Return what is recorded as the code of a publication."""
    own = os.environ.get("GAPLESS_CODE_VERSION", pipeline.version)
    return f"{pipeline.name} {own} · gapless {__version__}"


def placed(setting: Setting) -> str:
    """Make a relative file URL relative to the place the setting came from."""
    url = str(setting.value)
    for scheme in _FILE_SCHEMES:
        rest = url.removeprefix(scheme)
        if rest != url and rest and not Path(rest).is_absolute():
            return f"{scheme}{setting.folder / rest}"
    return url
