"""The options of the running command, which messages name in place of arguments."""

import ast
import re
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from shlex import quote
from typing import Any

import typer

OPTIONS: ContextVar[dict[str, Any]] = ContextVar("options")
"""The options of the running command, by the names of their arguments."""
NOT_OF_MODELS: ContextVar[frozenset[str]] = ContextVar("not_of_models", default=frozenset())
"""Arguments of `load_model` that are not the command's options of the same name."""


def remember_options(context: typer.Context) -> None:
    """Remember the options of the command that will run."""
    program: Any = context.command
    command = program.commands.get(context.invoked_subcommand)
    OPTIONS.set({each.name: each for each in command.params} if command else {})
    NOT_OF_MODELS.set(frozenset())


def rename_options(names: Mapping[str, str | None], *, not_of_models: Collection[str] = ()) -> None:
    """Let options stand for arguments of other names from now on; with None for no argument.

    Options in `not_of_models` do not stand for the arguments of `load_model` of the same name.
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
    """Replace arguments in a message of the library by options of the running command.

    The library names its arguments between backticks, with or without a value. `all_pairs` becomes
    --all-pairs, `trace=False` --no-trace, `axis={'*.norm': 1}` --axis '*.norm=1', and `checkpoint`
    of two models --checkpoint-a/-b. `load_model(seed=0)` is the seed of a model: --seed-a/-b for
    two models, where `seed` is --seed. Arguments without an option stay as they are.
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

    Return "" if the value is not a literal, or if no flag means False.
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
        # An option without globs is shown without a value.
        return " ".join(f"{flag} {quote(part)}" for part in parts) if option.multiple else flag
    return f"{flag} {quote(_format(literal))}"


def _format(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
