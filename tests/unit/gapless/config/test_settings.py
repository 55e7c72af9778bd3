"""Settings come from flags, variables, the file and defaults, in this order, and say from where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from gapless.config.settings import CONFIG_FILE, Settings, load_settings
from gapless.errors import ConfigError

FILE = """\
pipeline = "nba"
warehouse = "duckdb:///file.duckdb"
"""
PLACES = {"pipeline": "nba", "warehouse": "duckdb:///flag.duckdb"}
"""Flags that name the two things without a default."""


@pytest.fixture
def resolve(tmp_path: Path) -> Callable[..., Settings]:
    """Return a function that resolves settings in an empty folder without variables."""

    def resolve(
        flags: Mapping[str, Any] | None = None,
        variables: Mapping[str, str] | None = None,
        file: str | None = None,
        config: str | None = None,
    ) -> Settings:
        if file is not None:
            (tmp_path / CONFIG_FILE).write_text(file, encoding="utf-8")
        return load_settings(
            flags or {}, config=config, environment=variables or {}, folder=tmp_path
        )

    return resolve


def refusal(call: Callable[..., Settings], *args: Any, **options: Any) -> str:
    """Return the reason for which settings are refused."""
    with pytest.raises(ConfigError) as caught:
        call(*args, **options)
    return str(caught.value)


class TestOrigins:
    def test_file(self, resolve: Callable[..., Settings], tmp_path: Path) -> None:
        """A value of the file names it, and is relative to its folder."""
        found = resolve(file=FILE).warehouse
        assert found.value == "duckdb:///file.duckdb"
        assert (found.origin, found.folder) == (str(tmp_path / CONFIG_FILE), tmp_path)

    def test_variable(self, resolve: Callable[..., Settings]) -> None:
        """A variable wins against the file, and is named."""
        found = resolve(variables={"GAPLESS_WAREHOUSE": "duckdb:///v.duckdb"}, file=FILE)
        assert found.warehouse.value == "duckdb:///v.duckdb"
        assert found.warehouse.origin == "environment variable GAPLESS_WAREHOUSE"
        assert found.pipeline.value == "nba"

    def test_flag(self, resolve: Callable[..., Settings]) -> None:
        """A flag wins against both, and is named as it was typed."""
        found = resolve(PLACES, {"GAPLESS_WAREHOUSE": "duckdb:///v.duckdb"}, FILE)
        assert found.warehouse.value == "duckdb:///flag.duckdb"
        assert found.warehouse.origin == "--warehouse"

    def test_flag_that_was_not_given(self, resolve: Callable[..., Settings]) -> None:
        """A flag that was not given, and a variable that is empty, say nothing."""
        found = resolve({"warehouse": None}, {"GAPLESS_WAREHOUSE": ""}, FILE)
        assert found.warehouse.value == "duckdb:///file.duckdb"

    def test_defaults(self, resolve: Callable[..., Settings], tmp_path: Path) -> None:
        """What nobody gave has a default, and says so."""
        found = resolve(PLACES)
        assert (found.ledger.value, found.ledger.origin) == (
            "sqlite:///gapless-ledger.sqlite",
            "default",
        )
        assert found.ledger.folder == tmp_path
        assert (found.workers, found.chunk_size) == (1, 1000)
        assert (found.memory_limit, found.now, found.thresholds) == (None, None, {})

    def test_file_elsewhere(self, resolve: Callable[..., Settings], tmp_path: Path) -> None:
        """Paths of a file in another folder are relative to that one, the ledger's default too."""
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "my.toml").write_text(FILE)
        found = resolve(config="site/my.toml")
        assert found.warehouse.folder == tmp_path / "site"
        assert found.ledger.folder == tmp_path / "site"

    def test_file_named_by_a_variable(
        self, resolve: Callable[..., Settings], tmp_path: Path
    ) -> None:
        """A variable may name the file; the flag wins against it."""
        (tmp_path / "one.toml").write_text(FILE)
        (tmp_path / "two.toml").write_text(FILE.replace("file.duckdb", "two.duckdb"))
        variables = {"GAPLESS_CONFIG": "one.toml"}
        assert resolve(variables=variables).warehouse.value == "duckdb:///file.duckdb"
        found = resolve(variables=variables, config="two.toml")
        assert found.warehouse.value == "duckdb:///two.duckdb"


