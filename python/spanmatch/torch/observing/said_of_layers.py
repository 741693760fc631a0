"""Options that are given by globs, for the layers of one model or split between two models."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Said = TypeVar("Said")
Choice = TypeVar("Choice")


def spread_over_layers(
    argument: str, globs: Mapping[str, Said], layers: Collection[str]
) -> dict[str, Said]:
    """Return the option of each layer; if several globs match, the first counts.

    Raises
    ------
    ValueError
        A glob matches no layer. The message names the argument.

    Examples
    --------
    >>> spread_over_layers("axis", {"*.norm": 2, "*": 1}, ["a.norm", "a.conv"])
    {'a.norm': 2, 'a.conv': 1}
    """
    found: dict[str, Said] = {}
    for glob, said in globs.items():
        names = [name for name in layers if fnmatchcase(name, glob)]
        if not names:
            raise ValueError(f"`{argument}`: no chosen layer matches {glob!r}")
        found = dict.fromkeys(names, said) | found
    return found


def split_choice(argument: str, choice: Choice, layers: Sequence[Collection[str]]) -> list[Choice]:
    """Return the options of the layers of each model; a glob need not match in all models.

    Raises
    ------
    ValueError
        A glob matches in no model. The message names the argument.
    """
    if isinstance(choice, Mapping):
        for glob in choice:
            if not any(fnmatchcase(name, glob) for names in layers for name in names):
                of = "of A or B" if len(layers) == 2 else "of any network"
                raise ValueError(f"`{argument}`: no chosen layer {of} matches {glob!r}")
    return [keep_matching(choice, names) for names in layers]


def keep_matching(choice: Choice, layers: Collection[str]) -> Choice:
    """Return the options of globs that match some of these layers, or options without globs.

    >>> keep_matching({"a.*": 1, "b.*": 2}, ["b.norm"]), keep_matching(1, ["b.norm"])
    ({'b.*': 2}, 1)
    """
    if not isinstance(choice, Mapping):
        return choice
    return type(choice)(  # type: ignore[call-arg]
        (glob, said)
        for glob, said in choice.items()
        if any(fnmatchcase(name, glob) for name in layers)
    )
