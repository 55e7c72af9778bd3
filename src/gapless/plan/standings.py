"""Standings: the state of every partition, derived from a picture; a pure function of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from gapless.coverage import percent
from gapless.declare.calendar import DateFacts, DayKind
from gapless.declare.fingerprints import definition_hash, gate_hash
from gapless.declare.inputs import Choice, Read, reads_of
from gapless.declare.tables import Derived, Source, Table
from gapless.partitions import Path, path_of
from gapless.plan.contents import MODULUS, Held, Unsettled, mixed
from gapless.plan.doubts import Doubt, Doubts
from gapless.plan.picture import Picture
from gapless.plan.states import Standing, State
from gapless.warehouse.interface import Publication
from gapless.wording import plural

DEFINITION_CHANGED = "its definition changed"


@dataclass
class Standings:
    """The state of every partition that was looked at, in dependency order."""

    picture: Picture
    doubts: Doubts = field(default_factory=dict)
    """Published partitions that had to be measured again, and what that came to."""
    by_table: dict[str, dict[date, Standing]] = field(default_factory=dict)
    _unsettled: dict[str, Unsettled] = field(default_factory=dict, repr=False)
    _hashes: dict[tuple[str, Path], str] = field(default_factory=dict, repr=False)

    def of(self, table: str, day: date) -> Standing:
        """Return the standing of one partition, also on dates the calendar leaves empty."""
        found = self.by_table.get(table, {}).get(day)
        return found if found is not None else self._off_calendar(table, day)

    def put(self, table: str, standings: Mapping[date, Standing]) -> None:
        """Take over new standings of a table."""
        self.by_table.setdefault(table, {}).update(standings)
        self._unsettled.pop(table, None)

    def definition(self, table: Derived, path: Path) -> str:
        """Return the hash of a definition, computed once."""
        slot = (table.name, path)
        if slot not in self._hashes:
            self._hashes[slot] = definition_hash(table, path)
        return self._hashes[slot]

    def first_unsettled(self, read: Read, facts: DateFacts) -> date | None:
        """Return the oldest partition of a read that does not let its reader proceed."""
        name = read.table.name
        if read.window is None:
            return None if self.of(name, facts.day).settled else facts.day
        if name not in self._unsettled:
            days = self.by_table.get(name, {})
            self._unsettled[name] = Unsettled(
                day for day, standing in days.items() if not standing.settled
            )
        last = facts.day - timedelta(days=1)
        return self._unsettled[name].first_in(read.window.start(facts), last)

    def root_cause(self, table: str, day: date) -> Standing:
        """Follow what blocks a partition to the first one that is not merely blocked itself."""
        standing = self.of(table, day)
        return self.of(*standing.cause) if standing.cause is not None else standing

    def _off_calendar(self, table: str, day: date) -> Standing:
        calendar = self.picture.calendar
        why = calendar.why_empty(day)
        if calendar.kind(day) is DayKind.OUTSIDE:
            return Standing(table, day, State.UNKNOWN, why)
        return Standing(table, day, State.NOTHING_EXPECTED, why)


def derive_standings(picture: Picture, doubts: Doubts | None = None) -> Standings:
    """Derive the state of every partition of the picture.

    Args:
        picture: What the warehouse holds.
        doubts: Published partitions that were measured again.
    """
    standings = Standings(picture, doubts or {})
    for name, span in picture.needed.items():
        table = picture.pipeline.tables[name]
        if isinstance(table, Source):
            days = picture.calendar.between(span)
            standings.put(name, {day: source_standing(picture, table, day) for day in days})
            if not table.trusted:
                standings.put(name, _off_calendar_rows(standings, table))
    for table in picture.pipeline.derived_tables:
        if table.name in picture.needed:
            days = picture.calendar.between(picture.needed[table.name])
            derive_table(standings, table, days)
            standings.put(table.name, _off_calendar_rows(standings, table))
    return standings


def derive_table(standings: Standings, table: Derived, days: Sequence[date]) -> None:
    """Derive the states of some dates of one table; those of its inputs must be there already."""
    standings.put(table.name, {day: derived_standing(standings, table, day) for day in days})


def _off_calendar_rows(standings: Standings, table: Table) -> dict[date, Standing]:
    """Find rows on dates that the calendar proves empty, e.g. of a day that was moved.

    They would go on feeding history windows, so they are a state of their own, not nothing.
    """
    picture = standings.picture
    found = {}
    for day, held in picture.contents[table.name].held.items():
        if picture.calendar.kind(day) is DayKind.EMPTY:
            reason = (
                f"{picture.calendar.why_empty(day)}, but {held.rows} rows are there. If the date "
                f"was moved, remove them: DELETE FROM {table.name} "
                f"WHERE {picture.pipeline.partition} = DATE '{day}'"
            )
            found[day] = Standing(table.name, day, State.PARTIAL, reason, rows=held.rows)
    return found


def source_standing(picture: Picture, source: Source, day: date) -> Standing:
    """Say whether a loaded partition is complete, from its checks."""
    held = picture.contents[source.name].on(day)
    rows = held.rows if held else 0

    def standing(state: State, reason: str) -> Standing:
        return Standing(source.name, day, state, reason, rows=rows)

    if path_of(day, picture.today) is Path.UPCOMING and not source.trusted:
        return standing(State.NOTHING_EXPECTED, "not played yet")
    if not rows and not source.optional:
        unit = picture.calendar.unit
        units = picture.calendar.dates[day].units
        return standing(State.MISSING, f"no rows, although {units} {unit}s are scheduled")
    if source.name in picture.unchecked:
        reason = f"its checks could not be evaluated: {picture.unchecked[source.name]}"
        return standing(State.UNKNOWN, reason)
    outcomes = {found.name: found for found in picture.checked.get(source.name, {}).get(day, [])}
    for check in source.checks:
        outcome = outcomes.get(check.name)
        if check.blocking and (outcome is None or not outcome.examined):
            return standing(State.UNKNOWN, f"check {check.name} examined nothing")
        if outcome is not None and outcome.failed and check.blocking:
            reason = f"{check.name}: {outcome.failed} of {outcome.examined}: {outcome.detail}"
            return standing(State.PARTIAL, reason)
    facts = [found.detail for found in outcomes.values() if found.failed and found.detail]
    if facts:
        return standing(State.COMPLETE, f"known fact: {facts[0]}")
    if source.trusted:
        return standing(State.COMPLETE, "trusted")
    return standing(
        State.COMPLETE, "all checks right" if source.checks else "it has rows; no checks declared"
    )


def derived_standing(standings: Standings, table: Derived, day: date) -> Standing:
    """Derive the state of one partition of a computed table."""
    picture = standings.picture
    facts = picture.calendar.dates[day]
    path = path_of(day, picture.today)
    held = picture.contents[table.name].on(day)
    publication = picture.publications.get((table.name, day))
    quiet = _nothing_demanded(table, facts, path)
    if publication is None and quiet is not None:
        left = f"; it holds {plural(held.rows, 'row')} all the same" if held else ""
        return Standing(table.name, day, quiet[0], quiet[1] + left, rows=held.rows if held else 0)
    found = _published_standing(standings, table, facts, path)
    if found.settled:
        return found
    if path in table.on_request:
        reason = f"built for {path} dates only when asked for by name; {found.reason}"
        outdated = found.state is State.STALE and _holds_its_publication(standings, table, day)
        return replace(found, state=State.NOTHING_EXPECTED, reason=reason, outdated=outdated)
    return _blocked(standings, table, facts, path, found)


def _holds_its_publication(standings: Standings, table: Derived, day: date) -> bool:
    publication = standings.picture.publications.get((table.name, day))
    return publication is not None and standings.picture.holds(publication)


def _nothing_demanded(table: Derived, facts: DateFacts, path: Path) -> tuple[State, str] | None:
    if table.expected_on(path) is None:
        reason = "nothing can be expected before the date has been played out"
        if path is Path.HISTORICAL:
            reason = "nothing is demanded of past dates"
        return State.NOTHING_EXPECTED, reason
    if table.warm_up is not None and table.warm_up.holds(facts):
        reason = (
            f"day {facts.day_of_season} of the season; expected from day {table.warm_up.days} on"
        )
        return State.WARM_UP, reason
    if path in table.on_request:
        return State.NOTHING_EXPECTED, f"built for {path} dates only when asked for by name"
    return None


def _published_standing(
    standings: Standings,
    table: Derived,
    facts: DateFacts,
    path: Path,
) -> Standing:
    picture, day = standings.picture, facts.day
    held = picture.contents[table.name].on(day)
    publication = picture.publications.get((table.name, day))
    rows = held.rows if held else 0
    doubt = standings.doubts.get((table.name, day))
    if doubt is not None and (publication is None or publication.version != doubt.version):
        doubt = None
    coverage = doubt.coverage if doubt else None
    expected = coverage.expected if coverage else publication.expected if publication else None
    present = coverage.present if coverage else publication.present if publication else None
    if not rows and present is not None:
        present = 0

    def standing(state: State, reason: str) -> Standing:
        version = publication.version if publication else None
        return Standing(table.name, day, state, reason, expected, present, rows, version)

    intact = publication is not None and (
        picture.holds(publication) or _was_widened(standings, table, path, publication, rows)
    )
    wrong = _wrong_rows(held, publication, doubt, intact=intact)
    if wrong is not None:
        return standing(*wrong)
    assert publication is not None  # noqa: S101 - without one the rows are in doubt
    changed = _changed_since(standings, table, facts, path, publication)
    if publication.state == State.WAIVED:
        waiver = publication.evidence.get("waiver") or {}
        reason = f"waived: {waiver.get('reason', 'published below its gate')}"
        found = standing(State.WAIVED, f"{reason}; {changed} since" if changed else reason)
        return replace(found, outdated=changed is not None)
    if changed == DEFINITION_CHANGED:
        # A gate of the new definition may speak of columns that only new rows have.
        return standing(State.STALE, f"{changed} since it was published")
    if doubt is not None and doubt.failure is not None:
        state = State.UNKNOWN if doubt.unknown else State.PARTIAL
        return standing(state, f"its gate changed since it was published: {doubt.failure}")
    if changed is not None:
        return standing(State.STALE, f"{changed} since it was published")
    ratio = publication.present / publication.expected if publication.expected else None
    covered = f"{publication.present} of {publication.expected} ({percent(ratio)})"
    return standing(State.COMPLETE, covered)


def _changed_since(
    standings: Standings, table: Derived, facts: DateFacts, path: Path, publication: Publication
) -> str | None:
    """Say what a publication depends on has changed since; None when nothing has."""
    if publication.definition != standings.definition(table, path):
        return DEFINITION_CHANGED
    if publication.inputs != inputs_hash(standings, table, facts, path, publication):
        return "its inputs changed"
    return None


def _was_widened(
    standings: Standings, table: Derived, path: Path, publication: Publication, rows: int
) -> bool:
    """Tell whether a new definition has brought columns along that older rows do not have.

    Fingerprints cannot be compared then; the partition is stale by definition, not by tampering.
    """
    columns = publication.evidence.get("columns")
    now = len(standings.picture.catalog.get(table.name, ()))
    redefined = publication.definition != standings.definition(table, path)
    return redefined and columns is not None and now > columns and rows == publication.rows


def _wrong_rows(
    held: Held | None, publication: Publication | None, doubt: Doubt | None, *, intact: bool
) -> tuple[State, str] | None:
    """Say what is wrong with the rows themselves; None when they are those of the publication."""
    rows = held.rows if held else 0
    if publication is None:
        if not rows:
            return State.MISSING, "never published"
        return State.PARTIAL, f"{rows} rows that no publication accounts for"
    if publication.rows and not rows:
        return State.MISSING, f"its {publication.rows} published rows are gone"
    if not intact:
        changed = f"rows were changed behind publication v{publication.version}"
        if doubt is None or doubt.failure is None:
            return State.STALE, changed
        state = State.STALE if doubt.unknown else State.PARTIAL
        return state, f"{changed}: {doubt.failure}"
    return None


def _blocked(
    standings: Standings, table: Derived, facts: DateFacts, path: Path, found: Standing
) -> Standing:
    for read in table.reads_on(path):
        if not read.required:
            continue
        day = standings.first_unsettled(read, facts)
        if day is not None:
            root = standings.root_cause(read.table.name, day)
            reason = f"{root.table} of {root.partition} is {root.state}: {root.reason}"
            cause = (root.table, root.partition)
            return replace(found, state=State.BLOCKED, reason=reason, cause=cause)
    return found


def unfit_source(standings: Standings, source: Table, day: date) -> str | None:
    """Say why a source must not feed a partition whatever it holds; None when it may.

    A computed source has to be settled itself. One that is kept for past dates without being
    demanded may be partial, which is measured, but not made from inputs that have changed since.
    """
    if not isinstance(standings.picture.pipeline.tables[source.name], Derived):
        return None
    standing = standings.of(source.name, day)
    if standing.settled and not standing.outdated:
        return None
    return f"{standing.state}: {standing.reason}"


def inputs_hash(
    standings: Standings,
    table: Derived,
    facts: DateFacts,
    path: Path,
    publication: Publication | None = None,
    fed: Mapping[str, frozenset[str]] | None = None,
) -> str:
    """Hash what a partition reads: the contents of every input partition in its window.

    Args:
        standings: Holds the picture.
        table: The reader.
        facts: Its date.
        path: Its path.
        publication: For a published partition: whose evidence says which sources were chosen.
        fed: For a partition about to be published: input → the sources chosen.
    """
    total = mixed("season", facts.season, facts.season_start)
    for alias, given in table.inputs_on(path).items():
        if isinstance(given, Choice):
            total += _choice_digest(standings, given, alias, facts, publication, fed)
        for read in reads_of(given):
            if read.required:
                total += _read_digest(standings, read, facts)
    for read in table.expected_reads_on(path):
        total += _read_digest(standings, read, facts)
    return f"{total % MODULUS:016x}"


def _read_digest(standings: Standings, read: Read, facts: DateFacts) -> int:
    held = standings.picture.read_by(read)
    if read.window is None:
        return held.digest(facts.day, facts.day)
    return held.digest(read.window.start(facts), facts.day - timedelta(days=1))


def _choice_digest(
    standings: Standings,
    choice: Choice,
    alias: str,
    facts: DateFacts,
    publication: Publication | None,
    fed: Mapping[str, frozenset[str]] | None,
) -> int:
    """Hash the sources that fed a partition; one that retention took meanwhile, as it was then."""
    made = (publication.evidence.get("choices") or {}).get(alias, {}) if publication else {}
    recorded = made.get("contents", {})
    names = fed.get(alias, frozenset()) if fed is not None else frozenset(recorded)
    total = 0
    for source in choice.sources:
        if source.name not in names:
            continue
        held = standings.picture.contents[source.name].on(facts.day)
        if held is not None:
            total += mixed(source.name, facts.day, held.rows, held.content)
        elif source.name in recorded:
            total += mixed(source.name, facts.day, *recorded[source.name])
    return total


def gate_changed(table: Derived, publication: Publication) -> bool:
    """Tell whether the published rows were measured against another gate than today's."""
    return publication.gate != gate_hash(table.gate)