class TestValues:
    @pytest.mark.parametrize("given", [4, "4", " 4 "])
    def test_whole_number(self, resolve: Callable[..., Settings], given: Any) -> None:
        """A number may come as one or as text."""
        assert resolve({**PLACES, "workers": given}).workers == 4

    @pytest.mark.parametrize("given", [0, -1, "many", 1.5, "1.5", True, [], float("inf")])
    @pytest.mark.parametrize("name", ["workers", "chunk_size"])
    def test_no_whole_number(self, resolve: Callable[..., Settings], name: str, given: Any) -> None:
        """Anything else is refused with where it came from and what it should be."""
        flag = "--" + name.replace("_", "-")
        assert refusal(resolve, {**PLACES, name: given}) == (
            f"{name} = {given!r} (from {flag}) should be a whole number of at least 1."
        )

    def test_number_in_a_file(self, resolve: Callable[..., Settings], tmp_path: Path) -> None:
        """The refusal of a value in the file names the file."""
        said = refusal(resolve, file=FILE + "workers = 0\n")
        assert f"workers = 0 (from {tmp_path / CONFIG_FILE})" in said

    def test_number_in_a_variable(self, resolve: Callable[..., Settings]) -> None:
        """The refusal of a value in a variable names the variable."""
        said = refusal(resolve, PLACES, {"GAPLESS_WORKERS": "x"})
        assert "(from environment variable GAPLESS_WORKERS)" in said

    @pytest.mark.parametrize("given", ["", "  ", 7, True])
    def test_no_text(self, resolve: Callable[..., Settings], given: Any) -> None:
        """Where a text belongs nothing else is taken."""
        said = refusal(resolve, {**PLACES, "warehouse": given})
        assert said == f"warehouse = {given!r} (from --warehouse) should be a text."

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2023-02-24T09:00:00-05:00", datetime(2023, 2, 24, 14, tzinfo=UTC)),
            ("2023-02-24T09:00:00", datetime(2023, 2, 24, 9, tzinfo=UTC)),
        ],
    )
    def test_moment(self, resolve: Callable[..., Settings], text: str, moment: datetime) -> None:
        """A moment may have a zone; without one it is in UTC."""
        assert resolve({**PLACES, "now": text}).now == moment

    def test_moment_in_a_file(self, resolve: Callable[..., Settings]) -> None:
        """A moment of the file keeps its zone."""
        found = resolve(file=FILE + "now = 2023-02-24T09:00:00-05:00\n").now
        assert found == datetime(2023, 2, 24, 9, tzinfo=timezone(timedelta(hours=-5)))

    def test_no_moment(self, resolve: Callable[..., Settings]) -> None:
        """What is no moment is refused with an example of one."""
        said = refusal(resolve, PLACES, {"GAPLESS_NOW": "yesterday"})
        assert said.endswith("should be a moment such as 2023-02-24T09:00:00-05:00.")


class TestMissing:
    def test_no_pipeline(self, resolve: Callable[..., Settings], tmp_path: Path) -> None:
        """Without a pipeline the refusal lists where one could stand, and how to begin."""
        assert refusal(resolve) == (
            f"No pipeline is configured: there is no {CONFIG_FILE} in {tmp_path}, and neither "
            "GAPLESS_PIPELINE nor --pipeline is given. "
            "Write a configuration: gapless init --pipeline nba"
        )

    def test_no_warehouse_in_the_file(
        self, resolve: Callable[..., Settings], tmp_path: Path
    ) -> None:
        """Where there is a file, the refusal does not say that there is none."""
        said = refusal(resolve, file='pipeline = "nba"\n')
        assert said.startswith("No warehouse is configured")
        assert "there is no gapless.toml" not in said
        assert str(tmp_path / CONFIG_FILE) in said

    def test_no_such_file(self, resolve: Callable[..., Settings], tmp_path: Path) -> None:
        """A file that was named must be there; the refusal says who named it."""
        assert refusal(resolve, config="x.toml") == (
            f"There is no configuration file {tmp_path / 'x.toml'} (from --config)."
        )
        said = refusal(resolve, variables={"GAPLESS_CONFIG": "x.toml"})
        assert said.endswith("(from environment variable GAPLESS_CONFIG).")


