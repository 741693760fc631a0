"""The options of the command that runs, and arguments of Python spelled as these options."""

import ast
import re
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from shlex import quote
from typing import Any

import typer

OPTIONS: ContextVar[dict[str, Any]] = ContextVar("options")
"""The options of the command that runs, by the names of its arguments."""
NOT_OF_MODELS: ContextVar[frozenset[str]] = ContextVar("not_of_models", default=frozenset())
"""Arguments of `load_model` that no option gives, though one of that name is there."""


def remember_options(context: typer.Context) -> None:
    """Take in how the options of the command that is to run are spelled."""
    program: Any = context.command
    command = program.commands.get(context.invoked_subcommand)
    OPTIONS.set({each.name: each for each in command.params} if command else {})
    NOT_OF_MODELS.set(frozenset())


def rename_options(names: Mapping[str, str | None], *, not_of_models: Collection[str] = ()) -> None:
    """Take options for arguments of other names from here on; None: for none.

    Those of `not_of_models` are not what `load_model` takes by that name.
    """
    NOT_OF_MODELS.set(frozenset(not_of_models))
    OPTIONS.set(
        {
            new: option
            for name, option in OPTIONS.get({}).items()
            if (new := names.get(name, name)) is not None
        }
    )


def name_options(message: str) -> str:
    """Tell a message of the library in the words of the command that runs.

    The library names its arguments between backticks, with a value or without: `all_pairs` is
    --all-pairs here, `trace=False` is --no-trace, `axis={'*.norm': 1}` is --axis '*.norm=1', and
    `checkpoint` of two models --checkpoint-a/-b. `load_model(seed=0)` is the seed of a model, where
    the command may have another too: of two models --seed-a/-b, where `seed` is --seed. What is no
    option of the command stays as it is.
    """
    options = OPTIONS.get({})

    def name_option(argument: re.Match[str]) -> str:
        of_model, name, value = argument.groups()
        if f"{name}_a" in options and (of_model or name not in options):
            return f"{options[f'{name}_a'].opts[0]}/-b"
        if name not in options or (of_model and name in NOT_OF_MODELS.get()):
            return argument[0]
        return _spell(options[name], value) or argument[0]

    return re.sub(r"`(load_model\()?(\w+)(?:=([^`]+?))?(?(1)\))`", name_option, message)


def _spell(option: Any, value: str | None) -> str:
    """Return an option as it is written on the command line.

    "" where its value is no literal, or one that no flag gives.
    """
    flag: str = option.opts[0]
    if value is None:
        return flag
    try:
        literal = ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return ""
    if isinstance(literal, bool):
        return flag if literal else next(iter(option.secondary_opts), "")
    if isinstance(literal, dict):
        parts = [f"{name}={_format(part)}" for name, part in literal.items()]
        # What takes no globs is named, and no more.
        return " ".join(f"{flag} {quote(part)}" for part in parts) if option.multiple else flag
    return f"{flag} {quote(_format(literal))}"


def _format(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
