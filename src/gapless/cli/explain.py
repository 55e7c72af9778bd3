"""`gapless explain`: tell the story of one partition."""

from __future__ import annotations

from gapless.cli.options import SITE, Site
from gapless.cli.output import show, show_json
from gapless.partitions import parse_date
from gapless.plan.states import State
from gapless.report.explain import story_data, story_text
from gapless.verbs.explain import explain as explain_verb


def explain(table: str, date: str, /, *, site: Site = SITE) -> int:
    """Tell the story of one partition: calendar, expected set, sources, attempts, what to do next.

    Parameters
    ----------
    table
        Full or short name.
    date
        YYYY-MM-DD.
    """
    day = parse_date(date)
    with site.workspace() as workspace:
        story = explain_verb(workspace, table, day)
    if site.json:
        show_json(story_data(story))
    else:
        show(story_text(story))
    if story.standing.state is State.UNKNOWN:
        return 4
    return 0 if story.standing.settled else 1
