"""Every state of a partition follows from rows, publications and calendar, with its reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from gapless import (
    Pipeline,
    check,
    expected_by_path,
    history,
    keys_of,
    same_date,
    season_to_date,
)
from gapless.declare.tables import Source
from gapless.plan.states import SETTLED, Standing, State
from support.shop import insert_fast_feed, shop_pipeline
from support.shop_look import COMPLETE_FEED, DAILY_SUMMARY, SHOP_DAYS, Look, day
from support.shopkeeper import checked, every_row, gated, one_table_pipeline, redefined

SALES = "raw.sales"
HOURS = shop_pipeline().tables["raw.opening_hours"]
SALES_TABLE = shop_pipeline().tables[SALES]
BEFORE_DAY_5 = datetime(2024, 1, 5, 12, tzinfo=UTC)
"""Day 4 is today: it and the later ones are still to come."""


def requiring(sql: str, *, blocking: bool = True) -> Pipeline:
    """Declare the shop with another check of its sales."""
    pipeline = shop_pipeline()
    sales = pipeline.tables[SALES]
    assert isinstance(sales, Source)
    pipeline.require(sales, check("asked", sql, {"sales": same_date(sales)}, blocking=blocking))
    return pipeline


class TestSources:
    def test_complete(self, fresh: Look) -> None:
        """A source whose checks are all right is complete."""
        standing = fresh.standings().of(SALES, day(0))
        assert (standing.state, standing.reason) == (State.COMPLETE, "all checks right")
        assert standing.rows == 9

    def test_trusted(self, fresh: Look) -> None:
        """A trusted source with rows is complete on trust."""
        standing = fresh.standings().of("raw.opening_hours", day(0))
        assert (standing.state, standing.reason) == (State.COMPLETE, "trusted")

    def test_missing(self, fresh: Look) -> None:
        """A scheduled date without rows is missing, whatever its checks would say of nothing."""
        fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}'")
        standing = fresh.standings().of(SALES, day(2))
        assert standing.state is State.MISSING
        assert standing.reason == "no rows, although 10 shops are scheduled"

    def test_partial(self, fresh: Look) -> None:
        """A source that a check finds wrong is partial, and says what the check found."""
        fresh.change(f"UPDATE raw.sales SET closed = FALSE WHERE day = '{day(2)}' AND shop_id = 4")
        standing = fresh.standings().of(SALES, day(2))
        assert standing.state is State.PARTIAL
        assert standing.reason == "till_closed: 1 of 1: 9 sales: a till is still open"

    def test_check_that_examined_nothing(self, fresh: Look) -> None:
        """A check that says nothing of a date leaves it unknown."""
        sql = "SELECT day, shop_id AS entity, TRUE AS ok, '' AS detail FROM sales WHERE amount < 0"
        standing = fresh.using(requiring(sql)).standings().of(SALES, day(2))
        assert (standing.state, standing.reason) == (
            State.UNKNOWN,
            "check asked examined nothing",
        )

    def test_check_that_cannot_be_evaluated(self, fresh: Look) -> None:
        """A check that fails to run leaves its dates unknown, and says why."""
        sql = "SELECT day, shop_id AS entity, no_such_column AS ok, '' AS detail FROM sales"
        standing = fresh.using(requiring(sql)).standings().of(SALES, day(2))
        assert standing.state is State.UNKNOWN
        assert "no_such_column" in standing.reason

    def test_known_fact(self, fresh: Look) -> None:
        """A check that blocks nothing leaves a date complete, with the fact."""
        sql = "SELECT day, 'all' AS entity, FALSE AS ok, 'no card sales' AS detail FROM sales"
        standing = fresh.using(requiring(sql, blocking=False)).standings().of(SALES, day(2))
        assert standing.state is State.COMPLETE
        assert standing.reason == "known fact: all: no card sales"

    def test_still_to_come(self, fresh: Look) -> None:
        """Before a date has been played out nothing is expected of a source."""
        standings = fresh.at(BEFORE_DAY_5).standings(dates=[day(4)])
        assert standings.of(SALES, day(4)).state is State.NOTHING_EXPECTED
        assert standings.of("raw.opening_hours", day(4)).state is State.COMPLETE


class TestComplete:
    def test_published_and_unchanged(self, done: Look) -> None:
        """A published partition whose rows and inputs are those of its publication is complete."""
        standing = done.standing(SHOP_DAYS, 2)
        assert standing == Standing(
            SHOP_DAYS,
            day(2),
            State.COMPLETE,
            "9 of 9 (100 %)",
            expected=9,
            present=9,
            rows=9,
            version=1,
        )

    def test_everything(self, done: Look) -> None:
        """After a run over sound data only warm-up and the closed day are not complete."""
        standings = done.standings()
        states = {
            (table, number): standings.of(table, day(number)).state
            for table in (SHOP_DAYS, DAILY_SUMMARY)
            for number in (0, 1, 2, 3, 6)
        }
        assert {where: state for where, state in states.items() if state is not State.COMPLETE} == {
            (SHOP_DAYS, 3): State.NOTHING_EXPECTED,
            (DAILY_SUMMARY, 3): State.NOTHING_EXPECTED,
            (DAILY_SUMMARY, 0): State.WARM_UP,
            (DAILY_SUMMARY, 1): State.WARM_UP,
        }

    def test_comment_in_the_definition(self, done: Look) -> None:
        """A change that changes no row leaves everything as it is."""
        pipeline = rewritten("SELECT s.day, ", "SELECT s.day,  -- the date\n")
        assert done.using(pipeline).standing(SHOP_DAYS, 2).state is State.COMPLETE


def rewritten(old: str, new: str) -> Pipeline:
    """Declare the shop with a changed statement of `shop_days`."""
    pipeline = shop_pipeline()
    text = pipeline.derived_table(SHOP_DAYS).statement.text
    assert old in text
    return redefined(pipeline, SHOP_DAYS, text.replace(old, new))


class TestMissing:
    def test_never_published(self, fresh: Look) -> None:
        """What was never published is missing."""
        standing = fresh.standing(SHOP_DAYS, 2)
        assert (standing.state, standing.reason) == (State.MISSING, "never published")
        assert (standing.expected, standing.version) == (None, None)

    def test_rows_gone(self, done: Look) -> None:
        """A publication whose rows are gone is missing, whatever its record says."""
        standing = done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = '{day(2)}'").standing(
            SHOP_DAYS, 2
        )
        assert (standing.state, standing.reason) == (
            State.MISSING,
            "its 9 published rows are gone",
        )


class TestPartial:
    def test_rows_without_a_publication(self, done: Look) -> None:
        """Rows that nobody published are not done, however many they are."""
        done.change(
            f"DELETE FROM gapless.publications WHERE table_name = '{SHOP_DAYS}' "
            f"AND partition_date = '{day(2)}'"
        )
        standing = done.standing(SHOP_DAYS, 2)
        assert standing.state is State.PARTIAL
        assert standing.reason == "9 rows that no publication accounts for"

    def test_rows_missing(self, done: Look) -> None:
        """Rows deleted behind the publication are missed, key by key."""
        done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = '{day(2)}' AND shop_id < 3")
        standing = done.standing(SHOP_DAYS, 2)
        assert (standing.state, standing.expected, standing.present) == (State.PARTIAL, 9, 7)
        assert standing.reason.startswith(
            "rows were changed behind publication v1: coverage: 7 of 9 (77.8 %)"
        )

    def test_gate_raised(self, fresh: Look) -> None:
        """A gate that was raised since is applied to the rows that are there."""
        fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}' AND shop_id = 1")
        fresh.using(shop_pipeline(coverage=0.5)).backfill(SHOP_DAYS, dates=[day(2)])
        standing = fresh.standing(SHOP_DAYS, 2)
        assert standing.state is State.PARTIAL
        assert standing.reason == (
            "its gate changed since it was published: coverage: 8 of 9 (88.9 %), expected at least "
            "90 % of the expected keys"
        )

    def test_check_added(self, done: Look) -> None:
        """A check that was added since is made of the rows that are there."""
        pipeline = checked(shop_pipeline(), SHOP_DAYS, every_row("honest", "FALSE"))
        standing = done.using(pipeline).standing(SHOP_DAYS, 2)
        assert standing.state is State.PARTIAL
        assert "honest: 9 of 9 wrong" in standing.reason

    def test_gate_changed_and_passed(self, done: Look) -> None:
        """A gate that changed and is passed all the same leaves the partition complete."""
        changed = done.using(shop_pipeline(coverage=0.95, group_coverage=0.9))
        assert changed.standing(SHOP_DAYS, 2).state is State.COMPLETE


class TestStale:
    def test_value_changed_behind(self, done: Look) -> None:
        """A value changed behind a publication makes it stale, although every key is there."""
        done.change(f"UPDATE {SHOP_DAYS} SET amount = 1 WHERE day = '{day(2)}' AND shop_id = 3")
        standing = done.standing(SHOP_DAYS, 2)
        assert (standing.state, standing.reason) == (
            State.STALE,
            "rows were changed behind publication v1",
        )

    def test_input_changed(self, done: Look) -> None:
        """A change of an input makes exactly the partitions stale that read it."""
        done.change(f"UPDATE raw.sales SET amount = 1 WHERE day = '{day(2)}' AND shop_id = 3")
        standings = done.standings()
        assert standings.of(SHOP_DAYS, day(2)).state is State.STALE
        assert "its inputs changed" in standings.of(SHOP_DAYS, day(2)).reason
        assert standings.of(SHOP_DAYS, day(4)).state is State.COMPLETE

    def test_history_changed(self, done: Look) -> None:
        """A change of a date makes the partitions stale whose windows hold it, and blocks none."""
        done.change(f"UPDATE {SHOP_DAYS} SET amount = 1 WHERE day = '{day(4)}' AND shop_id = 3")
        done.change(
            "UPDATE gapless.publications SET content = "
            "(SELECT (sum(hash(amount, day, name, region, shop_id)) % 18446744073709551616)"
            f"::UBIGINT FROM {SHOP_DAYS} WHERE day = '{day(4)}') "
            f"WHERE table_name = '{SHOP_DAYS}' AND partition_date = '{day(4)}'"
        )
        standings = done.standings()
        assert standings.of(SHOP_DAYS, day(4)).state is State.COMPLETE
        assert {
            number: standings.of(DAILY_SUMMARY, day(number)).state for number in (2, 4, 5, 6)
        } == {2: State.COMPLETE, 4: State.STALE, 5: State.STALE, 6: State.STALE}

    def test_definition_changed(self, done: Look) -> None:
        """Another statement makes every partition of its table stale."""
        pipeline = rewritten("WHERE NOT o.closed_for_good", "WHERE shop_id <> 10")
        standings = done.using(pipeline).standings()
        assert {standings.of(SHOP_DAYS, day(number)).reason for number in (0, 2, 6)} == {
            "its definition changed (statement) since it was published"
        }
        assert standings.of(SHOP_DAYS, day(2)).state is State.STALE

    @pytest.mark.parametrize(
        ("changed", "parts"),
        [
            ({"expected": keys_of(HOURS, label="name")}, "expected set"),
            ({"inputs": {"sales": same_date(SALES_TABLE, ["amount"])}}, "inputs"),
        ],
    )
    def test_part_of_the_definition(self, fresh: Look, changed: dict[str, Any], parts: str) -> None:
        """It is said which part of a definition changed."""
        fresh.using(one_table_pipeline()).backfill()
        standing = fresh.using(one_table_pipeline(**changed)).standing(SHOP_DAYS, 2)
        assert standing.reason == f"its definition changed ({parts}) since it was published"

    def test_played_out_since(self, fresh: Look) -> None:
        """What was published of a date to come is stale by the passing of time, and says so."""
        text = shop_pipeline().derived_table(SHOP_DAYS).statement.text
        pipeline = redefined(shop_pipeline(), SHOP_DAYS, text)
        hours = pipeline.tables["raw.opening_hours"]
        pipeline.derived(
            "mart.roster",
            key="shop_id",
            sql="SELECT day, shop_id FROM hours",
            inputs={"hours": same_date(hours)},
            expected=expected_by_path(
                historical=keys_of(hours), upcoming=keys_of(hours, label="name")
            ),
        )
        shop = fresh.using(pipeline)
        shop.at(BEFORE_DAY_5).backfill("mart.roster", dates=[day(5)])
        assert shop.standing("mart.roster", 5).reason == (
            "its definition changed (published while the date was upcoming) since it was published"
        )

    def test_it_names_the_inputs_that_changed(self, done: Look) -> None:
        """Of several inputs those are named that hold something else now."""
        done.change(f"UPDATE raw.sales SET amount = 1 WHERE day = '{day(2)}' AND shop_id = 3")
        assert done.standing(SHOP_DAYS, 2).reason == (
            "its inputs changed (raw.sales) since it was published"
        )
        done.change(f"UPDATE raw.opening_hours SET name = 'x' WHERE day = '{day(2)}'")
        assert done.standing(SHOP_DAYS, 2).reason == (
            "its inputs changed (raw.sales, raw.opening_hours) since it was published"
        )

    def test_it_names_the_season(self, done: Look) -> None:
        """A season that turns out to have begun elsewhere changes windows, and no table."""
        done.change(f"UPDATE raw.opening_hours SET season = '2023' WHERE day = '{day(0)}'")
        reason = done.standing(DAILY_SUMMARY, 4).reason
        assert "the start of its season" in reason

    def test_publication_of_before_inputs_were_named(self, done: Look) -> None:
        """A publication that did not keep what it read is judged all the same."""
        done.change(
            "UPDATE gapless.publications SET evidence = "
            'json_merge_patch(evidence, \'{"inputs": null, "definition": null}\')',
            f"UPDATE raw.sales SET amount = 1 WHERE day = '{day(2)}' AND shop_id = 3",
        )
        assert done.standing(SHOP_DAYS, 2).reason == "its inputs changed since it was published"
        assert done.standing(SHOP_DAYS, 4).state is State.COMPLETE
        pipeline = rewritten("WHERE NOT o.closed_for_good", "WHERE shop_id <> 10")
        assert done.using(pipeline).standing(SHOP_DAYS, 4).reason == (
            "its definition changed since it was published"
        )

    def test_required_column_added(self, done: Look) -> None:
        """A new column that the gate requires at once makes stale what was published without it."""
        pipeline = rewritten("s.amount FROM", "s.amount, 'till' AS origin FROM")
        pipeline = gated(pipeline, SHOP_DAYS, required=("amount", "origin"))
        standing = done.using(pipeline).standing(SHOP_DAYS, 2)
        assert standing.state is State.STALE

    def test_passed_over_source(self, done: Look) -> None:
        """A source that fed nothing may change: those that fed a partition count."""
        done.change(*insert_fast_feed(day(4), [1]))
        assert done.standing(DAILY_SUMMARY, 4).state is State.COMPLETE


class TestWaived:
    def test_on_somebodys_word(self, fresh: Look) -> None:
        """What was published below its gate stays waived, with the reason given."""
        fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}' AND shop_id < 4")
        fresh.backfill(SHOP_DAYS, dates=[day(2)], force="the tills burnt down")
        standing = fresh.standing(SHOP_DAYS, 2)
        assert standing.state is State.WAIVED
        assert standing.reason == "waived: the tills burnt down"
        assert (standing.expected, standing.present) == (9, 6)
        assert not standing.outdated

    def test_worth_another_try(self, fresh: Look) -> None:
        """A waived partition whose inputs changed since is worth another try."""
        fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}' AND shop_id < 4")
        fresh.backfill(SHOP_DAYS, dates=[day(2)], force="the tills burnt down")
        fresh.change(f"INSERT INTO raw.sales VALUES ('{day(2)}', 1, 5.0, TRUE)")
        standing = fresh.standing(SHOP_DAYS, 2)
        assert (standing.state, standing.outdated) == (State.WAIVED, True)

    def test_published_without_rows(self, fresh: Look) -> None:
        """What is computed after a date that was waived without rows is not stale at once."""
        fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}'")
        fresh.backfill(dates=[day(0), day(1), day(2), day(4)], force="the tills burnt down")
        standings = fresh.standings()
        assert standings.of(SHOP_DAYS, day(2)).state is State.WAIVED
        assert standings.of(DAILY_SUMMARY, day(4)).state in (State.COMPLETE, State.WAIVED)


class TestNothingExpected:
    def test_warm_up(self, fresh: Look) -> None:
        """The first days of a season are warm-up, and say from when on something is expected."""
        standing = fresh.standing(DAILY_SUMMARY, 1)
        assert standing.state is State.WARM_UP
        assert standing.reason == "day 1 of the season; expected from day 2 on"
        assert fresh.standing(DAILY_SUMMARY, 2).state is not State.WARM_UP

    def test_closed_day(self, fresh: Look) -> None:
        """A day on which the calendar has nothing is proved empty, by its neighbours."""
        standing = fresh.standing(SHOP_DAYS, 3)
        assert standing.state is State.NOTHING_EXPECTED
        assert standing.reason == f"no shops scheduled between {day(2)} and {day(4)}"

    def test_rows_on_a_closed_day(self, done: Look) -> None:
        """Rows on a day on which nothing was due are not nothing: they would feed windows."""
        done.change(f"INSERT INTO {SHOP_DAYS} SELECT '{day(3)}', * EXCLUDE day FROM {SHOP_DAYS}")
        assert done.standing(SHOP_DAYS, 3).state is State.PARTIAL


class TestUnknown:
    @pytest.mark.parametrize("number", [-1, 7, 400])
    def test_outside_the_calendar(self, done: Look, number: int) -> None:
        """Beyond the calendar nothing can be said, neither that something was due nor that not."""
        standing = done.standings().of(SHOP_DAYS, day(number))
        assert standing.state is State.UNKNOWN
        assert standing.reason == f"the calendar knows only {day(0)} … {day(6)}"

    def test_check_that_cannot_be_evaluated(self, done: Look) -> None:
        """A gate that cannot be applied to the published rows leaves their state open."""
        pipeline = checked(shop_pipeline(), SHOP_DAYS, every_row("honest", "no_such_column"))
        standing = done.using(pipeline).standing(SHOP_DAYS, 2)
        assert standing.state is State.UNKNOWN
        assert "no_such_column" in standing.reason


class TestBlocked:
    def test_input_not_complete(self, fresh: Look) -> None:
        """A partition whose input is not complete is blocked, and names the first cause."""
        fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}'")
        standings = fresh.standings()
        near = standings.of(SHOP_DAYS, day(2))
        far = standings.of(COMPLETE_FEED, day(2))
        assert (near.state, far.state) == (State.BLOCKED, State.BLOCKED)
        assert near.cause == far.cause == (SALES, day(2))
        assert near.reason == (
            f"raw.sales of {day(2)} is missing: no rows, although 10 shops are scheduled"
        )

    def test_hole_in_the_history(self, done: Look) -> None:
        """A hole in a window blocks the dates whose windows hold it, the oldest hole first."""
        done.change(f"DELETE FROM {SHOP_DAYS} WHERE day IN ('{day(2)}', '{day(4)}')")
        done.change(f"DELETE FROM {DAILY_SUMMARY}")
        standing = done.standing(DAILY_SUMMARY, 5)
        assert standing.state is State.BLOCKED
        assert standing.cause == (SHOP_DAYS, day(2))

    def test_history_ends_the_day_before(self, done: Look) -> None:
        """A table that reads only the past of another is not blocked by the date itself."""
        pipeline = shop_pipeline()
        past = history(pipeline.tables[SHOP_DAYS], season_to_date())
        hours = pipeline.tables["raw.opening_hours"]
        pipeline.derived(
            "mart.memory",
            key="shop_id",
            sql="SELECT day, shop_id FROM past",
            inputs={"past": past},
            expected=keys_of(hours),
        )
        done.change(f"DELETE FROM {SHOP_DAYS} WHERE day = '{day(4)}'")
        standings = done.using(pipeline).standings()
        assert standings.of("mart.memory", day(4)).state is State.MISSING
        assert standings.of("mart.memory", day(5)).state is State.BLOCKED

    def test_unknown_input(self, fresh: Look) -> None:
        """An input of which nothing is known blocks like one that is missing."""
        sql = "SELECT day, 1 AS entity, no_such_column AS ok, '' AS detail FROM sales"
        assert fresh.using(requiring(sql)).standing(SHOP_DAYS, 2).state is State.BLOCKED

    def test_resting_on_what_is_not_complete(self, done: Look) -> None:
        """What is published and unchanged is not complete while an input of it is not."""
        sql = "SELECT day, 1 AS entity, no_such_column AS ok, '' AS detail FROM sales"
        standing = done.using(requiring(sql)).standing(SHOP_DAYS, 2)
        assert (standing.state, standing.cause) == (State.BLOCKED, (SALES, day(2)))
        assert standing.reason.startswith(f"rests on {SALES} of {day(2)}, which is unknown: ")
        assert (standing.inherited, standing.version, standing.present) == (True, 1, 9)

    def test_worse_than_stale(self, done: Look) -> None:
        """Where one input is stale and another not complete, no computing settles it: blocked."""
        done.change(f"UPDATE raw.sales SET amount = 1 WHERE day = '{day(2)}' AND shop_id = 3")
        assert done.standing(DAILY_SUMMARY, 5).state is State.STALE
        done.change(f"DELETE FROM raw.sales WHERE day = '{day(4)}'")
        standing = done.standing(DAILY_SUMMARY, 5)
        assert (standing.state, standing.cause) == (State.BLOCKED, (SALES, day(4)))


class TestInherited:
    """Stale, or blocked, because of something further up than its own inputs."""

    def test_everything_further_down_is_stale(self, done: Look) -> None:
        """A change flows on to the end, and no further than the windows reach."""
        standings = changed_on_day_4(done).standings()
        assert standings.of(SHOP_DAYS, day(4)).inherited is False
        states = {
            (table, number): standings.of(table, day(number)).state
            for table in (COMPLETE_FEED, DAILY_SUMMARY)
            for number in (2, 4, 5, 6)
        }
        assert {where for where, state in states.items() if state is not State.COMPLETE} == {
            (COMPLETE_FEED, 4),
            *((DAILY_SUMMARY, number) for number in (4, 5, 6)),
        }
        assert set(states.values()) == {State.COMPLETE, State.STALE}

    def test_it_names_the_root(self, done: Look) -> None:
        """However far up it is, the first partition that is not right itself is the cause."""
        standing = changed_on_day_4(done).standing(DAILY_SUMMARY, 5)
        assert (standing.inherited, standing.cause) == (True, (SHOP_DAYS, day(4)))
        assert standing.reason.startswith(
            f"rests on {SHOP_DAYS} of {day(4)}, which is stale: its inputs changed"
        )

    def test_own_change_and_one_further_up(self, done: Look) -> None:
        """What has changed inputs of its own is stale by itself, and waits all the same."""
        doubled = redefined(
            shop_pipeline(), COMPLETE_FEED, "SELECT day, shop_id, region, 1.0 AS amount FROM days"
        )
        text = doubled.derived_table(COMPLETE_FEED).statement.text.replace("days", "shop_days")
        shop = changed_on_day_4(done).using(redefined(doubled, COMPLETE_FEED, text))
        standing = shop.standing(COMPLETE_FEED, 4)
        assert (standing.state, standing.inherited) == (State.STALE, False)
        assert standing.cause == (SHOP_DAYS, day(4))
        assert "definition changed" in standing.reason

    def test_the_source_that_fed_it(self, done: Look) -> None:
        """A source that was chosen counts like any other input, as long as it is there."""
        shop = done.using(with_feed_redefined())
        standing = shop.standing(DAILY_SUMMARY, 5)
        assert (standing.state, standing.cause) == (State.STALE, (COMPLETE_FEED, day(5)))

    def test_the_source_that_was_cleaned_away(self, done: Look) -> None:
        """A source that retention took since makes nothing stale that it fed."""
        done.change(f"DELETE FROM {COMPLETE_FEED} WHERE day = '{day(5)}'")
        shop = done.using(with_feed_redefined())
        assert shop.standing(DAILY_SUMMARY, 5).state is State.COMPLETE

    def test_a_waiver_stands(self, fresh: Look) -> None:
        """What was published on somebody's word stays so, but what it was made from is outdated."""
        waived_summary(fresh)
        changed_on_day_4(fresh)
        standing = fresh.standing(DAILY_SUMMARY, 5)
        assert (standing.state, standing.outdated) == (State.WAIVED, True)
        assert standing.inherited
        assert f"rests on {SHOP_DAYS} of {day(4)}" in standing.reason

    def test_a_waiver_for_the_input_itself(self, fresh: Look) -> None:
        """Where the incomplete input is what was waived, nothing has happened since."""
        fresh.change(f"DELETE FROM raw.sales WHERE day = '{day(2)}'")
        fresh.backfill(SHOP_DAYS, dates=[day(2)], force="the tills burnt down")
        standing = fresh.standing(SHOP_DAYS, 2)
        assert (standing.state, standing.outdated) == (State.WAIVED, False)
        assert standing.cause is None


