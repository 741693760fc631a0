"""The names of the networks in a comparison of many."""

from __future__ import annotations

import re
from itertools import count, takewhile
from pathlib import PurePath
from typing import TYPE_CHECKING

from spanmatch.base.words import list_names
from spanmatch.cli.exit_codes import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from spanmatch.torch.resuming.config import NamedModel

SHOWN = 20  # At most this number of names is in an error.


def name_networks(networks: Sequence[NamedModel]) -> dict[str, NamedModel]:
    """Return networks by distinct names, in their order.

    A network has the name of its model, or of its checkpoint if others have the same model. The
    part with which all names begin is dropped, and for checkpoints also the part in which all end.
    A network that is given again has #2 after its name.

    >>> from spanmatch.torch.resuming.config import NamedModel
    >>> files = [f"run/step{step}.pt" for step in (1, 2, 10)]
    >>> list(name_networks([NamedModel("nets.py:small", file) for file in files]))
    ['step1', 'step2', 'step10']
    """
    models = [each.name for each in networks]
    files = [each.checkpoint if models.count(each.name) > 1 else None for each in networks]
    of_files = _shorten_files(file for file in files if file is not None)
    of_models = _shorten_models(
        name for name, file in zip(models, files, strict=True) if file is None
    )
    if not set(of_files.values()).isdisjoint(of_models.values()):
        of_files, of_models = {file: file for file in of_files}, {name: name for name in of_models}
    names = [
        of_models[name] if file is None else of_files[file]
        for name, file in zip(models, files, strict=True)
    ]
    named: dict[str, NamedModel] = {}
    for name, network in zip(names, networks, strict=True):
        named[_number(name, named, names) if name in named else name] = network
    return named


def find_network(option: str, text: str, networks: Mapping[str, NamedModel]) -> str:
    """Return the name of the network that the text of an option means.

    The text is a name, a model, a checkpoint, or a position: 0, 1, … or -1, -2, … from the end.

    Raises
    ------
    WrongUsage
        The text means no network, or several.
    """
    if text in networks:
        return text
    names = list(networks)
    meant = [name for name, each in networks.items() if _is_of(text, each)]
    if not meant and re.fullmatch("-?[0-9]+", text) and -len(names) <= int(text) < len(names):
        return names[int(text)]
    if len(meant) == 1:
        return meant[0]
    wrong = f"means {len(meant)} networks: name one of" if meant else "is no network: there are"
    raise WrongUsage(f"{option} {text} {wrong} {list_names([*map(repr, meant or names)], SHOWN)}")


def _is_of(text: str, network: NamedModel) -> bool:
    file = network.checkpoint
    return text == network.name or (file is not None and PurePath(text) == PurePath(file))


def _number(name: str, *taken: Collection[str]) -> str:
    """Return the name with the smallest number from 2 on for which it is not taken."""
    numbered = (f"{name}#{number}" for number in count(2))
    return next(each for each in numbered if not any(each in names for names in taken))


def _shorten_models(names: Iterable[str]) -> dict[str, str]:
    """Return each name, such as hf:who/what@step1, without the parts with which all begin."""
    parts = {}
    for name in names:
        place, opening, arguments = name.partition("(")
        parts[name] = re.findall("[^:/@]*[:/@]|[^:/@]+$", place) or [""]
        # Arguments belong to the last part, whatever they contain.
        parts[name][-1] += opening + arguments
    begin = _count_shared(parts.values())
    return {name: "".join(each[begin:]) for name, each in parts.items()}


def _shorten_files(files: Iterable[str]) -> dict[str, str]:
    """Return each path without the folders with which all begin, and the parts in which all end.

    >>> list(_shorten_files(["run/0/last.pt", "run/1/last.pt"]).values())
    ['0', '1']
    """
    parts = {file: list(PurePath(file).parts) for file in files}
    begin = _count_shared(parts.values())
    end = _count_shared(each[begin:][::-1] for each in parts.values())
    parts = {file: each[begin : len(each) - end] for file, each in parts.items()}
    if end == 0:
        # The names of the files differ, but may end in the same words, such as .pt.
        words = {file: each[-1].split(".") for file, each in parts.items()}
        end = _count_shared(each[::-1] for each in words.values())
        for file, each in words.items():
            parts[file][-1] = ".".join(each[: len(each) - end]) or parts[file][-1]
    return {file: "/".join(each) for file, each in parts.items()}


def _count_shared(lists: Iterable[Sequence[str]]) -> int:
    """Return how many first parts all lists share, not counting the last part of any list."""
    each_place = zip(*(each[:-1] for each in lists), strict=False)
    return sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1, each_place))
