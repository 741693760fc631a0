"""Arguments in the name of a model or data, as in file.py:factory(k=3): literals, never code."""

from __future__ import annotations

import ast
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def split_call(name: str) -> tuple[str, dict[str, Any]]:
    """Split a name from its arguments.

    A name without arguments, or a path that ends in parentheses, stays whole.

    Raises
    ------
    ValueError
        An argument has no name, or is not a literal.

    Examples
    --------
    >>> split_call("nets.py:build(width=64, sizes=(3, 5), norm=None)")
    ('nets.py:build', {'width': 64, 'sizes': (3, 5), 'norm': None})
    >>> split_call("nets.py:build")
    ('nets.py:build', {})
    """
    place = name.partition(":")[2]
    if not name.endswith(")") or (place and Path(place).exists()):
        return name, {}
    for opening, letter in enumerate(name):
        # The name of a file may have parentheses too.
        call = _parse(name[opening:]) if letter == "(" and opening > 0 else None
        if call is not None:
            return name[:opening], _read_arguments(call, name)
    raise ValueError(f"the arguments in {name!r} cannot be read: write them as in (k=3, name='a')")


def join_arguments(name: str, said: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Join the arguments in a name with others; raise ValueError if one is given twice."""
    if twice := sorted(said.keys() & given.keys()):
        raise ValueError(f"{name} and what is given beside it both say {_quote(twice)}")
    return {**said, **given}


def check_takes(name: str, function: Callable[..., Any], given: Iterable[str]) -> None:
    """Raise TypeError if a function of the user lacks an argument that is given.

    >>> check_takes("data.py:batches", lambda limit=None: [], ["limit", "split"])
    Traceback (most recent call last):
        ...
    TypeError: data.py:batches takes no `split`: leave it out, or add it to the function's arguments
    """
    try:
        parameters = signature(function).parameters
    except (TypeError, ValueError):  # Some functions in C have no signature.
        return
    if any(each.kind is Parameter.VAR_KEYWORD for each in parameters.values()):
        return
    if wrong := [argument for argument in given if argument not in parameters]:
        raise TypeError(
            f"{name} takes no {_quote(wrong)}: leave it out, or add it to the function's arguments"
        )


def _quote(arguments: Iterable[str]) -> str:
    return ", ".join(f"`{argument}`" for argument in arguments)


def _parse(arguments: str) -> ast.Call | None:
    try:
        found = ast.parse(f"name{arguments}", mode="eval").body
    except SyntaxError:
        return None
    return found if isinstance(found, ast.Call) and isinstance(found.func, ast.Name) else None


def _read_arguments(call: ast.Call, name: str) -> dict[str, Any]:
    if call.args or any(each.arg is None for each in call.keywords):
        raise ValueError(f"the arguments in {name!r} must be given by name, as in (k=3)")
    return {str(each.arg): _read_literal(each, name) for each in call.keywords}


def _read_literal(argument: ast.keyword, name: str) -> Any:
    try:
        return ast.literal_eval(argument.value)
    except ValueError:
        raise ValueError(
            f"{argument.arg} in {name!r} is no literal: write a number, a string in quotes, True, "
            "False, None, or a tuple, list or dict of these"
        ) from None
