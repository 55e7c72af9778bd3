"""Fixtures that several folders of tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gapless.verbs.workspace import Workspace
from support.real_data import real_data_folder
from support.shop import close, open_shop


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with the real seasons; the test is skipped where there is none."""
    return real_data_folder()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Workspace]]:
    """Open shop workspaces in the test's folder; all are closed in the end."""
    workspaces: list[Workspace] = []

    def factory(folder: Path | None = None, **options: object) -> Workspace:
        workspace = open_shop(folder or tmp_path, **options)  # type: ignore[arg-type]
        workspaces.append(workspace)
        return workspace

    yield factory
    for workspace in workspaces:
        close(workspace)
