"""Write the reference pages that are taken from the program: commands and errors.

`python docs/generate.py` writes them; `--check` writes nothing and fails when one is out of date.
"""  # noqa: INP001 - a script beside the pages it writes, no package

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gapless import errors
from gapless.cli.parser import app

REFERENCE = Path(__file__).parent / "reference"
SHARED = {
    "Dates": "Options that say which dates",
    "Site": "Options that say where things are",
}
"""Groups of options that several commands take, with the heading of their own section."""


def commands_page() -> str:
    """Return docs/reference/commands.md."""
    names = [name for name in app if not name.startswith("-")]
    parts = [
        "# Commands",
        _generated("the help of the program"),
        _plain(str(app.help)),
        "Every command is the library function of the same name in `gapless.verbs`. "
        "`gapless COMMAND --help` prints what is below, `gapless --version` the version.",
        _plain(str(app.help_epilogue)),
        *(_command(name) for name in names),
    ]
    for group, title in SHARED.items():
        users = [name for name in names if _arguments(name, group)]
        listed = ", ".join(f"`{name}`" for name in users)
        rows = [_option_row(argument) for argument in _arguments(users[0], group)]
        parts += [f"## {title}", f"Taken by {listed}.", _table(("option", "meaning"), rows)]
    return "\n\n".join(parts) + "\n"


def errors_page() -> str:
    """Return docs/reference/errors.md."""
    rows = [
        (
            f"`{kind.__name__}`",
            f"`{kind.mro()[1].__name__}`" if kind is not errors.GaplessError else "",
            str(kind.exit_code),
            "yes" if kind.retryable else "no",
            _plain(inspect.cleandoc(kind.__doc__ or "").splitlines()[0]),
        )
        for kind in _error_classes(errors.GaplessError)
    ]
    parts = [
        "# Errors",
        _generated("`gapless.errors`"),
        "Everything that Gapless raises on purpose is a `GaplessError`. "
        "Its text says what failed and where, with expected and found; what was *not* done because "
        "of it; and what to do next. The command line prints it on stderr and ends with the exit "
        "code of its class. With `--json` it is printed on stdout, too, with the parts named "
        "`kind`, `what`, `untouched`, `advice` and `retryable`.",
        "Retryable means that the cause may be gone when the same command is run again.",
        _table(("class", "is a", "exit code", "retryable", "meaning"), rows),
        "An error in one partition does not end a run. "
        "The partition is recorded as `failed`, the others go on, and the run ends with 1 or 4. "
        "A command interrupted with Ctrl-C ends with 130.",
    ]
    return "\n\n".join(parts) + "\n"


PAGES = {
    REFERENCE / "commands.md": commands_page,
    REFERENCE / "errors.md": errors_page,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or compare them."""
    stale = 0
    for page, made in PAGES.items():
        before = page.read_text(encoding="utf-8") if page.exists() else ""
        after = made()
        if before == after:
            continue
        if "--check" in arguments:
            stale += 1
            difference = difflib.unified_diff(
                before.splitlines(), after.splitlines(), page.name, "the program", lineterm=""
            )
            sys.stderr.write("\n".join(difference) + "\n")
        else:
            page.write_text(after, encoding="utf-8")
            sys.stdout.write(f"wrote {page.name}\n")
    if stale:
        sys.stderr.write("Run: python docs/generate.py\n")
    return 1 if stale else 0


def _generated(source: str) -> str:
    return f"<!-- Taken from {source} by docs/generate.py; change it there. -->"


def _command(name: str) -> str:
    command = app[name]
    parts = [f"## gapless {name}", f"`{_usage(name)}`"]
    parts += [_plain(part) for part in _told(command.default_command)]
    arguments = [_argument_row(argument) for argument in _arguments(name, "Arguments")]
    if arguments:
        parts.append(_table(("argument", "meaning"), arguments))
    options = [_option_row(argument) for argument in _arguments(name, "Parameters")]
    if options:
        parts.append(_table(("option", "meaning"), options))
    shared = [
        f"[{title.lower()}](#{title.lower().replace(' ', '-')})"
        for group, title in SHARED.items()
        if _arguments(name, group)
    ]
    if shared:
        parts.append(f"Also {' and '.join(shared)}.")
    return "\n\n".join(parts)


def _usage(name: str) -> str:
    words = ["gapless", name]
    for argument in _arguments(name, "Arguments"):
        word = argument.names[0]
        words.append(word if argument.required else f"[{word} …]")
    words += [
        f"{option.names[0]} {_placeholder(option)}"
        for option in _arguments(name, "Parameters")
        if option.required
    ]
    return " ".join([*words, "[OPTIONS]"])


def _told(verb: object) -> Iterator[str]:
    """Yield the paragraphs of a docstring above its parameters."""
    for paragraph in inspect.cleandoc(verb.__doc__ or "").split("\n\n"):
        if paragraph.startswith("Parameters\n"):
            return
        yield " ".join(paragraph.split())


def _arguments(name: str, group: str) -> list[Any]:
    """Return what a command takes of one group, as its help has it."""
    taken: list[Any] = list(app[name].assemble_argument_collection(parse_docstring=True))
    return [
        argument
        for argument in taken
        if argument.show and any(found.name == group for found in argument.parameter.group)
    ]


def _argument_row(argument: Any) -> tuple[str, str]:  # noqa: ANN401 - the library's own type is private
    return f"`{argument.names[0]}`", _meaning(argument)


def _option_row(argument: Any) -> tuple[str, str]:  # noqa: ANN401 - see above
    names = ", ".join(f"`{name}`" for name in argument.names if name.startswith("--"))
    placeholder = _placeholder(argument)
    return f"{names} {placeholder}".strip(), _meaning(argument)


def _placeholder(argument: Any) -> str:  # noqa: ANN401 - see above
    if argument.hint is bool:
        return ""
    kind = str(argument.hint)
    if "int" in kind or "float" in kind:
        return "N"
    return "PATH" if "Path" in kind else "TEXT"


def _meaning(argument: Any) -> str:  # noqa: ANN401 - see above
    text = _plain(" ".join((argument.parameter.help or "").split()))
    variables = argument.parameter.env_var or ()
    if variables:
        text += f" [env: {', '.join(variables)}]"
    default = argument.field_info.default
    if argument.required:
        text += " Required."
    elif isinstance(default, int | float | str) and not isinstance(default, bool):
        text += f" Default: {default}."
    return text


def _error_classes(kind: type[errors.GaplessError]) -> Iterator[type[errors.GaplessError]]:
    """Yield a class and all below it, as the tree is drawn."""
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _error_classes(below)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Keep Markdown from taking `<table>` for a tag and `|` for a column."""
    return text.replace("<", "&lt;").replace(">", "&gt;").replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
