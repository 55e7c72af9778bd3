"""A pipeline is found by module, by file or by the name of an installed one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gapless.config.pipelines import installed_pipelines, load_pipeline
from gapless.config.settings import Setting
from gapless.declare.pipeline import Pipeline
from gapless.errors import ConfigError, DeclarationError

SHOP = """\
from gapless import Pipeline

shop = Pipeline("shop", partition="sold_on")
other = 7
"""


@pytest.fixture(autouse=True)
def modules() -> Iterator[None]:
    """Forget what a test imported, and where from."""
    known, path = dict(sys.modules), list(sys.path)
    yield
    for name in set(sys.modules) - set(known):
        del sys.modules[name]
    sys.modules.update(known)
    sys.path[:] = path


def load(reference: str, folder: Path) -> Pipeline:
    """Load the pipeline that a flag names."""
    return load_pipeline(Setting(reference, "--pipeline", folder))


def refusal(reference: str, folder: Path) -> str:
    """Return the reason for which there is no pipeline."""
    with pytest.raises(ConfigError) as caught:
        load(reference, folder)
    return str(caught.value)


class TestFiles:
    def test_file(self, tmp_path: Path) -> None:
        """A file is found from the folder that the setting came from."""
        (tmp_path / "site.py").write_text(SHOP)
        assert load("site.py:shop", tmp_path).name == "shop"

    def test_absolute_file(self, tmp_path: Path) -> None:
        """A file may be named by its full path."""
        (tmp_path / "site.py").write_text(SHOP)
        assert load(f"{tmp_path / 'site.py'}:shop", Path("/")).name == "shop"

    def test_missing_file(self, tmp_path: Path) -> None:
        """A missing file is refused with its full path and where it was named."""
        assert refusal("site.py:shop", tmp_path) == (
            f"pipeline = 'site.py:shop' (from --pipeline): there is no file {tmp_path / 'site.py'}."
        )

    def test_file_called_like_a_library(self, tmp_path: Path) -> None:
        """A file that is called like a module of the library does not take its place."""
        (tmp_path / "calendar.py").write_text(SHOP)
        import calendar  # noqa: PLC0415 - what the file must not replace

        load("calendar.py:shop", tmp_path)
        assert sys.modules["calendar"] is calendar

    def test_file_with_a_mistake(self, tmp_path: Path) -> None:
        """A file that cannot be imported is refused with the error it raised."""
        (tmp_path / "site.py").write_text("1 / 0")
        assert refusal("site.py:shop", tmp_path) == (
            "pipeline = 'site.py:shop' (from --pipeline) cannot be imported: "
            "ZeroDivisionError: division by zero."
        )

    def test_wrong_declaration(self, tmp_path: Path) -> None:
        """A wrong declaration is refused in its own words."""
        (tmp_path / "site.py").write_text(SHOP + "shop.source('sales', key='id')\n")
        with pytest.raises(DeclarationError, match="'sales' is not a table name"):
            load("site.py:shop", tmp_path)

    def test_missing_library(self, tmp_path: Path) -> None:
        """A file that needs a library that is not there is refused with its name."""
        (tmp_path / "site.py").write_text("import no_such_library\n")
        assert refusal("site.py:shop", tmp_path).endswith("there is no module 'no_such_library'.")


class TestModules:
    def test_module_beside_the_configuration(self, tmp_path: Path) -> None:
        """A module beside the configuration is importable."""
        (tmp_path / "shop_site_1.py").write_text(SHOP)
        assert load("shop_site_1:shop", tmp_path).name == "shop"

    def test_installed_module(self, tmp_path: Path) -> None:
        """A module of an installed package is found wherever one is."""
        assert load("gapless_nba.pipeline:pipeline", tmp_path).name == "nba"

    def test_missing_module(self, tmp_path: Path) -> None:
        """A missing module is refused with its name."""
        assert refusal("no_such_site:shop", tmp_path) == (
            "pipeline = 'no_such_site:shop' (from --pipeline): there is no module 'no_such_site'."
        )


class TestAttributes:
    def test_missing_attribute(self, tmp_path: Path) -> None:
        """A missing attribute is refused with the nearest pipeline of the module."""
        (tmp_path / "site.py").write_text(SHOP)
        assert refusal("site.py:shp", tmp_path).endswith(
            "'shp' in site.py does not exist. Did you mean 'shop'?"
        )

    def test_attribute_is_no_pipeline(self, tmp_path: Path) -> None:
        """Something else is no pipeline; those of the module are named."""
        (tmp_path / "site.py").write_text(SHOP)
        assert refusal("site.py:other", tmp_path).endswith(
            "'other' in site.py is no pipeline. Known: 'shop'."
        )

    @pytest.mark.parametrize("reference", [":shop", "site.py:"])
    def test_half_a_reference(self, tmp_path: Path, reference: str) -> None:
        """Half a reference is refused like a wrong one."""
        (tmp_path / "site.py").write_text(SHOP)
        assert reference in refusal(reference, tmp_path)


class TestInstalled:
    def test_by_name(self, tmp_path: Path) -> None:
        """An installed pipeline is found by its short name."""
        assert installed_pipelines()["nba"] == "gapless_nba.pipeline:pipeline"
        assert load("nba", tmp_path).name == "nba"

    def test_unknown_name(self, tmp_path: Path) -> None:
        """An unknown name is refused with how to write a reference and the nearest name."""
        assert refusal("nbaa", tmp_path) == (
            "pipeline = 'nbaa' (from --pipeline) should be module:attribute, file.py:attribute or "
            "the name of an installed pipeline. Did you mean 'nba'?"
        )
