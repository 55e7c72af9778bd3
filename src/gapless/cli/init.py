"""`gapless init`: write a configuration for a pipeline into the working folder."""

from __future__ import annotations

from pathlib import Path

from gapless.config.pipelines import installed_pipelines
from gapless.config.settings import CONFIG_FILE
from gapless.errors import UsageError, nearest

TEMPLATE = """\
# Configuration of Gapless. Every setting can be overridden by an environment variable
# (GAPLESS_WAREHOUSE, …) and by a flag (--warehouse, …). Relative paths start at this file.

# An installed pipeline, module:attribute, or file.py:attribute.
pipeline = "{pipeline}"

# Where the tables live, and where the history of runs is kept.
warehouse = "duckdb:///{name}.duckdb"
ledger = "sqlite:///{name}-ledger.sqlite"

# Where rows are kept that `gapless clean` removed: a folder, or an address such as gs://bucket/x.
# backups = "gapless-backups"
# backup_days = 30
# backups_at_least = 3

# When `gapless schedule` cleans, in the pipeline's time zone.
# clean_at = "04:00"

# How many chunks are worked on side by side with --parallel.
# workers = 2

# Thresholds this site wants different from the pipeline's own.
# [thresholds."schema.table"]
# coverage = 0.95
# warn = 0.98
"""


def init(*, pipeline: str = "nba", force: bool = False) -> int:
    """Write gapless.toml for a pipeline.

    Parameters
    ----------
    pipeline
        Name of an installed pipeline, module:attribute, or file.py:attribute.
    force
        Overwrite an existing gapless.toml.
    """
    installed = installed_pipelines()
    if ":" not in pipeline and pipeline not in installed:
        raise UsageError(
            f"There is no installed pipeline {pipeline!r}. {nearest(pipeline, installed)}"
        )
    file = Path(CONFIG_FILE)
    if file.exists() and not force:
        raise UsageError(
            f"{file.absolute()} exists already.",
            untouched="It was not touched.",
            advice="Edit it, or overwrite it with --force.",
        )
    name = pipeline.split(":", maxsplit=1)[-1] if ":" in pipeline else pipeline
    file.write_text(TEMPLATE.format(pipeline=pipeline, name=name), encoding="utf-8")
    print(f"Wrote {file.absolute()}.\nNext: gapless load --data DIR")  # noqa: T201
    return 0
