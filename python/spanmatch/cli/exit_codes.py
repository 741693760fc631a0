"""Errors as a line on standard error and an exit code."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from spanmatch.base.errors import UndersampledWarning
from spanmatch.base.memory import is_out_of_memory
from spanmatch.cli.flags import name_options
from spanmatch.cli.terminal import echo


class WrongUsage(Exception):  # noqa: N818 (the user is wrong, not the program)
    """Arguments that are wrong, or do not go together."""


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn errors of a command into exit codes: 1 failed, 2 wrong usage, 130 interrupted."""
    try:
        with _show_plain_warnings():
            yield
    except KeyboardInterrupt:
        echo("interrupted", err=True)
        raise typer.Exit(130) from None
    except WrongUsage as error:
        raise _report_failure(str(error), 2) from error
    except ImportError as error:
        if is_out_of_memory(error):
            raise _report_failure(f"out of memory: {error}", 1) from error
        raise _report_failure(f"{error}; try: pip install 'spanmatch[all]'", 1) from error
    except BrokenPipeError:
        # The reader of the pipe has left, so the rest of the output is discarded.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except OSError as error:
        known = error.filename is not None and error.strerror is not None
        message = f"{error.filename}: {error.strerror}" if known else str(error)
        raise _report_failure(message, 1) from error
    # A RuntimeError comes from a model, a device, or another process.
    except (MemoryError, RuntimeError, TypeError, ValueError) as error:
        raise _report_failure(str(error) or "out of memory", 1) from error


@contextmanager
def refuse_wrong_usage() -> Iterator[None]:
    """Turn errors of the library in this block, which only checks arguments, into wrong usage."""
    try:
        yield
    except ValueError as error:
        raise WrongUsage(str(error)) from error


def _report_failure(message: str, code: int) -> typer.Exit:
    echo(f"error: {name_options(message)}", err=True)
    return typer.Exit(code)


@contextmanager
def _show_plain_warnings() -> Iterator[None]:
    """Show warnings as lines for the user, without their place in the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UndersampledWarning)
        warnings.showwarning = _show_warning
        yield


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    echo(f"warning: {name_options(str(message))}", err=True)