class TestWrongFiles:
    def test_not_toml(self, resolve: Callable[..., Settings], tmp_path: Path) -> None:
        """A file that is no TOML is refused with the place of the first error."""
        said = refusal(resolve, file="pipeline = nba\n")
        assert said.startswith(f"{tmp_path / CONFIG_FILE} is not valid TOML: ")
        assert "line 1" in said

    def test_not_text(self, resolve: Callable[..., Settings], tmp_path: Path) -> None:
        """A file that is no text is refused like one that is no TOML."""
        (tmp_path / CONFIG_FILE).write_bytes(b"\xff\xfe\x00")
        assert "is not valid TOML" in refusal(resolve)

    def test_unknown_setting(self, resolve: Callable[..., Settings]) -> None:
        """An unknown setting is refused with the nearest one, not ignored."""
        said = refusal(resolve, file=FILE + "worker = 2\n")
        assert said.endswith("has a setting 'worker'. Did you mean 'workers'?")


class TestThresholds:
    TABLE = FILE + '[thresholds."mart.totals"]\ncoverage = 0.95\nwarn = 1\n'

    def test_file(self, resolve: Callable[..., Settings]) -> None:
        """Thresholds stand in tables of the file."""
        assert resolve(file=self.TABLE).thresholds == {
            "mart.totals": {"coverage": 0.95, "warn": 1.0}
        }

    def test_flags_before_variable_before_file(self, resolve: Callable[..., Settings]) -> None:
        """Threshold by threshold the flag wins against the variable, and that against the file."""
        variables = {"GAPLESS_THRESHOLDS": "mart.totals.warn=0.97, mart.other.coverage=0.5"}
        flags = {"threshold": ["mart.totals.warn=0.98"]}
        assert resolve(flags, variables, self.TABLE).thresholds == {
            "mart.totals": {"coverage": 0.95, "warn": 0.98},
            "mart.other": {"coverage": 0.5},
        }

    def test_short_name(self, resolve: Callable[..., Settings]) -> None:
        """A table may be named by its part after the dot."""
        found = resolve({**PLACES, "threshold": ["totals.coverage=0.9"]}).thresholds
        assert found == {"totals": {"coverage": 0.9}}

    @pytest.mark.parametrize("share", ["0", "-0.5", "1.01", "95", "x", "nan", ""])
    def test_no_share(self, resolve: Callable[..., Settings], share: str) -> None:
        """A threshold that is no share is refused with where it came from."""
        said = refusal(resolve, {**PLACES, "threshold": [f"mart.totals.coverage={share}"]})
        assert said == (
            f"coverage = {share!r} (from --threshold) should be a share above 0 and up to 1, "
            "e.g. 0.95."
        )

    def test_no_share_in_the_file(self, resolve: Callable[..., Settings], tmp_path: Path) -> None:
        """The refusal of a share in the file names the file; a truth value is no share."""
        said = refusal(resolve, file=self.TABLE.replace("0.95", "true"))
        assert said.startswith(f"coverage = True (from {tmp_path / CONFIG_FILE})")

    @pytest.mark.parametrize("text", ["coverage=0.9", "mart.totals.coverage", "0.9"])
    def test_no_assignment(self, resolve: Callable[..., Settings], text: str) -> None:
        """A threshold without a table or a value is refused with how to write one."""
        said = refusal(resolve, {**PLACES, "threshold": [text]})
        assert said.startswith(
            f"{text!r} (from --threshold) should be schema.table.threshold=share"
        )

    def test_variable_is_named_like_the_others(self, resolve: Callable[..., Settings]) -> None:
        """A wrong threshold in a variable is refused in the words of any other variable."""
        said = refusal(resolve, PLACES, {"GAPLESS_THRESHOLDS": "mart.totals.coverage=9"})
        assert "(from environment variable GAPLESS_THRESHOLDS)" in said

    @pytest.mark.parametrize("given", ["thresholds = 0.9\n", "thresholds.coverage = 0.9\n"])
    def test_no_table(self, resolve: Callable[..., Settings], given: str) -> None:
        """Thresholds that belong to no table are refused with how to write them."""
        said = refusal(resolve, file=given + FILE)
        assert 'should be tables: [thresholds."schema.table"]' in said
