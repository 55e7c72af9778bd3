"""Configuration: file, variable, flag, in this order; an error names where a wrong value stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.place import Place

NBA = 'pipeline = "nba"\n'
FILE_WAREHOUSE = 'warehouse = "duckdb:///from-file.duckdb"\n'
FLAG, VARIABLE = "--warehouse", "environment variable GAPLESS_WAREHOUSE"


def configured(place: Place, text: str, name: str = "gapless.toml") -> Path:
    file = place.folder / name
    file.write_text(text, encoding="utf-8")
    return file


# Where a setting comes from


def test_without_any_configuration_the_message_says_how_to_write_one(empty: Place) -> None:
    complaint = empty.run("plan", code=2).complaint
    assert "gapless.toml" in complaint
    assert "GAPLESS_PIPELINE" in complaint
    assert "gapless init" in complaint


def test_init_writes_a_configuration_that_the_next_command_reads(empty: Place) -> None:
    text = empty.run("init").text
    assert "gapless load --data DIR" in text
    complaint = empty.run("status", code=2).complaint
    assert "nba.duckdb" in complaint
    assert "gapless load --data DIR" in complaint


def test_init_does_not_overwrite_a_configuration_without_force(empty: Place) -> None:
    file = configured(empty, "# mine\n")
    complaint = empty.run("init", code=2).complaint
    assert "exists already" in complaint
    assert file.read_text() == "# mine\n"
    empty.run("init", "--force")
    assert 'pipeline = "nba"' in file.read_text()


def test_init_suggests_the_nearest_installed_pipeline(empty: Place) -> None:
    assert "'nba'" in empty.run("init", "--pipeline", "nbaa", code=2).complaint
    assert list(empty.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "flags", "file", "origin"),
    [
        ({}, (), "from-file.duckdb", "gapless.toml"),
        ({"GAPLESS_WAREHOUSE": "duckdb:///from-env.duckdb"}, (), "from-env.duckdb", VARIABLE),
        (
            {"GAPLESS_WAREHOUSE": "duckdb:///from-env.duckdb"},
            ("--warehouse", "duckdb:///from-flag.duckdb"),
            "from-flag.duckdb",
            FLAG,
        ),
    ],
    ids=["file", "variable over file", "flag over variable"],
)
def test_a_flag_overrides_a_variable_which_overrides_the_file(
    empty: Place, variables: dict[str, str], flags: tuple[str, ...], file: str, origin: str
) -> None:
    configured(empty, NBA + FILE_WAREHOUSE)
    complaint = empty.run("status", *flags, code=2, **variables).complaint
    assert file in complaint
    assert origin in complaint


def test_the_warehouse_of_a_variable_is_the_one_that_is_loaded(small: Place) -> None:
    small.run("load", "--data", "data", GAPLESS_WAREHOUSE="duckdb:///other.duckdb")
    assert (small.folder / "other.duckdb").is_file()
    before = small.json("status")["tables"]
    other = small.json("status", code=1, GAPLESS_WAREHOUSE="duckdb:///other.duckdb")["tables"]
    assert before != other


@pytest.mark.parametrize("way", ["flag", "variable"])
def test_a_configuration_elsewhere_is_found_and_its_paths_are_relative_to_it(
    small_once: Place, empty: Place, way: str
) -> None:
    file = str(small_once.folder / "gapless.toml")
    flags = ("--config", file) if way == "flag" else ()
    variables = {"GAPLESS_CONFIG": file} if way == "variable" else {}
    found = empty.json("status", "player_game_summary", *flags, code=0, **variables)
    assert found["tables"] == {"analytics.player_game_summary": {"complete": 2}}
    assert list(empty.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "variables", "origin"),
    [
        (("--config", "nope.toml"), {}, "--config"),
        ((), {"GAPLESS_CONFIG": "nope.toml"}, "environment variable GAPLESS_CONFIG"),
    ],
    ids=["flag", "variable"],
)
def test_a_configuration_that_does_not_exist_is_named_with_who_named_it(
    empty: Place, flags: tuple[str, ...], variables: dict[str, str], origin: str
) -> None:
    complaint = empty.run("plan", *flags, code=2, **variables).complaint
    assert "nope.toml" in complaint
    assert origin in complaint


# Wrong values


WRONG = {
    "a text for a number": ('workers = "many"\n', ("workers", "'many'", "at least 1")),
    "true for a number": ("workers = true\n", ("workers", "at least 1")),
    "half a worker": ("workers = 1.5\n", ("workers", "1.5", "at least 1")),
    "a chunk of nothing": ("chunk_size = 0\n", ("chunk_size", "0", "at least 1")),
    "no moment": ('now = "yesterday"\n', ("now", "'yesterday'", "2023-02-24T")),
    "a ledger of no known kind": ('ledger = "mysql://x"\n', ("ledger", "mysql://x", "sqlite:///")),
    "a list for a text": ("memory_limit = [1]\n", ("memory_limit", "[1]")),
    "no size": ('memory_limit = "lots"\n', ("memory_limit", "lots")),
    "an unknown setting": ("wokers = 2\n", ("wokers", "Did you mean 'workers'?")),
    "a share above one": (
        '[thresholds."precompute.player_composite_factors"]\ncoverage = 1.5\n',
        ("coverage", "1.5", "up to 1"),
    ),
    "a threshold of no table": (
        '[thresholds."precompute.player_composite_facors"]\ncoverage = 0.5\n',
        ("player_composite_facors", "Did you mean 'precompute.player_composite_factors'?"),
    ),
    "an unknown threshold": (
        '[thresholds."precompute.player_composite_factors"]\ncovrage = 0.5\n',
        ("covrage", "Did you mean 'coverage'?"),
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_in_the_file_is_named_with_the_file_and_what_would_be_right(
    small_once: Place, empty: Place, text: str, said: tuple[str, ...]
) -> None:
    file = configured(empty, f'{NBA}warehouse = "duckdb:///{small_once.warehouse}"\n{text}')
    complaint = empty.run_within("plan", code=2).complaint
    for words in (*said, str(file)):
        assert words in complaint, complaint


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("GAPLESS_WORKERS", "lots", ("workers", "'lots'", "at least 1")),
        ("GAPLESS_NOW", "later", ("now", "'later'")),
        ("GAPLESS_WAREHOUSE", "postgres://x", ("warehouse", "postgres://x", "duckdb:///")),
        ("GAPLESS_PIPELINE", "nbaa", ("pipeline", "'nbaa'", "Did you mean 'nba'?")),
        ("GAPLESS_MEMORY_LIMIT", "lots", ("memory_limit", "lots")),
        ("GAPLESS_THRESHOLDS", "coverage=0.9", ("coverage=0.9", "schema.table.threshold")),
    ],
)
def test_a_wrong_value_in_a_variable_is_named_with_the_variable(
    small_once: Place, variable: str, value: str, said: tuple[str, ...]
) -> None:
    complaint = small_once.run_within("plan", code=2, **{variable: value}).complaint
    for words in (*said, f"environment variable {variable}"):
        assert words in complaint, complaint


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--now", "later"),
        ("--warehouse", "postgres://x"),
        ("--pipeline", "nbaa"),
        ("--memory-limit", "lots"),
        ("--threshold", "precompute.player_composite_factors.coverage=2"),
    ],
)
def test_a_wrong_value_in_a_flag_is_named_with_the_flag(
    small_once: Place, flag: str, value: str
) -> None:
    complaint = small_once.run_within("plan", flag, value, code=2).complaint
    assert flag in complaint
    assert value.rpartition("=")[2] in complaint


@pytest.mark.parametrize(
    "content",
    [b"pipeline = \n", b"\xff\xfe\x00", b'pipeline = "nba\n'],
    ids=["no value", "not text", "no closing quote"],
)
def test_a_corrupt_configuration_is_named_and_nothing_is_guessed(
    empty: Place, content: bytes
) -> None:
    file = empty.folder / "gapless.toml"
    file.write_bytes(content)
    complaint = empty.run("backfill", code=2).complaint
    assert str(file) in complaint
    assert "TOML" in complaint
    assert list(empty.folder.iterdir()) == [file]


# A user's own pipeline


OWN = """\
from gapless import Gate, Pipeline, at_least, keys_of, same_date

