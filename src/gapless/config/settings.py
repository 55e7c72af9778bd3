"""Settings from `gapless.toml`, environment variables and flags; the later wins.

Every value remembers where it came from, so that an error can name the file, the variable or the
flag that has to be corrected.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from gapless.declare.retention import MOST_DAYS
from gapless.errors import ConfigError, nearest

CONFIG_FILE = "gapless.toml"
VARIABLE_PREFIX = "GAPLESS_"


@dataclass(frozen=True)
class Setting:
    """A value and where it came from."""

    value: Any
    origin: str
    """For people: `gapless.toml`, `environment variable GAPLESS_WAREHOUSE`, `--warehouse`."""
    folder: Path
    """What relative paths in the value are relative to."""


@dataclass(frozen=True)
class Settings:
    """Resolved settings."""

    pipeline: Setting
    warehouse: Setting
    ledger: Setting
    workers: int
    chunk_size: int
    memory_limit: str | None
    spill_folder: Setting | None
    """Where the warehouse puts what does not fit; beside its file when None."""
    backups: Setting
    """Folder or address where removed rows are kept."""
    backup_days: int
    backups_at_least: int
    clean_at: time
    """When the daily cleaning is due, in the pipeline's time zone."""
    now: datetime | None
    thresholds: Mapping[str, Mapping[str, float]]
    """Table → threshold → share."""
    threshold_origins: Mapping[str, str]
    """Table → where its thresholds came from."""


@dataclass(frozen=True)
class _Known:
    """A setting that may stand in the file, in a variable and in a flag."""

    read: Callable[[Any], Any]
    default: Any = None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text")
    return value


def _positive(value: object) -> int:
    number = int(str(value))
    if isinstance(value, bool) or number < 1 or str(number) != str(value).strip():
        raise ValueError("a whole number of at least 1")
    return number


def _days(value: object) -> int:
    number = _positive(value)
    if number > MOST_DAYS:
        raise ValueError("no more than can be counted back from today")
    return number


def _size(value: object) -> str:
    text = str(value).strip()
    if not re.fullmatch(r"\d+(\.\d+)? ?([KMGT]i?)?B", text, re.IGNORECASE):
        raise ValueError("a size")
    return text


def _time_of_day(value: object) -> time:
    at = value if isinstance(value, time) else time.fromisoformat(str(value).strip())
    if at.tzinfo is not None or isinstance(value, int):
        raise ValueError("a time without a zone")
    return at


def _moment(value: object) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_KNOWN: dict[str, _Known] = {
    "pipeline": _Known(_text),
    "warehouse": _Known(_text),
    "ledger": _Known(_text, "sqlite:///gapless-ledger.sqlite"),
    "workers": _Known(_positive, 1),
    "chunk_size": _Known(_positive, 1000),
    "memory_limit": _Known(_size),
    "spill_folder": _Known(_text),
    "backups": _Known(_text, "gapless-backups"),
    "backup_days": _Known(_days, 30),
    "backups_at_least": _Known(_positive, 3),
    "clean_at": _Known(_time_of_day, time(4)),
    "now": _Known(_moment),
}
_EXPECTS = {
    "workers": "a whole number of at least 1",
    "chunk_size": "a whole number of at least 1",
    "memory_limit": "a size such as 4GB",
    "backup_days": f"a whole number of 1 to {MOST_DAYS:,}",
    "backups_at_least": "a whole number of at least 1",
    "clean_at": "a time of day such as 04:00, in the pipeline's time zone",
    "now": "a moment such as 2023-02-24T09:00:00-05:00",
}


