"""Build what is expensive once for a whole test run, however many workers it has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

Build = Callable[[Path], object]
"""Makes a folder, which must not exist yet, and fills it."""


def built_once(factory: pytest.TempPathFactory, name: str, build: Build) -> Path:
    """Return this worker's own copy of a folder that one worker of the run built.

    A copy, since a test may hold the warehouse in it locked while other workers read theirs.
    """
    own = factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "built-once"
    shared.mkdir(exist_ok=True)
    finished = shared / f"{name}.finished"
    with FileLock(shared / f"{name}.lock"):
        if not finished.exists():
            shutil.rmtree(shared / name, ignore_errors=True)
            build(shared / name)
            finished.touch()
    return Path(shutil.copytree(shared / name, factory.mktemp(name) / name))
