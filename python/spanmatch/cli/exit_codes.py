"""What went wrong, as a line on standard error and an exit code."""

import ast
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from shlex import quote
from typing import Any

import typer

from spanmatch.base.errors import UndersampledWarning

OPTIONS: ContextVar[dict[str, Any]] = ContextVar("options")
"""The options of the command that runs, by the names of its arguments."""


class WrongUsage(Exception):  # noqa: N818 (nothing of the program is in error)
    """Arguments that do not go together."""


@contextmanager
def translate_errors() -> Iterator[None]:
    """Run a command: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    try:
        with _show_plain_warnings():
            yield
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(130) from None
    except WrongUsage as error:
        raise _report_failure(str(error), 2) from error
    except ImportError as error:
        raise _report_failure(f"{error}; try: pip install 'spanmatch[all]'", 1) from error
    except BrokenPipeError:
        # Whoever read has enough. What is left to write goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except OSError as error:
        known = error.filename is not None and error.strerror is not None
        message = f"{error.filename}: {error.strerror}" if known else str(error)
        raise _report_failure(message, 1) from error
    # RuntimeError: of a model, a device, or another process.
    except (MemoryError, RuntimeError, TypeError, ValueError) as error:
        raise _report_failure(str(error) or "out of memory", 1) from error


@contextmanager
def refuse_wrong_usage() -> Iterator[None]:
    """Check arguments: what the library says of them is wrong usage."""
    try:
        yield
    except ValueError as error:
        raise WrongUsage(str(error)) from error


def remember_options(context: typer.Context) -> None:
    """Take in how the options of the command that is to run are spelled."""
    program: Any = context.command
    command = program.commands.get(context.invoked_subcommand)
    OPTIONS.set({each.name: each for each in command.params} if command else {})


def name_options(message: str) -> str:
    """Tell a message of the library in the words of the command that runs.

    The library names its arguments between backticks, with a value or without: `all_pairs` is
    --all-pairs here, `trace=False` is --no-trace, `axis={'*.norm': 1}` is --axis '*.norm=1', and
    `checkpoint` of two models --checkpoint-a/-b. What is no option of the command stays as it is.
    """
    options = OPTIONS.get({})

    def name_option(argument: re.Match[str]) -> str:
        name, value = argument.groups()
        if f"{name}_a" in options:
            return f"{options[f'{name}_a'].opts[0]}/-b"
        if name not in options:
            return argument[0]
        return _spell(options[name], value) or argument[0]

    return re.sub(r"`(\w+)(?:=([^`]+))?`", name_option, message)


def _spell(option: Any, value: str | None) -> str:
    """Return an option as it is written on the command line; "" where its value is no literal."""
    flag: str = option.opts[0]
    if value is None:
        return flag
    try:
        literal = ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return ""
    if isinstance(literal, bool):
        return flag if literal else next(iter(option.secondary_opts), flag)
    if isinstance(literal, dict):
        parts = [f"{name}={_format(part)}" for name, part in literal.items()]
        # What takes no globs is named, and no more.
        return " ".join(f"{flag} {quote(part)}" for part in parts) if option.multiple else flag
    return f"{flag} {quote(_format(literal))}"


def _format(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _report_failure(message: str, code: int) -> typer.Exit:
    typer.echo(f"error: {name_options(message)}", err=True)
    return typer.Exit(code)


@contextmanager
def _show_plain_warnings() -> Iterator[None]:
    """Show warnings as lines for the user, without the place in the code that they come from."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UndersampledWarning)
        warnings.showwarning = _show_warning
        yield


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    typer.echo(f"warning: {name_options(str(message))}", err=True)
