"""Functions of the user that make a model or data: package.module:factory, file.py:factory."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanmatch.base.words import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

SEARCHED_LAST: ContextVar[str | None] = ContextVar("searched_last", default=None)
"""A folder that is searched for modules of factories last; None for no folder."""
OWN = "spanmatch_factory:"  # The name of a file as a module begins with this, before its path.


@contextmanager
def import_factory(name: str, kinds: Sequence[str], examples: str) -> Iterator[Callable[..., Any]]:
    """Import the module or file before the last colon, and yield its function after it.

    Importing runs the code of the module or file. Within the block, a file can import its
    neighbours, as when Python runs it. Then they are forgotten, since a file elsewhere may have
    neighbours with the same names.

    Parameters
    ----------
    name
        A module and a function in it, or a file and a function in it.
    kinds, examples
        The other words before a colon, and examples of names, both for errors.

    Raises
    ------
    ValueError
        The name has no colon, or its module or function does not exist.
    FileNotFoundError
        Its file does not exist.
    TypeError
        The object with this name cannot be called.
    """
    place, colon, attribute = name.rpartition(":")
    if not (colon and place and attribute):
        known = suggest(name.partition(":")[0], kinds)
        raise ValueError(f"{name!r} does not say what to load: {known}; names look like {examples}")
    if not place.endswith(".py"):
        yield _find_function(_import(place, kinds, examples), attribute, place)
        return
    file = Path(place).absolute()
    if not file.is_file():
        raise FileNotFoundError(f"{file} is no file")
    with _import_neighbours(file.parent):
        yield _find_function(_run(file), attribute, place)


def _find_function(module: ModuleType, attribute: str, place: str) -> Callable[..., Any]:
    try:
        function = getattr(module, attribute)
    except AttributeError:
        known = suggest(attribute, (word for word in vars(module) if not word.startswith("_")))
        raise ValueError(f"{place} has no {attribute!r}: {known}") from None
    if not callable(function):
        raise TypeError(
            f"{place}:{attribute} is no function but a {type(function).__name__}: name a function "
            "that returns it"
        )
    return function  # type: ignore[no-any-return]


def _import(place: str, kinds: Sequence[str], examples: str) -> ModuleType:
    last = SEARCHED_LAST.get()
    if last is not None and last not in sys.path:
        sys.path.append(last)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        # If the module exists but lacks another one, its own error says so.
        if error.name is None or not f"{place}.".startswith(f"{error.name}."):
            raise
        raise ValueError(
            f"{place!r} is neither a module that can be imported nor a kind of name that is known: "
            f"{suggest(place, kinds)}; names look like {examples}"
        ) from None


def _run(file: Path) -> ModuleType:
    name = f"{OWN}{file}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and others look up the module of a class.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _import_neighbours(folder: Path) -> Iterator[None]:
    before, place = set(sys.modules), str(folder)
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)
        for name in set(sys.modules) - before:
            origin = getattr(sys.modules[name], "__file__", None)
            own = name.startswith(OWN)
            if not own and origin is not None and Path(origin).is_relative_to(folder):
                del sys.modules[name]
