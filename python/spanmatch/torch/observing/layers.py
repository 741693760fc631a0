"""The choice of a model's layers by globs over the names of its modules."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from torch import nn
from torch.optim.swa_utils import AveragedModel

from spanmatch.torch.observing.layer_globs import LayerGlobs, takes_away

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LayerChoice: TypeAlias = "str | Sequence[str] | None"
"""A glob or name, several of these, or None for every leaf that computes something.

The last pattern that matches a layer decides: one that begins with "!" takes it away, from every
leaf if there are no others. A star matches dots too, but in a choice that has ** somewhere.
"""

# Layers that pass on their input in eval mode. Other libraries use the same names.
PASSING = (nn.modules.dropout._DropoutNd, nn.Identity, nn.Flatten)
PASSING_NAMES = ("Dropout", "DropPath", "DropBlock", "DropBlock2d", "StochasticDepth")
# This module uses the weights of its children and never calls them, so it counts as a leaf.
CLOSED = (nn.MultiheadAttention,)
# The children of these hold packed weights.
QUANTISED = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized")
WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel, AveragedModel)
INNER = ("_orig_mod", "_checkpoint_wrapped_module")
# Where torch keeps modules that compute a weight, as in weight normalisation.
WEIGHTS = "parametrizations"
# The number of similar names that an error shows.
NEAREST = 4


@dataclass(frozen=True)
class ChosenLayers:
    """The chosen layers of a model."""

    modules: dict[str, nn.Module]
    """The modules by name, in the order of the model; the first of several names counts."""
    named: frozenset[str]
    """The layers that the user named in full, which must have an output."""


def choose_layers(model: nn.Module, choice: LayerChoice = None) -> ChosenLayers:
    """Return the layers of `model` that `choice` matches.

    Raises
    ------
    TypeError
        `choice` holds other things than strings.
    ValueError
        A glob or name matches no module, and the message lists the nearest names; or one that
        begins with "!" takes nothing away, or everything.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(), nn.Linear(3, 2))
    >>> list(choose_layers(model).modules)
    ['0', '1', '3']
    >>> list(choose_layers(model, "[12]").modules)
    ['1', '2']
    >>> list(choose_layers(model, "!1").modules)
    ['0', '3']
    """
    if choice is None:
        leaves = {name: module for name, module in _find_leaves(model) if not _passes(module)}
        if not leaves:
            raise ValueError(f"{type(model).__name__} has no layers: name the modules in `layers`")
        return ChosenLayers(_keep_first_names(leaves), frozenset())
    globs = LayerGlobs(_as_patterns(choice))
    modules = dict(name_modules(model))
    first = {module: name for name, module in reversed(modules.items())}
    found = set(choose_layers(model).modules) if globs.only_take_away else set()
    named: set[str] = set()
    for pattern in globs.patterns:
        names = globs.match(pattern, modules)
        if not names:
            near = ", ".join(map(repr, _find_nearest(pattern, list(modules))))
            raise ValueError(f"no layer of {type(model).__name__} is {pattern!r}; near are: {near}")
        matched = {first[modules[name]] for name in names}
        if takes_away(pattern):
            _check_takes_something(pattern, matched, found)
            found -= matched
            named -= matched
            continue
        found |= matched
        if pattern in modules:
            named.add(first[modules[pattern]])
    if not found:
        raise ValueError(
            f"`layers` takes away all that it chose of {type(model).__name__}: leave a pattern out"
        )
    return ChosenLayers(
        {name: modules[name] for name in modules if name in found}, frozenset(named)
    )


def order_as_given(names: Sequence[str], model: nn.Module, choice: LayerChoice) -> list[str]:
    """Sort chosen layers by their pattern, and those of one pattern as in the model."""
    if choice is None or isinstance(choice, str):
        return list(names)
    globs, modules = LayerGlobs(choice), dict(name_modules(model))
    if globs.only_take_away:
        return list(names)
    first = {module: name for name, module in reversed(modules.items())}
    adding = (pattern for pattern in globs.patterns if not takes_away(pattern))
    matched = (first[modules[name]] for pattern in adding for name in globs.match(pattern, modules))
    chosen = set(names)
    return list(dict.fromkeys(name for name in matched if name in chosen))


def name_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield every module under all its names, without the names of wrappers.

    The whole model comes first, its name empty.
    """
    yield from _walk(unwrap(model), "")


def unwrap(module: nn.Module) -> nn.Module:
    """Return the module inside a wrapper, or the module itself.

    Wrappers are DataParallel, DistributedDataParallel, torch.compile, the averaged model of
    `torch.optim.swa_utils`, and those that checkpoint or offload activations.

    >>> unwrap(nn.DataParallel(nn.Linear(2, 2)))
    Linear(in_features=2, out_features=2, bias=True)
    """
    while True:
        # Other types are known only once the modules that define them are imported.
        names = ("module",) if isinstance(module, WRAPPERS) else INNER
        inner = next((module._modules[name] for name in names if name in module._modules), None)
        if inner is None:
            return module
        module = inner


def _walk(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    yield name, module
    for part, child in _list_children(module):
        yield from _walk(unwrap(child), f"{name}.{part}" if name else part)


def _list_children(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for part, child in module._modules.items():
        if child is not None and part != WEIGHTS:
            yield part, child


def _find_leaves(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    closed = None
    for name, module in name_modules(model):
        if closed is not None and name.startswith(closed):
            continue
        if _is_closed(module):
            closed = f"{name}." if name else ""
        if _is_closed(module) or not any(_list_children(module)):
            yield name, module


def _is_closed(module: nn.Module) -> bool:
    return isinstance(module, CLOSED) or type(module).__module__.startswith(QUANTISED)


def _passes(module: nn.Module) -> bool:
    return isinstance(module, PASSING) or type(module).__name__ in PASSING_NAMES


def _keep_first_names(modules: dict[str, nn.Module]) -> dict[str, nn.Module]:
    first = {module: name for name, module in reversed(modules.items())}
    return {name: module for name, module in modules.items() if first[module] == name}


def _as_patterns(choice: str | Sequence[str]) -> list[str]:
    patterns = [choice] if isinstance(choice, str) else list(choice)
    wrong = next((part for part in patterns if not isinstance(part, str)), None)
    if wrong is not None:
        raise TypeError(f"`layers` holds a {type(wrong).__name__}: pass names or globs, as strings")
    if not patterns:
        raise ValueError("`layers` is empty: pass names or globs, or None for every leaf")
    return patterns


def _check_takes_something(pattern: str, matched: set[str], found: set[str]) -> None:
    """Raise ValueError if a name to take away does not exist, since it may be misspelt.

    One that comes first has nothing to take away, since a later pattern decides.
    """
    if found and not matched & found:
        near = ", ".join(map(repr, _find_nearest(pattern, sorted(found))))
        raise ValueError(
            f"{pattern!r} takes nothing away: {min(matched)!r} is not among the layers chosen so "
            f"far; near are: {near}"
        )


def _find_nearest(pattern: str, names: list[str]) -> list[str]:
    wanted = SequenceMatcher(b=pattern.strip("!*?."))

    def measure_likeness(name: str) -> float:
        wanted.set_seq1(name)
        return wanted.ratio()

    return sorted(filter(None, names), key=measure_likeness, reverse=True)[:NEAREST]