def changed_on_day_4(shop: Look) -> Look:
    """Change one sale."""
    return shop.change(f"UPDATE raw.sales SET amount = 1 WHERE day = '{day(4)}' AND shop_id = 3")


def with_feed_redefined() -> Pipeline:
    """Declare the shop with another statement of the feed that is always chosen."""
    pipeline = shop_pipeline()
    text = pipeline.derived_table(COMPLETE_FEED).statement.text
    return redefined(pipeline, COMPLETE_FEED, text.replace("amount,", "amount + 0 AS amount,"))


def waived_summary(shop: Look) -> None:
    """Publish everything, one summary of it without a shop whose sales were too high."""
    shop.change(f"UPDATE raw.sales SET amount = 2000000 WHERE day = '{day(5)}' AND shop_id = 1")
    shop.backfill()
    shop.backfill(DAILY_SUMMARY, dates=[day(5)], force="they did sell that much")


@pytest.mark.parametrize("state", list(State))
def test_settled(state: State) -> None:
    """Exactly four states let a downstream partition proceed."""
    standing = Standing(SHOP_DAYS, date(2024, 1, 1), state, "")
    assert standing.settled == (state in SETTLED)
    assert {
        State.COMPLETE,
        State.WAIVED,
        State.NOTHING_EXPECTED,
        State.WARM_UP,
    } == SETTLED
