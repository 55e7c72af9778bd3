"""What was removed, and where it was saved, belongs to the story of its date."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapless.ledger.cleanings import Fate
from gapless.report.explain import story_data
from gapless.verbs.explain import Story, explain
from support.offers import LIVING, OFFERS, STALE, cleaned, opened, restored, with_offers
from support.shopkeeper import Shopkeeper, day


@pytest.fixture
def shop(pristine: Shopkeeper, tmp_path: Path) -> Shopkeeper:
    return with_offers(pristine.copy(tmp_path / "shop"))


def story(shop: Shopkeeper, number: int) -> Story:
    with opened(shop) as workspace:
        return explain(workspace, OFFERS, day(number))


def test_a_date_says_which_backup_its_rows_went_to(shop: Shopkeeper) -> None:
    number = min(STALE)
    [one] = [one for one in cleaned(shop).partitions if one.partition == day(number)]
    [removed] = story(shop, number).cleaned
    assert (removed.fate, removed.rows, removed.backup_id) == (Fate.DELETED, 9, one.backup_id)
    [told] = story_data(story(shop, number))["cleaned"]
    assert (told["fate"], told["rows"], told["backup"]) == ("deleted", 9, one.backup_id)


def test_rows_that_were_brought_back_say_so(shop: Shopkeeper) -> None:
    number = min(STALE)
    cleaned(shop)
    restored(shop, number)
    assert [one.fate for one in story(shop, number).cleaned] == [Fate.DELETED, Fate.RESTORED]


def test_a_date_that_was_only_looked_at_has_nothing_to_tell(shop: Shopkeeper) -> None:
    cleaned(shop)
    assert story(shop, min(LIVING)).cleaned == ()