pipeline = Pipeline("shops", partition="day", timezone="UTC", version="1")
hours = pipeline.source(
    "raw.opening_hours",
    key="shop_id",
    columns={"day": "DATE", "season": "VARCHAR", "shop_id": "INTEGER", "name": "VARCHAR"},
    trusted=True,
)
pipeline.calendar(hours, season="season", unit="shop")
sales = pipeline.source(
    "raw.sales",
    key="shop_id",
    columns={"day": "DATE", "shop_id": "INTEGER", "amount": "DOUBLE"},
)
pipeline.derived(
    "mart.daily_sales",
    key="shop_id",
    label="name",
    sql="SELECT o.day, o.shop_id, o.name, s.amount FROM opening_hours AS o "
    "JOIN sales AS s USING (day, shop_id)",
    inputs={"opening_hours": same_date(hours), "sales": same_date(sales)},
    expected=keys_of(hours, label="name"),
    gate=Gate(coverage=1.0, required=("amount",), rules=(at_least("amount", 0),)),
)
"""


@pytest.fixture
def shops(empty: Place) -> Place:
    """A pipeline of one's own in the folder; on the second day one of two shops is silent."""
    (empty.folder / "my_pipeline.py").write_text(OWN, encoding="utf-8")
    data = empty.folder / "data"
    data.mkdir()
    days = ("2024-05-01", "2024-05-02")
    hours = [f"{day},2024,{shop},Shop {'AB'[shop]}" for day in days for shop in (0, 1)]
    (data / "opening_hours.csv").write_text("\n".join(["day,season,shop_id,name", *hours]))
    sold = ["2024-05-01,0,10.5", "2024-05-01,1,20", "2024-05-02,0,5"]
    (data / "sales.csv").write_text("\n".join(["day,shop_id,amount", *sold]))
    empty.run("init", "--pipeline", "my_pipeline.py:pipeline")
    empty.run("load", "--data", "data")
    return empty


