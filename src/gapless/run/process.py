"""Processing one chunk to its end: every partition of it is published, refused or failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial

from gapless.choosing import ChoiceMade
from gapless.declare.gates import CHECK_INPUTS, CHECK_SOURCE
from gapless.errors import GaplessError, PartitionError, QueryFailed, WarehouseError
from gapless.ledger.interface import Attempt, Failure, Verdict
from gapless.partitions import DateRange
from gapless.plan.derive import unfit_source
from gapless.plan.reading import read_projections
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.plan.waivers import Permission, Waivers
from gapless.run.chunk import Audited, Chunk, StagedChunk, stage_chunk
from gapless.run.difference import Difference, differences
from gapless.run.failing import failures_of_error, failures_of_refused, failures_of_unfed
from gapless.run.frame import RunFrame
from gapless.run.leases import LeaseKeeper
from gapless.run.records import (
    audited_attempt,
    bare_attempt,
    held_of,
    passed_reason,
    publication_of,
    refusal_reason,
    rows_of,
    standing_of,
    waiver_for,
)
from gapless.run.retrying import retry_after
from gapless.verdicts import Outcome
from gapless.warehouse.interface import Publication, PublishRequest, QuarantineRequest, Warehouse

HALVINGS_AT_MOST = 64
"""How often a chunk is halved in search of the rows that poison it; then the rest fails with it."""


@dataclass
class ChunkResult:
    """What became of the partitions of a chunk."""

    table: str
    attempts: list[Attempt] = field(default_factory=list)
    choices: dict[date, tuple[ChoiceMade, ...]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: ChunkResult) -> None:
        """Take over the partitions of another part of the chunk."""
        self.attempts += other.attempts
        self.choices |= other.choices
        self.failures += other.failures


class ChunkProcess:
    """Takes chunks through their life on one session of the warehouse."""

    def __init__(
        self,
        session: Warehouse,
        frame: RunFrame,
        standings: Standings,
        leases: LeaseKeeper,
    ) -> None:
        self._warehouse = session
        self._frame = frame
        self._standings = standings
        self._leases = leases
        self._halvings = 0

    def run(self, chunk: Chunk) -> ChunkResult:
        """Stage, audit and publish a chunk; where one date poisons the others, halve it."""
        started = self._frame.clock.now()
        try:
            forced = [day for day in chunk.days if self._any_source_will_do(chunk, day)]
            catalog = self._standings.picture.catalog
            unfit = partial(unfit_source, self._standings)
            staged = stage_chunk(self._warehouse, chunk, catalog, forced, unfit)
            return self._settle(staged, started)
        except QueryFailed as error:
            self._halvings += 1
            worth_it = error.depends_on_rows and self._halvings <= HALVINGS_AT_MOST
            if len(chunk.days) == 1 or not worth_it:
                return self._failed(chunk, chunk.days, error, started)
            return self._halved(chunk)
        except GaplessError as error:
            return self._failed(chunk, chunk.days, error, started)
        finally:
            self._warehouse.unstage(chunk.staged_names)

    def _halved(self, chunk: Chunk) -> ChunkResult:
        """Find the dates whose rows make the statement fail, so that the others are not lost."""
        middle = len(chunk.days) // 2
        result = ChunkResult(chunk.table.name)
        for part in (chunk.scope.dates[:middle], chunk.scope.dates[middle:]):
            result.add(self.run(replace(chunk, scope=replace(chunk.scope, dates=part))))
        return result

    def _settle(self, staged: StagedChunk, started: datetime) -> ChunkResult:
        chunk = staged.chunk
        passed: dict[date, Permission | None] = {}
        refused: dict[date, Permission] = {}
        against = {day: self._against(chunk, one) for day, one in staged.audited.items()}
        # Read again: somebody may have revoked a waiver since the plan was made.
        granted = Waivers(
            self._frame.ledger.waivers(table=chunk.table.name) if any(against.values()) else ()
        )
        for day, checks in against.items():
            if not checks:
                passed[day] = None
                continue
            permission = self._permission(granted, chunk, day, checks)
            unknown = staged.audited[day].outcome is Outcome.UNKNOWN
            if permission.holds and not unknown:
                passed[day] = permission
            else:
                refused[day] = permission
        result = ChunkResult(chunk.table.name)
        if passed:
            result.add(self._publish(staged, passed, started))
        if refused:
            result.add(self._refuse(staged, refused, started))
        now = self._frame.clock.now()
        result.failures += failures_of_unfed(self._warehouse, self._frame, staged, self._catalog)
        for day, made in staged.unfed.items():
            reason = "; ".join(f"{c.input}: {c.reason}" for c in made if c.place is None)
            reason += ". Nothing was computed or published."
            attempt = bare_attempt(
                self._frame,
                chunk.table.name,
                day,
                chunk.path,
                Verdict.REFUSED,
                reason,
                (started, now),
                made,
            )
            result.add(ChunkResult(chunk.table.name, [attempt], {day: made}))
            state = self._refused_state(chunk, day)
            if any(choice.nothing_expected for choice in made):
                state = State.UNKNOWN
            self._stand(chunk, day, state, reason)
        return result

    def _any_source_will_do(self, chunk: Chunk, day: date) -> bool:
        """Tell whether the best source may feed a date although none suffices."""
        name, force, picture = chunk.table.name, self._frame.settings.force, self._standings.picture
        if force is not None and force.covers(name, day):
            return True
        now = self._frame.clock.now()
        return picture.waivers.permission(name, day, [CHECK_SOURCE], now).holds

    def _against(self, chunk: Chunk, audited: Audited) -> list[str]:
        """Name everything that stands in the way of publishing a partition."""
        checks = [result.check for result in audited.failed]
        if self._standings.of(chunk.table.name, audited.day).waits:
            checks.append(CHECK_INPUTS)
        if any(made.insufficient for made in audited.choices):
            checks.append(CHECK_SOURCE)
        return checks

    def _permission(
        self, granted: Waivers, chunk: Chunk, day: date, checks: Sequence[str]
    ) -> Permission:
        """Say how far a partition may be published without some checks."""
        name, force, now = chunk.table.name, self._frame.settings.force, self._frame.clock.now()
        permission = granted.permission(name, day, checks, now)
        if permission.holds or force is None or not force.covers(name, day):
            return permission
        waiver = waiver_for(self._frame, force, chunk.table, day, checks, now)
        return Permission(tuple(checks), (waiver,))

    def _publish(
        self, staged: StagedChunk, passed: Mapping[date, Permission | None], started: datetime
    ) -> ChunkResult:
        chunk, now = staged.chunk, self._frame.clock.now()
        audited = [staged.audited[day] for day in passed]
        changed = [one.day for one in audited if self._differs(chunk, one)]
        rewritten = set(changed)
        found = self._differences(staged, changed)
        with self._frame.lock:
            publications = [
                publication_of(
                    self._frame,
                    self._standings,
                    chunk,
                    one,
                    now,
                    passed[one.day],
                    staged.columns,
                    found.get(one.day) if one.day in rewritten else Difference(),
                )
                for one in audited
            ]
        request = PublishRequest(
            table=chunk.table.name,
            partition=chunk.scope.partition,
            staged=staged.place,
            publications=publications,
            rewrite=changed,
        )
        waivers = [
            waiver
            for permission in passed.values()
            for waiver in (permission.waivers if permission is not None else ())
            if waiver.run_id == self._frame.run_id
        ]
        try:
            self._leases.check(chunk.table.name, passed)
            if waivers:
                # The permission is on record before anything is published under it.
                self._frame.ledger.grant_waivers(waivers)
            self._warehouse.publish(request)
        except (PartitionError, WarehouseError) as error:
            return self._failed(chunk, list(passed), error, started)
        finished = self._frame.clock.now()
        result = ChunkResult(chunk.table.name)
        for one, publication in zip(audited, publications, strict=True):
            verdict = Verdict.UNCHANGED if one.day not in rewritten else Verdict.PUBLISHED
            permission = passed[one.day]
            reason = passed_reason(one)
            extra = None
            if permission is not None:
                verdict, extra = Verdict.WAIVED, {"waiver": publication.evidence["waiver"]}
                failed = "; ".join(str(found) for found in one.failed)
                why = f"below its gate ({failed})" if failed else f"without {permission.checks[0]}"
                reason = f"published {why}: {permission.reason}"
            result.attempts.append(
                audited_attempt(
                    self._frame,
                    chunk,
                    one,
                    verdict,
                    reason,
                    (started, finished),
                    version=publication.version,
                    extra=extra,
                )
            )
            result.choices[one.day] = one.choices
        self._take_over(staged, publications, passed, result)
        return result

    @property
    def _catalog(self) -> Mapping[str, Mapping[str, str]]:
        return self._standings.picture.catalog

    def _differs(self, chunk: Chunk, audited: Audited) -> bool:
        held = self._standings.picture.contents[chunk.table.name].on(audited.day)
        return held is None or held != rows_of(audited)

    def _differences(self, staged: StagedChunk, changed: Sequence[date]) -> dict[date, Difference]:
        picture, name = self._standings.picture, staged.chunk.table.name
        held = picture.contents[name]
        compared = [day for day in changed if held.on(day) is not None]
        new = [day for day in changed if held.on(day) is None]
        return differences(self._warehouse, staged, picture.catalog.get(name, {}), compared, new)

    def _take_over(
        self,
        staged: StagedChunk,
        publications: Sequence[Publication],
        passed: Mapping[date, Permission | None],
        result: ChunkResult,
    ) -> None:
        """Bring the picture up to date, so that downstream tables see what is live now."""
        picture, name = self._standings.picture, staged.chunk.table.name
        reasons = {attempt.partition: attempt.reason for attempt in result.attempts}
        with self._frame.lock:
            picture.catalog[name] = {**picture.catalog.get(name, {}), **staged.columns}
            picture.contents[name].update({p.partition: held_of(p) for p in publications})
            picture.publications.update({(name, p.partition): p for p in publications})
            days = [p.partition for p in publications]
            read_projections(self._warehouse, picture, name, DateRange(min(days), max(days)))
            self._standings.put(
                name,
                {
                    p.partition: standing_of(p, reasons[p.partition], passed[p.partition])
                    for p in publications
                },
            )

    def _refuse(
        self, staged: StagedChunk, refused: Mapping[date, Permission], started: datetime
    ) -> ChunkResult:
        chunk, now = staged.chunk, self._frame.clock.now()
        audited = [staged.audited[day] for day in refused]
        kept = self._quarantine(staged, audited, now)
        result = ChunkResult(chunk.table.name)
        days = [one.day for one in audited if one.coverage.missing]
        result.failures += failures_of_refused(
            self._warehouse, self._frame, staged, self._catalog, days
        )
        for one in audited:
            reason = refusal_reason(chunk, one, kept, refused[one.day])
            result.attempts.append(
                audited_attempt(
                    self._frame,
                    chunk,
                    one,
                    Verdict.REFUSED,
                    reason,
                    (started, now),
                    extra={"quarantine": kept},
                )
            )
            result.choices[one.day] = one.choices
            state = self._refused_state(chunk, one.day)
            if one.outcome is Outcome.UNKNOWN:
                state = State.UNKNOWN
            self._stand(chunk, one.day, state, reason)
        return result

    def _quarantine(
        self, staged: StagedChunk, refused: Sequence[Audited], now: datetime
    ) -> str | None:
        """Keep the refused rows; a warehouse without room for them must not undo the verdict."""
        chunk = staged.chunk
        request = QuarantineRequest(
            table=chunk.table.name,
            partition=chunk.scope.partition,
            staged=staged.place,
            dates=[one.day for one in refused],
            run_id=self._frame.run_id,
            refused_at=now,
        )
        try:
            return self._warehouse.quarantine(request)
        except GaplessError:
            return None

    def _refused_state(self, chunk: Chunk, day: date) -> State:
        """What is published stays; a refused partition is what it was before, never better."""
        before = self._standings.of(chunk.table.name, day)
        if before.state in (State.NOTHING_EXPECTED, State.BLOCKED) and not before.inherited:
            return State.MISSING
        return before.state

    def _failed(
        self, chunk: Chunk, days: Sequence[date], error: GaplessError, started: datetime
    ) -> ChunkResult:
        now = self._frame.clock.now()
        result = ChunkResult(chunk.table.name)
        reason = f"{chunk.table.statement.origin}: {error}"
        if not error.untouched:
            reason += " Nothing was published."
        result.failures += failures_of_error(self._frame, chunk, days, reason)
        for day in days:
            attempt = bare_attempt(
                self._frame,
                chunk.table.name,
                day,
                chunk.path,
                Verdict.FAILED,
                reason,
                (started, now),
            )
            result.attempts.append(replace(attempt, retry=retry_after(error)))
            unknown = isinstance(error, QueryFailed)
            state = State.UNKNOWN if unknown else self._refused_state(chunk, day)
            self._stand(chunk, day, state, error.what)
        return result

    def _stand(self, chunk: Chunk, day: date, state: State, reason: str) -> None:
        with self._frame.lock:
            before = self._standings.of(chunk.table.name, day)
            standing: Standing = replace(before, state=state, reason=reason)
            self._standings.put(chunk.table.name, {day: standing})