def load_settings(
    flags: Mapping[str, Any],
    *,
    config: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Resolve the settings: flags before variables before the file before defaults.

    Args:
        flags: Setting → value given on the command line; None: not given.
        config: Path of the file, when given by a flag.
        environment: Variables; the process's own when None.
        folder: The working folder; the process's own when None.

    Raises:
        ConfigError: a value is wrong or missing; the text names where it came from.
    """
    variables = os.environ if environment is None else environment
    here = folder or Path.cwd()
    table, file = _read_file(config, variables, here)
    values: dict[str, Setting] = {}
    for name, known in _KNOWN.items():
        found = _find(name, flags, variables, table, file, here)
        if found is not None:
            values[name] = _checked(name, known, found)
        elif known.default is not None:
            place = file.parent if file else here
            values[name] = Setting(known.default, "default", place)
    for name in ("pipeline", "warehouse"):
        if name not in values:
            lacking = f"{file} has none" if file else f"there is no {CONFIG_FILE} in {here}"
            raise ConfigError(
                f"No {name} is configured: {lacking}, and neither "
                f"{VARIABLE_PREFIX}{name.upper()} nor --{name} is given.",
                advice="Write a configuration: gapless init --pipeline nba",
            )
    thresholds, origins = _thresholds(flags, variables, table, file)
    return Settings(
        pipeline=values["pipeline"],
        warehouse=values["warehouse"],
        ledger=values["ledger"],
        workers=values["workers"].value,
        chunk_size=values["chunk_size"].value,
        memory_limit=values["memory_limit"].value if "memory_limit" in values else None,
        spill_folder=values.get("spill_folder"),
        backups=values["backups"],
        backup_days=values["backup_days"].value,
        backups_at_least=values["backups_at_least"].value,
        clean_at=values["clean_at"].value,
        now=values["now"].value if "now" in values else None,
        thresholds=thresholds,
        threshold_origins=origins,
    )


def _read_file(
    config: str | None, variables: Mapping[str, str], here: Path
) -> tuple[dict[str, Any], Path | None]:
    named = config or variables.get(f"{VARIABLE_PREFIX}CONFIG")
    origin = "--config" if config else f"environment variable {VARIABLE_PREFIX}CONFIG"
    file = here / (named or CONFIG_FILE)
    if not file.is_file():
        if named:
            raise ConfigError(f"There is no configuration file {file} (from {origin}).")
        return {}, None
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}.") from None
    known = {*_KNOWN, "thresholds"}
    for name in table:
        if name not in known:
            raise ConfigError(f"{file} has a setting {name!r}. {nearest(name, known)}")
    return table, file


def _find(
    name: str,
    flags: Mapping[str, Any],
    variables: Mapping[str, str],
    table: Mapping[str, Any],
    file: Path | None,
    here: Path,
) -> Setting | None:
    if flags.get(name) is not None:
        return Setting(flags[name], f"--{name.replace('_', '-')}", here)
    variable = f"{VARIABLE_PREFIX}{name.upper()}"
    if variables.get(variable):
        return Setting(variables[variable], f"environment variable {variable}", here)
    if name in table and file is not None:
        return Setting(table[name], str(file), file.parent)
    return None


def _checked(name: str, known: _Known, found: Setting) -> Setting:
    try:
        return Setting(known.read(found.value), found.origin, found.folder)
    except (ValueError, TypeError):
        expected = _EXPECTS.get(name, "a text")
        raise ConfigError(
            f"{name} = {found.value!r} (from {found.origin}) should be {expected}."
        ) from None


def _thresholds(
    flags: Mapping[str, Any],
    variables: Mapping[str, str],
    table: Mapping[str, Any],
    file: Path | None,
) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    merged: dict[str, dict[str, float]] = {}
    origins: dict[str, str] = {}
    given = table.get("thresholds", {})
    if given:
        if not isinstance(given, dict) or not all(isinstance(v, dict) for v in given.values()):
            raise ConfigError(
                f'thresholds in {file} should be tables: [thresholds."schema.table"] '
                "with coverage = 0.95."
            )
        for name, values in given.items():
            origins[name] = str(file)
            for threshold, share in values.items():
                merged.setdefault(name, {})[threshold] = _share(threshold, share, str(file))
    variable = f"{VARIABLE_PREFIX}THRESHOLDS"
    from_variable = [text for text in variables.get(variable, "").split(",") if text]
    for texts, where in (
        (from_variable, f"environment variable {variable}"),
        (list(flags.get("threshold") or ()), "--threshold"),
    ):
        for text in texts:
            name, share = _assignment(text, where)
            table_name, _, threshold = name.rpartition(".")
            merged.setdefault(table_name, {})[threshold] = _share(threshold, share, where)
            origins[table_name] = where
    return merged, origins


def _assignment(text: str, origin: str) -> tuple[str, str]:
    name, sign, share = text.strip().partition("=")
    if not sign or "." not in name:
        raise ConfigError(
            f"{text!r} (from {origin}) should be schema.table.threshold=share, "
            "e.g. precompute.player_composite_factors.coverage=0.95."
        )
    return name.strip(), share.strip()


def _share(threshold: str, value: object, origin: str) -> float:
    try:
        share = float(str(value))
    except (TypeError, ValueError):
        share = -1.0
    if isinstance(value, bool) or not 0 < share <= 1:
        raise ConfigError(
            f"{threshold} = {value!r} (from {origin}) should be a share above 0 and up to 1, "
            "e.g. 0.95."
        )
    return share