def test_a_pipeline_of_ones_own_is_backfilled_gated_and_named_like_any_other(shops: Place) -> None:
    report = shops.json("backfill", code=1)
    assert {r["date"]: (r["outcome"], r["present"]) for r in report["results"]} == {
        "2024-05-01": ("published", 2),
        "2024-05-02": ("refused", 1),
    }
    assert "Shop B" in shops.run("status", code=1).text + str(report)
    story = shops.json("explain", "daily_sales", "2024-05-02", code=1)
    assert (story["table"], story["state"]) == ("mart.daily_sales", "missing")


def test_the_missing_sale_arrives_and_the_next_backfill_does_the_rest(shops: Place) -> None:
    shops.run("backfill", code=1)
    with (shops.folder / "data" / "sales.csv").open("a") as sales:
        sales.write("\n2024-05-02,1,7")
    shops.run("load", "--data", "data")
    report = shops.json("backfill")
    assert {r["date"]: r["outcome"] for r in report["results"]} == {
        "2024-05-01": "done",
        "2024-05-02": "published",
    }


BROKEN = {
    "no such file": ("nowhere.py:pipeline", "", ("no file", "nowhere.py")),
    "no such attribute": ("own.py:pipelin", OWN, ("pipelin", "Did you mean 'pipeline'?")),
    "no pipeline": ("own.py:hours", OWN, ("hours", "is no pipeline")),
    "a syntax error": ("own.py:pipeline", "def (", ("SyntaxError", "own.py")),
    "a missing module": ("own.py:pipeline", "import no_such_module", ("no_such_module",)),
    "an error of its own": ("own.py:pipeline", "1 / 0", ("ZeroDivisionError",)),
    "an unknown input": (
        "own.py:pipeline",
        OWN.replace("JOIN sales AS s", "JOIN sale AS s"),
        ("mart.daily_sales", "sale"),
    ),
    "a module that is not there": ("no_such_module:pipeline", "", ("no_such_module",)),
}


@pytest.mark.parametrize(("reference", "text", "said"), BROKEN.values(), ids=BROKEN)
def test_a_pipeline_that_cannot_be_used_is_a_usage_error_with_its_reason(
    small_once: Place, empty: Place, reference: str, text: str, said: tuple[str, ...]
) -> None:
    if text:
        (empty.folder / "own.py").write_text(text, encoding="utf-8")
    warehouse = f"duckdb:///{small_once.warehouse}"
    answer = empty.run("plan", "--pipeline", reference, "--warehouse", warehouse, code=2)
    for words in said:
        assert words in answer.complaint, answer.complaint
