"""Blame: who wrote the rows of a partition, and whether they are still those."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gapless.report.blame import blame_text
from gapless.report.explain import story_data, story_text
from gapless.verbs.blame import Blame
from gapless.verbs.blame import blame as blame_verb
from gapless.verbs.explain import explain
from support.shop import shop_pipeline
from support.shopkeeper import (
    COMPLETE_FEED,
    DAILY_SUMMARY,
    SHOP_DAYS,
    Shopkeeper,
    day,
    redefined,
    sql,
)
from support.spoken import spoken


def blame(keeper: Shopkeeper, table: str = SHOP_DAYS, number: int = 4) -> Blame:
    with keeper.opened() as workspace:
        return blame_verb(workspace, table, day(number))


def test_every_publication_with_its_run_and_what_it_changed(done: Shopkeeper) -> None:
    """Oldest first: everything gained, then a shop more and a corrected amount."""
    done.open_more(4, "north", 11)
    done.change(f"UPDATE raw.sales SET amount = 999 WHERE day = {sql(4)} AND shop_id = 3")
    done.backfill(SHOP_DAYS)
    found = blame(done)
    assert (found.exit_code, found.intact) == (0, True)
    first, second = found.chapters
    assert [c.publication.version for c in (first, second) if c.publication] == [1, 2]
    assert (first.why, second.why) == (
        "never published",
        "its inputs changed (raw.sales, raw.opening_hours) since it was published",
    )
    assert (first.state_before, second.state_before) == ("missing", "stale")
    text = spoken(blame_text(found))
    assert "9 gained" in text
    assert "1 gained: Shop 11 (11); 1 changed: Shop 03 (3)" in text
    assert "because: its inputs changed (raw.sales, raw.opening_hours)" in text
    assert f"run {second.run_id} by " in text
    assert "● live: 10 rows, those of v2" in text


def test_a_refused_attempt_stands_between_the_publications(done: Shopkeeper) -> None:
    done.lose_sales(4, 1, 2, 3)
    done.backfill(SHOP_DAYS)
    done.deliver_sales(4, 1, 2, 3)
    done.change(f"UPDATE raw.sales SET amount = 1 WHERE day = {sql(4)} AND shop_id = 5")
    done.backfill(SHOP_DAYS)
    chapters = blame(done).chapters
    assert [c.attempt.verdict.value for c in chapters if c.attempt] == [
        "published",
        "refused",
        "published",
    ]
    assert [c.publication is None for c in chapters] == [False, True, False]
    assert "refused 6/9 66.7 %" in spoken(blame_text(blame(done)))


def test_rows_changed_behind_the_publication_are_seen(done: Shopkeeper) -> None:
    """What is missing and what nobody expects is named as it is now."""
    done.change(
        f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)} AND shop_id IN (1, 2)",
        f"UPDATE {SHOP_DAYS} SET shop_id = 77, name = 'Stranger' "
        f"WHERE day = {sql(4)} AND shop_id = 3",
    )
    found = blame(done)
    assert (found.exit_code, found.intact, found.rows) == (1, False, 7)
    text = spoken(blame_text(found))
    assert "✗ live: 7 rows, 9 rows when v1 was published; they were changed behind" in text
    assert "3 missing: Shop 01 (1), Shop 02 (2), Shop 03 (3)" in text
    assert "1 unexpected: Stranger (77)" in text
    assert "gapless backfill shop_days --dates 2024-01-05" in text


def test_a_changed_value_is_seen(done: Shopkeeper) -> None:
    done.change(f"UPDATE {SHOP_DAYS} SET amount = 5 WHERE day = {sql(4)} AND shop_id = 1")
    found = blame(done)
    assert found.exit_code == 1
    assert "rows have other values" in spoken(blame_text(found))


def test_rows_that_are_gone_are_seen(done: Shopkeeper) -> None:
    done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = {sql(4)}")
    assert (blame(done).exit_code, blame(done).rows) == (1, 0)


def test_a_column_that_came_later_is_no_change(done: Shopkeeper) -> None:
    """Another date brought a column along; the rows of this one are as they were published."""
    wider = redefined(
        shop_pipeline(),
        COMPLETE_FEED,
        "SELECT day, shop_id, region, amount, 'complete' AS origin, 1 AS a_size FROM shop_days",
    )
    done.using(wider).backfill(COMPLETE_FEED, dates=[day(5)])
    assert blame(done, COMPLETE_FEED, 4).intact is True
    done.change(f"UPDATE {COMPLETE_FEED} SET amount = 5 WHERE day = {sql(4)} AND shop_id = 1")
    assert blame(done, COMPLETE_FEED, 4).intact is False


def test_nothing_published_is_exit_1(shop: Shopkeeper) -> None:
    found = blame(shop)
    assert (found.exit_code, found.intact) == (1, None)
    assert "Nothing was published. ○ no rows" in spoken(blame_text(found))


def test_a_table_that_is_loaded_says_so(done: Shopkeeper) -> None:
    found = blame(done, "raw.sales")
    assert (found.exit_code, found.chapters) == (0, ())
    text = spoken(blame_text(found))
    assert "It is loaded, not computed" in text
    assert "It holds 9 rows." in text
    assert "till_closed: 0 of 1 wrong" in text


def test_a_waiver_is_told(shop: Shopkeeper) -> None:
    shop.lose_sales(4, 1, 2, 3)
    shop.backfill(SHOP_DAYS, dates=[day(4)], force="the flood")
    text = spoken(blame_text(blame(shop)))
    assert ": the flood (coverage, group_coverage)" in text


def test_the_chosen_source_is_told(done: Shopkeeper) -> None:
    text = spoken(blame_text(blame(done, DAILY_SUMMARY)))
    assert "feed: fast_feed has no rows; complete_feed covers 9 of 9 (100 %)" in text


def test_without_the_ledger_the_publications_tell(done: Shopkeeper) -> None:
    """The warehouse keeps run, actor and code by itself; what the run was for is lost."""
    with done.opened() as workspace:
        found = blame_verb(replace(workspace, ledger=None), SHOP_DAYS, day(4))
    [chapter] = found.chapters
    assert (found.exit_code, chapter.why, chapter.run) == (0, "", None)
    assert chapter.publication is not None
    assert chapter.publication.run_id in spoken(blame_text(found))


def test_a_publication_from_before_differences_were_kept(done: Shopkeeper) -> None:
    done.change(
        'UPDATE gapless.publications SET evidence = \'{"path": "historical"}\' '
        f"WHERE table_name = '{SHOP_DAYS}'"
    )
    assert "what it changed was not recorded" in spoken(blame_text(blame(done)))


def test_data_are_json(done: Shopkeeper) -> None:
    done.lose_sales(4, 1, 2, 3)
    done.backfill(SHOP_DAYS)
    data = json.loads(json.dumps(blame(done).as_data()))
    first, second = data["chapters"]
    assert first["difference"] == {"gained": 9, "lost": 0, "changed": 0}
    assert (first["version"], first["verdict"], first["why"]) == (1, "published", "never published")
    assert (second["version"], second["verdict"], second["present"]) == (None, "refused", 6)


# -- Which run wrote these rows --------------------------------------------------------------


def test_explain_says_which_run_wrote_the_rows(done: Shopkeeper) -> None:
    with done.opened() as workspace:
        story = explain(workspace, SHOP_DAYS, day(4))
    run_id = story.publications[-1].run_id
    text = spoken(story_text(story))
    assert f"written by run {run_id} by " in text
    assert "on 2024-12-31 12:00 UTC, test: backfill" in text
    data = story_data(story)["written_by"]
    assert (data["run_id"], data["command"], data["version"]) == (run_id, "backfill", 1)


def test_explain_says_when_the_ledger_does_not_know_the_run(done: Shopkeeper) -> None:
    done.change("UPDATE gapless.publications SET run_id = 'elsewhere'")
    with done.opened() as workspace:
        story = explain(workspace, SHOP_DAYS, day(4))
    assert "run elsewhere by" in spoken(story_text(story))
    assert "which the ledger does not know" in spoken(story_text(story))


@pytest.mark.parametrize("table", [SHOP_DAYS, DAILY_SUMMARY])
def test_rows_join_to_the_publication_that_wrote_them(done: Shopkeeper, table: str) -> None:
    """Every row finds one publication, and it is the newest of its date."""
    done.change(f"UPDATE raw.sales SET amount = 1 WHERE day = {sql(4)} AND shop_id = 5")
    done.backfill()
    rows = done.rows(
        "SELECT r.day, r.shop_id, p.version FROM gapless.current_publications AS p "
        f"JOIN {table} AS r ON p.partition_date = r.day AND p.table_name = '{table}'"
    )
    assert len(rows) == len(done.table(table))
    assert {version for one, _, version in rows if one == day(4)} == {2}
    assert {version for one, _, version in rows if one == day(3)} == {1}
