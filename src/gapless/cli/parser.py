"""The command line: which words call which command, with which arguments."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App, CycloptsError

from gapless.cli.commands import COMMANDS, EXIT_CODES, PURPOSE
from gapless.errors import UsageError
from gapless.version import __version__

app = App(
    name="gapless",
    version=__version__,
    suppress_keyboard_interrupt=False,
    help=PURPOSE,
    help_epilogue=EXIT_CODES,
)
for _name, _help in COMMANDS.items():
    # Commands are named by text, so that only the one that is called is imported.
    _function = _name.replace("-", "_")
    app.command(f"gapless.cli.{_function}:{_function}", name=_name, help=_help)


def call(arguments: Sequence[str]) -> object:
    """Run the command that was meant and return what it returns.

    Raises:
        UsageError: the words mean none, or not with these arguments.
    """
    try:
        return app(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        raise UsageError(" ".join(str(error).split())) from error
