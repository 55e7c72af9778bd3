"""What the commands are called and for; knows none of them, so that telling it costs nothing."""

from __future__ import annotations

PURPOSE = "A date is done when the rows that were expected on it are there, and not before."
EXIT_CODES = (
    "Exit codes: 0 all asked for is done · 1 some partitions failed or are blocked · "
    "2 usage · 3 refused, nothing was started · 4 unknown or internal."
)
COMMANDS = {
    "init": "Write gapless.toml for a pipeline.",
    "load": (
        "Load source tables from a folder of files.\n\n"
        "Loading the same files again changes nothing. Exit code 1: some loaded dates are not "
        "complete."
    ),
    "fetch": (
        "Get the files of the source tables from the service they come from.\n\n"
        "What was fetched before is not asked for again. Exit codes: 0 everything that was "
        "due is there, 1 some of it is not, 4 the service gave no usable answer."
    ),
    "plan": "Say what a backfill would do, and why.",
    "preflight": (
        "Say what stands in the way of a backfill, and what can be done about it.\n\n"
        "Exit codes: 0 nothing stands in the way (warnings included), 1 some partitions are "
        "blocked, 3 nothing would be started, 4 nothing can be said about some dates."
    ),
    "backfill": "Compute, gate and publish every partition that is not done.",
    "gaps": (
        "Find every gap in the whole history, and what explains it.\n\n"
        "Exit codes: 0 there are none, 1 there are some, 4 something is unknown."
    ),
    "repair": (
        "Close the gaps, upstream first, and give up where it is pointless.\n\n"
        "Exit codes: 0 every gap is closed, 1 some are left, 3 nothing was started, 4 "
        "something is unknown."
    ),
    "runs": "List the newest runs, and how they ended.",
    "waive": (
        "Permit named dates to be published without named checks, until a date.\n\n"
        "Nothing is published: the next backfill makes use of it, and the dates are `waived`, "
        "never complete."
    ),
    "waivers": (
        "List what is waived, by whom, why and until when.\n\n"
        "Exit codes: 0 nothing stands on a waiver that has ended, 1 something does."
    ),
    "unwaive": (
        "End waivers before they expire.\n\n"
        "Nothing published is touched; what stood on them needs attention again."
    ),
    "schedule": (
        "Clean every day when it is due, and catch up what was missed.\n\n"
        "Until it is stopped; with --once it does what is due, if anything is, and ends."
    ),
    "check-schedule": (
        "Say whether the daily cleaning ran when it was due.\n\n"
        "For a monitor. Exit codes: 0 it ran, or still may, 1 it failed or is overdue."
    ),
    "status": (
        "Say which dates are done.\n\n"
        "Measured now, or as the ledger last knew it while a run is at work. Exit codes: 0 "
        "all selected is done, 1 something needs attention, 4 unknown."
    ),
    "explain": (
        "Tell the story of one partition.\n\n"
        "Exit codes: 0 it is settled, 1 it needs attention, 4 unknown."
    ),
    "blame": (
        "List the publications a partition has had, and say whether its rows are those of the "
        "newest.\n\nExit codes: 0 they are, 1 they are not or nothing was published, 4 "
        "unknown."
    ),
    "history": (
        "Say what was tried of each date, with which result, by whom; or which keys are "
        "missing.\n\nRead from the ledger, also while a run is at work. Exit codes: 0, with "
        "--flag-incomplete 1 when something needs attention, 4 there is no ledger to read."
    ),
    "validate": (
        "Say whether the published seasons can be trusted.\n\n"
        "Exit codes: 0 everything selected can be trusted (warnings and known limitations "
        "included), 1 something fails, 4 unknown."
    ),
    "leaks": (
        "Prove that nothing looks ahead.\n\n"
        "Exit codes: 0 all is proved, 1 something looks ahead, 4 something could not be "
        "proved."
    ),
    "audit": (
        "Look into any table, without declarations: which dates are missing, partial, surplus "
        "or duplicate.\n\nExit codes: 0 none is, 1 some are, 4 unknown. Without --reference "
        "it only guesses, and never ends with 0."
    ),
    "clean": (
        "Remove the rows that outlived their retention, after saving and comparing them.\n\n"
        "Exit codes: 0 everything that was to go went, 1 some did not, 3 nothing was started: "
        "it would have been far more than usual, or somebody else is at work."
    ),
    "backups": (
        "List what was saved before it was removed, and read it again.\n\n"
        "Exit codes: 0 none is damaged or missing, 1 some are."
    ),
    "restore": (
        "Bring removed rows back, identically.\n\n"
        "Exit codes: 0 all that was asked for is there now, 1 some is not."
    ),
    "doctor": (
        "Check the installation, and that every guard can fail.\n\n"
        "Exit codes: 0 all is well, 1 a guard could not fail or a part is not sound, 4 "
        "something could not be tried."
    ),
    "demo": "Replay an incident and see it fail safe.",
}
"""Name → help. The command `check-schedule` is the function `check_schedule` of the module of that
name in this folder."""
