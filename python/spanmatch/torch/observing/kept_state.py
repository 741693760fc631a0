"""The state that a model keeps between runs, which is separate for each observer."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from logging import Filterer
from operator import is_
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.parameter import is_lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Holder: TypeAlias = "dict[Any, Any] | list[Any] | deque[Any] | set[Any]"
"""A holder of tensors that can be replaced: a container, or the attributes of an object."""

# Attributes of every torch module, and those of accelerate, which are not state of a forward pass.
OF_TORCH = frozenset(vars(nn.Module())) | {"_hf_hook"}
DICTS = (dict, OrderedDict, defaultdict)
LISTS = (list, deque, set)
COPIED = (Tensor, tuple, torch.Generator)
PLAIN = frozenset(
    {int, float, str, bytes, bool, complex, type(None), type, torch.dtype, torch.device}
)


class ModelState:
    """The state of a model in a series of runs, kept from run to run and apart from the model's.

    It begins as a copy of the model's own state: buffers, and tensors in the attributes of modules,
    such as the hidden state of a recurrent cell or a cache of keys and values, also in lists,
    dicts, tuples and plain objects. After each run the model has its own state again. Parameters
    are not copied, nor objects that lead to a module, such as a trainer.

    Two observers of one model have separate states, so a model can be compared with itself.

    Examples
    --------
    >>> class Counting(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.register_buffer("seen", torch.zeros(()))
    ...     def forward(self, x):
    ...         self.seen += len(x)
    ...         return x + self.seen
    >>> model, state = Counting(), ModelState()
    >>> for _ in range(2):
    ...     with state.resume(model):
    ...         print(model(torch.zeros(3)))
    tensor([3., 3., 3.])
    tensor([6., 6., 6.])
    >>> model.seen
    tensor(0.)
    """

    def __init__(self) -> None:
        self._kept: dict[int, Kept] = {}

    @property
    def has_moved(self) -> bool:
        """Whether the state differs from the model's own."""
        return any(not _is_equal(kept.contents, kept.original) for kept in self._kept.values())

    @contextmanager
    def resume(self, model: nn.Module) -> Iterator[None]:
        """Run the block with this state. Changes that others made in the model since are adopted.

        The model has its own state again afterwards, even after an error.
        """
        held = [(holder, _list_contents(holder)) for holder in _find_holders(model)]
        copies, changed = Copies(model), set[int]()
        try:
            for holder, original in held:
                kept = self._kept.pop(id(holder), None)
                if kept is not None and kept.mark == _mark(original):
                    own: Holder | None = kept.contents
                else:
                    own = copies.copy_all(original)
                if own is not None:
                    changed.add(id(holder))
                    _fill(holder, own)
            yield
        finally:
            for holder, original in held:
                now = _list_contents(holder)
                if id(holder) in changed or not _is_same(now, original):
                    self._kept[id(holder)] = Kept(holder, original, _mark(original), now)
                    _fill(holder, original)


@dataclass(frozen=True)
class Kept:
    """The contents of one holder after a run."""

    holder: Holder
    """The holder. It is kept alive, as its parts in `original` are, so that ids stay unique."""
    original: Holder
    """Its contents outside of these runs."""
    mark: list[Any]
    """The mark of `original` after the run, which shows whether it has changed since."""
    contents: Holder


class Copies:
    """Copies of tensors, which share memory where the tensors do."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._memories: dict[int, torch.UntypedStorage] = {}

    @cached_property
    def _learned(self) -> set[int | None]:
        """The memory of parameters, of which attributes may be views."""
        return {_get_memory(part) for part in self._model.parameters()}

    def copy_all(self, contents: Holder) -> Holder | None:
        """Return contents whose tensors are copies; None if there are no tensors."""
        values = contents.values() if isinstance(contents, dict) else contents
        if not any(isinstance(value, COPIED) for value in values):
            return None
        copies = [self._copy(value) for value in values]
        if all(map(is_, copies, values)):
            return None
        return dict(zip(contents, copies, strict=True)) if isinstance(contents, dict) else copies

    def _copy(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            fixed = isinstance(value, nn.Parameter) or is_lazy(value)
            return value if fixed else self._copy_tensor(value)
        if isinstance(value, torch.Generator):
            return torch.Generator(value.device).set_state(value.get_state())
        if not isinstance(value, tuple):
            return value
        parts = [self._copy(part) for part in value]
        if all(copy is part for copy, part in zip(parts, value, strict=True)):
            return value
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)

    def _copy_tensor(self, tensor: Tensor) -> Tensor:
        memory = _get_memory(tensor)
        if memory is None:
            return tensor.detach().clone()
        if memory in self._learned:
            return tensor
        if memory not in self._memories:
            self._memories[memory] = tensor.untyped_storage().clone()
        copy = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
        copy.set_(self._memories[memory], tensor.storage_offset(), tensor.size(), tensor.stride())
        return copy.requires_grad_(tensor.requires_grad and tensor.is_leaf)


def _get_memory(tensor: Tensor) -> int | None:
    """Return the key of a tensor's memory, equal for all tensors in it; None without one."""
    plain = type(tensor) in (Tensor, nn.Parameter) and tensor.layout == torch.strided
    if not plain or tensor.is_quantized or tensor.is_conj() or tensor.is_neg():
        return None
    memory: int = tensor.untyped_storage()._cdata
    return memory


def _find_holders(model: nn.Module) -> list[Holder]:
    """Return all objects that may hold state of a model, each once."""
    found: dict[int, Holder] = {}
    modules = [
        module
        for module in model.modules()
        # A lazy module changes its class in its first run.
        if not isinstance(module, ScriptModule | LazyModuleMixin)
    ]
    for module in modules:
        for holder in (vars(module), module._buffers):
            found[id(holder)] = holder
    for module in modules:
        for name, value in vars(module).items():
            if type(value) in PLAIN or isinstance(value, Tensor) or name in OF_TORCH:
                continue
            inside: dict[int, Holder] = {}
            if _look_into(value, inside, found):
                found |= inside
    return list(found.values())


def _look_into(value: Any, inside: dict[int, Holder], known: dict[int, Holder]) -> bool:
    """Add the holders of state in an attribute; return False if it leads to a module."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if kind in PLAIN or isinstance(value, Tensor):
            continue
        if isinstance(value, nn.Module):
            return False
        if isinstance(value, tuple):
            waiting.extend(value)
            continue
        holder = value if kind in DICTS or kind in LISTS else _get_attributes(value)
        if holder is None or id(holder) in inside or id(holder) in known:
            continue
        inside[id(holder)] = holder
        waiting.extend(holder.values() if isinstance(holder, dict) else holder)
    return True


def _get_attributes(value: Any) -> dict[str, Any] | None:
    """Return the attributes of a plain Python object; None for any other object."""
    kind: Any = type(value)
    plain = kind is SimpleNamespace or kind.__new__ is object.__new__
    if not plain or isinstance(value, Enum | Filterer):
        return None
    attributes = getattr(value, "__dict__", None)
    return attributes if type(attributes) is dict else None


def _list_contents(holder: Holder) -> Holder:
    """Return the contents of a holder; for a module, without the attributes of torch."""
    if not isinstance(holder, dict):
        return list(holder)
    if "_parameters" in holder and "_modules" in holder:
        return {name: value for name, value in holder.items() if name not in OF_TORCH}
    return dict(holder)


def _is_same(now: Holder, before: Holder) -> bool:
    """Tell whether two contents hold the same objects, in the same order."""
    if len(now) != len(before):
        return False
    if isinstance(now, dict) and isinstance(before, dict):
        return list(now) == list(before) and all(map(is_, now.values(), before.values()))
    return all(map(is_, now, before))


def _is_equal(now: Any, before: Any) -> bool:
    """Tell whether two contents hold equal numbers, even in different objects."""
    if now is before:
        return True
    if isinstance(now, Tensor) and isinstance(before, Tensor):
        same = (now.shape, now.dtype, now.device) == (before.shape, before.dtype, before.device)
        # Tensors without values, such as weights on the meta device, may have changed.
        plain = now.layout == before.layout == torch.strided and not now.is_nested
        return same and plain and not now.is_meta and torch.equal(now, before)
    if isinstance(now, torch.Generator) and isinstance(before, torch.Generator):
        return torch.equal(now.get_state(), before.get_state())
    if type(now) is not type(before) or not isinstance(now, dict | list | tuple):
        return bool(type(now) in PLAIN and type(now) is type(before) and now == before)
    if len(now) != len(before) or (isinstance(now, dict) and list(now) != list(before)):
        return False
    parts = [each.values() if isinstance(each, dict) else each for each in (now, before)]
    return all(map(_is_equal, *parts))


def _mark(contents: Holder) -> list[Any]:
    """Return a mark that changes when something is added, removed or overwritten."""
    values: Iterable[Any] = contents
    mark: list[Any] = []
    if isinstance(contents, dict):
        mark, values = list(contents), contents.values()
    for value in values:
        for part in value if isinstance(value, tuple) else (value,):
            mark.append(id(part))
            if isinstance(part, Tensor) and not part.is_inference():
                mark.append(part._version)
    return mark


def _fill(holder: Holder, contents: Holder) -> None:
    """Replace the contents of a holder."""
    if not isinstance(holder, dict):
        holder.clear()
        if isinstance(holder, set):
            holder.update(contents)
        else:
            holder.extend(contents)
        return
    assert isinstance(contents, dict)
    now = _list_contents(holder)
    # This keeps their order, too.
    if list(now) != list(contents):
        for name in now:
            del holder[name]
    holder.update(contents)
