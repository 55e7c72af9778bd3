"""Finding a user's pipeline: an importable module, a file, or the name of an installed one."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from gapless.config.settings import Setting
from gapless.declare.pipeline import Pipeline
from gapless.errors import ConfigError, GaplessError, nearest

ENTRY_POINTS = "gapless.pipelines"
"""Group under which installed packages offer pipelines by a short name."""


def installed_pipelines() -> dict[str, str]:
    """Return the pipelines that installed packages offer: name → `module:attribute`."""
    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}


def load_pipeline(setting: Setting) -> Pipeline:
    """Import the pipeline a setting names.

    Args:
        setting: `module:attribute`, `file.py:attribute`, or the name of an installed pipeline.

    Raises:
        ConfigError: there is no such module, file or attribute, or it is no pipeline.
        DeclarationError: the pipeline's own declarations are wrong.
    """
    reference = str(setting.value)
    where = f"pipeline = {reference!r} (from {setting.origin})"
    if ":" not in reference:
        installed = installed_pipelines()
        if reference not in installed:
            raise ConfigError(
                f"{where} should be module:attribute, file.py:attribute or the name of an "
                f"installed pipeline. {nearest(reference, installed)}"
            )
        reference = installed[reference]
    place, _, attribute = reference.rpartition(":")
    module = _import(place, setting.folder, where)
    found = getattr(module, attribute, None)
    if not isinstance(found, Pipeline):
        known = [name for name, value in vars(module).items() if isinstance(value, Pipeline)]
        problem = "is no pipeline" if hasattr(module, attribute) else "does not exist"
        raise ConfigError(
            f"{where}: {attribute!r} in {place} {problem}. {nearest(attribute, known)}"
        )
    return found


def _import(place: str, folder: Path, where: str) -> ModuleType:
    try:
        if place.endswith(".py"):
            return _import_file(folder / place, where)
        if str(folder) not in sys.path:
            # A module beside gapless.toml is importable, as with any tool run from a folder.
            sys.path.insert(0, str(folder))
        return importlib.import_module(place)
    except GaplessError:
        raise
    except ModuleNotFoundError as error:
        raise ConfigError(f"{where}: there is no module {error.name!r}.") from error
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"{where} cannot be imported: {type(error).__name__}: {error}."
        ) from error


def _import_file(file: Path, where: str) -> ModuleType:
    if not file.is_file():
        raise ConfigError(f"{where}: there is no file {file}.")
    # A file may be called like a module of somebody else's, e.g. calendar.py.
    name = f"gapless_pipeline_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{where}: {file} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
