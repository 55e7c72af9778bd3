"""The `gapless` command: finds the verb, runs it, turns errors into sentences and exit codes."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from gapless.errors import GaplessError, UsageError
from gapless.version import __version__

EXIT_INTERRUPTED = 130

app = App(
    name="gapless",
    version=__version__,
    suppress_keyboard_interrupt=False,
    help="A date is done when the rows that were expected on it are there, and not before.",
    help_epilogue="Exit codes: 0 all asked for is done · 1 some partitions failed or are blocked · "
    "2 usage · 3 refused, nothing was started · 4 unknown or internal.",
)
# Commands are named by text, so that only the one that is called is imported.
app.command("gapless.cli.init:init", name="init", help="Write gapless.toml for a pipeline.")
app.command(
    "gapless.cli.load:load",
    name="load",
    help="Load source tables from a folder of files.\n\nLoading the same files again changes "
    "nothing. Exit code 1: some loaded dates are not complete.",
)
app.command(
    "gapless.cli.fetch:fetch",
    name="fetch",
    help="Get the files of the source tables from the service they come from.\n\nWhat was fetched "
    "before is not asked for again. Exit codes: 0 everything that was due is there, 1 some of it "
    "is not, 4 the service gave no usable answer.",
)
app.command("gapless.cli.plan:plan", name="plan", help="Say what a backfill would do, and why.")
app.command(
    "gapless.cli.preflight:preflight",
    name="preflight",
    help="Say what stands in the way of a backfill, and what can be done about it.\n\n"
    "Exit codes: 0 nothing stands in the way (warnings included), 1 some partitions are blocked, "
    "3 nothing would be started, 4 nothing can be said about some dates.",
)
app.command(
    "gapless.cli.backfill:backfill",
    name="backfill",
    help="Compute, gate and publish every partition that is not done.",
)
app.command(
    "gapless.cli.gaps:gaps",
    name="gaps",
    help="Find every gap in the whole history, and what explains it.\n\nExit codes: 0 there are "
    "none, 1 there are some, 4 something is unknown.",
)
app.command(
    "gapless.cli.repair:repair",
    name="repair",
    help="Close the gaps, upstream first, and give up where it is pointless.\n\nExit codes: 0 "
    "every gap is closed, 1 some are left, 3 nothing was started, 4 something is unknown.",
)
app.command("gapless.cli.runs:runs", name="runs", help="List the newest runs, and how they ended.")
app.command(
    "gapless.cli.waive:waive",
    name="waive",
    help="Permit named dates to be published without named checks, until a date.\n\nNothing is "
    "published: the next backfill makes use of it, and the dates are `waived`, never complete.",
)
app.command(
    "gapless.cli.waivers:waivers",
    name="waivers",
    help="List what is waived, by whom, why and until when.\n\nExit codes: 0 nothing stands on a "
    "waiver that has ended, 1 something does.",
)
app.command(
    "gapless.cli.unwaive:unwaive",
    name="unwaive",
    help="End waivers before they expire.\n\nNothing published is touched; what stood on them "
    "needs attention again.",
)
app.command(
    "gapless.cli.schedule:schedule",
    name="schedule",
    help="Clean every day when it is due, and catch up what was missed.\n\nUntil it is stopped; "
    "with --once it does what is due, if anything is, and ends.",
)
app.command(
    "gapless.cli.check_schedule:check_schedule",
    name="check-schedule",
    help="Say whether the daily cleaning ran when it was due.\n\nFor a monitor. Exit codes: 0 it "
    "ran, or still may, 1 it failed or is overdue.",
)
app.command(
    "gapless.cli.status:status",
    name="status",
    help="Say which dates are done.\n\nMeasured now, or as the ledger last knew it while a run is "
    "at work. Exit codes: 0 all selected is done, 1 something needs attention, 4 unknown.",
)
app.command(
    "gapless.cli.explain:explain",
    name="explain",
    help="Tell the story of one partition.\n\nExit codes: 0 it is settled, 1 it needs attention, "
    "4 unknown.",
)
app.command(
    "gapless.cli.blame:blame",
    name="blame",
    help="List the publications a partition has had, and say whether its rows are those of the "
    "newest.\n\nExit codes: 0 they are, 1 they are not or nothing was published, 4 unknown.",
)
app.command(
    "gapless.cli.history:history",
    name="history",
    help="Say what was tried of each date, with which result, by whom; or which keys are missing."
    "\n\nRead from the ledger, also while a run is at work. Exit codes: 0, with --flag-incomplete "
    "1 when something needs attention, 4 there is no ledger to read.",
)
app.command(
    "gapless.cli.validate:validate",
    name="validate",
    help="Say whether the published seasons can be trusted.\n\nExit codes: 0 everything selected "
    "can be trusted (warnings and known limitations included), 1 something fails, 4 unknown.",
)
app.command(
    "gapless.cli.leaks:leaks",
    name="leaks",
    help="Prove that nothing looks ahead.\n\nExit codes: 0 all is proved, 1 something looks "
    "ahead, 4 something could not be proved.",
)
app.command(
    "gapless.cli.audit:audit",
    name="audit",
    help="Look into any table, without declarations: which dates are missing, partial, surplus or "
    "duplicate.\n\nExit codes: 0 none is, 1 some are, 4 unknown. Without --reference it only "
    "guesses, and never ends with 0.",
)
app.command(
    "gapless.cli.clean:clean",
    name="clean",
    help="Remove the rows that outlived their retention, after saving and comparing them.\n\n"
    "Exit codes: 0 everything that was to go went, 1 some did not, 3 nothing was started: it would "
    "have been far more than usual, or somebody else is at work.",
)
app.command(
    "gapless.cli.backups:backups",
    name="backups",
    help="List what was saved before it was removed, and read it again.\n\nExit codes: 0 none is "
    "damaged or missing, 1 some are.",
)
app.command(
    "gapless.cli.restore:restore",
    name="restore",
    help="Bring removed rows back, identically.\n\nExit codes: 0 all that was asked for is there "
    "now, 1 some is not.",
)
app.command(
    "gapless.cli.doctor:doctor",
    name="doctor",
    help="Check the installation, and that every guard can fail.\n\nExit codes: 0 all is well, "
    "1 a guard could not fail or a part is not sound, 4 something could not be tried.",
)
app.command("gapless.cli.demo:demo", name="demo", help="Replay an incident and see it fail safe.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; never raises."""
    result: object = 0
    try:
        result = app(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        return _fail(UsageError(_one_line(str(error))), arguments)
    except GaplessError as error:
        return _fail(error, arguments)
    except KeyboardInterrupt:
        sys.stderr.write(
            "\nInterrupted. What was published stays and is recorded; run the same command again "
            "for the rest.\n"
        )
        return EXIT_INTERRUPTED
    except SystemExit:
        # Only the help's own console ends the program, when its reader has seen enough.
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence instead of a traceback
        if os.environ.get("GAPLESS_DEBUG"):
            traceback.print_exc()
        unforeseen = GaplessError(
            f"Something unforeseen went wrong: {type(error).__name__}: {_one_line(str(error))}",
            untouched="What was published before stays as it is.",
            advice="Set GAPLESS_DEBUG=1 to see where, and report it.",
        )
        return _fail(unforeseen, arguments)
    return result if isinstance(result, int) else 0


def _fail(error: GaplessError, arguments: Sequence[str]) -> int:
    if "--json" in arguments:
        shape = {
            "error": {
                "kind": type(error).__name__,
                "what": error.what,
                "untouched": error.untouched,
                "advice": error.advice,
                "retryable": error.retryable,
            },
            "exit_code": error.exit_code,
        }
        sys.stdout.write(json.dumps(shape, ensure_ascii=False, indent=2) + "\n")
    parts = [part for part in (error.what, error.untouched, error.advice) if part]
    sys.stderr.write("gapless: " + "\n         ".join(parts) + "\n")
    return error.exit_code


def _one_line(text: str) -> str:
    return " ".join(text.split())
