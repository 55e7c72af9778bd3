"""The `gapless` command: runs what the words mean, turns errors into sentences and exit codes.

`gapless --help` is answered from here. Everything else is imported when it is known to be needed.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from gapless.cli.stdout import show_plain
from gapless.errors import GaplessError
from gapless.version import __version__

EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    collect_garbage_seldom()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def collect_garbage_seldom() -> None:
    """Look for cycles of garbage less often than Python does by itself.

    A command makes hundreds of thousands of records that live until it ends; going through all of
    them again and again took a fifteenth of a backfill, and found nothing.
    """
    gc.set_threshold(100_000, 50, 50)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; never raises."""
    result: object = 0
    try:
        result = _answer(arguments)
    except GaplessError as error:
        return _fail(error, arguments)
    except KeyboardInterrupt:
        sys.stderr.write(
            "\nInterrupted. What was published stays and is recorded; run the same command again "
            "for the rest.\n"
        )
        return EXIT_INTERRUPTED
    except SystemExit as ended:
        # The help's own console ends the program when its reader has seen enough.
        return 0 if ended.code in (0, None) else GaplessError.exit_code
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence instead of a traceback
        if os.environ.get("GAPLESS_DEBUG"):
            import traceback  # noqa: PLC0415 - for those who look for a bug

            traceback.print_exc()
        said = " ".join(str(error).split())
        unforeseen = GaplessError(
            f"Something unforeseen went wrong: {type(error).__name__}: {said}",
            untouched="What was published before stays as it is.",
            advice="Set GAPLESS_DEBUG=1 to see where, and report it.",
        )
        return _fail(unforeseen, arguments)
    return result if isinstance(result, int) else 0


def _answer(arguments: Sequence[str]) -> object:
    words = list(arguments)
    if words == ["--version"]:
        show_plain(f"{__version__}\n")
    elif words in ([], ["--help"], ["-h"]):
        from gapless.cli.overview import overview  # noqa: PLC0415 - what is not needed costs nothing

        show_plain(overview())
    else:
        from gapless.cli.parser import call  # noqa: PLC0415 - see above

        return call(words)
    return 0


def _fail(error: GaplessError, arguments: Sequence[str]) -> int:
    if "--json" in arguments:
        import json  # noqa: PLC0415 - see above

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
