"""A model that keeps state is left as it was, and each observer of it has a state of its own."""

from __future__ import annotations

import copy
from collections import OrderedDict, namedtuple
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import weight_norm
from transformers import DynamicCache

from library_models import gpt2
from observing import refuse
from spanmatch.torch import capture, compare, layer_info
from spanmatch.torch.observing.kept_state import ModelState
from spanmatch.torch.observing.model_error import ModelError
from spanmatch.torch.observing.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable

torch.manual_seed(4)
BATCHES = torch.randn(4, 24, 3).unbind()
Halves = namedtuple("Halves", ["h", "c"])


class Keeping(nn.Module):
    """A recurrent cell: `step` reads and writes its state; `begin` is that before the first."""

    def __init__(self, begin: Any, step: Callable[[Any, Tensor], Any]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear, self.act = nn.Linear(3, 3), nn.Tanh()
        self.h: Any = begin
        self.step = step

    def forward(self, x: Tensor) -> Any:
        y = self.act(self.linear(x))
        return y + self.step(self, y)


class Buffered(Keeping):
    def __init__(self, step: Callable[[Any, Tensor], Any]) -> None:
        super().__init__(None, step)
        self.register_buffer("seen", torch.ones(3))
        self.view = self.get_buffer("seen")[1:]


def rebind(cell: Any, y: Tensor) -> Tensor:
    cell.h = y if cell.h is None else 0.5 * cell.h + y
    held: Tensor = cell.h
    return held


def write(cell: Any, y: Tensor) -> Tensor:
    cell.h.mul_(0.5).add_(y.mean(0))
    held: Tensor = cell.h
    return held


def append(cell: Any, y: Tensor) -> Tensor:
    cell.h.append(y)
    return torch.stack(cell.h).sum(0)


def write_inside(cell: Any, y: Tensor) -> Tensor:
    cell.h.layers[0]["keys"][0].mul_(0.5).add_(y.mean(0))
    cell.h.layers.append({"keys": (y.mean(0),)})
    cell.h.count += 1
    kept = [layer["keys"][0] for layer in cell.h.layers]
    held: Tensor = torch.stack(kept).sum(0) + y * cell.h.count
    return held


def write_half(cell: Any, y: Tensor) -> Tensor:
    cell.h = Halves(cell.h.h.add_(y.mean(0)), cell.h.c + 1)
    held: Tensor = cell.h.h + cell.h.c
    return held


def write_data(cell: Any, y: Tensor) -> Tensor:
    # No version counts what is written so; the view writes too.
    cell.seen.data.mul_(0.5).add_(y.mean(0))
    cell.view.data.add_(1)
    held: Tensor = cell.seen.clone()
    return held


def rebind_buffer(cell: Any, y: Tensor) -> Tensor:
    cell.seen = cell.seen + y.mean(0)
    cell.linear.register_buffer("late", y)
    held: Tensor = cell.seen
    return held


def draw(cell: Any, y: Tensor) -> Tensor:
    return y * torch.rand((), generator=cell.h)


def remember(cell: Any, y: Tensor) -> Tensor:
    cell.h.add(len(cell.h))
    return y * len(cell.h)


def drop_oldest(cell: Any, y: Tensor) -> Tensor:
    cell.h[len(y)] = cell.h.popitem(last=False)[1] + y.mean(0)
    held: Tensor = cell.h[len(y)]
    return held


KINDS: dict[str, Callable[[], Keeping]] = {
    "none yet": lambda: Keeping(None, rebind),
    "in place": lambda: Keeping(torch.ones(3), write),
    "empty list": lambda: Keeping([], append),
    "cache": lambda: Keeping(
        SimpleNamespace(layers=[{"keys": (torch.ones(3),)}], count=0), write_inside
    ),
    "named tuple": lambda: Keeping(Halves(torch.ones(3), torch.zeros(3)), write_half),
    "data and view": lambda: Buffered(write_data),
    "buffer": lambda: Buffered(rebind_buffer),
    "generator": lambda: Keeping(torch.Generator().manual_seed(3), draw),
    "set": lambda: Keeping(set(), remember),
    "ordered": lambda: Keeping(OrderedDict({"b": torch.ones(3), "a": torch.ones(3)}), drop_oldest),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def flatten(value: Any) -> Any:
    """Return all a module or its state holds, to be compared."""
    if isinstance(value, nn.Module):
        own = {k: v for k, v in vars(value).items() if k not in ("_modules", "_forward_hooks")}
        return flatten([list(value._modules.values()), own])
    if isinstance(value, torch.Generator):
        return value.get_state().tolist()
    if isinstance(value, Tensor):
        return id(value), value.tolist()
    if isinstance(value, dict):
        return [(key, flatten(part)) for key, part in sorted(value.items(), key=str)]
    if isinstance(value, list | tuple):
        return type(value), [flatten(part) for part in value]
    return flatten(vars(value)) if isinstance(value, SimpleNamespace) else repr(value)


def hooked(net: Keeping) -> list[Tensor]:
    """Return what the model gives for each batch, its state going on, by running a copy of it."""
    other: Any = copy.copy(net)
    other.__dict__ = copy.deepcopy({k: v for k, v in vars(net).items() if k != "h"})
    if isinstance(net.h, torch.Generator):
        other.h = torch.Generator().set_state(net.h.get_state())
    else:
        other.h = copy.deepcopy(net.h)
    if isinstance(net, Buffered):
        other.view = other.seen[1:]
    with torch.no_grad():
        return [other(batch).clone() for batch in BATCHES]


@every_kind
def test_state_goes_on_and_the_model_is_left_as_it_was(kind: str) -> None:
    net = KINDS[kind]()
    wanted, before = hooked(net), flatten(net)
    # Capture enters and leaves its block for each batch.
    found = [rows for _, rows in capture(net, BATCHES, "")]
    assert all(map(torch.equal, found, wanted))
    assert len(found) == 4
    assert not torch.equal(found[2], hooked(net)[0])
    assert flatten(net) == before
    layer_info(net, BATCHES[0])
    assert flatten(net) == before


@every_kind
def test_a_model_against_itself(kind: str) -> None:
    net = KINDS[kind]()
    before = flatten(net)
    comparison = compare(net, net, BATCHES, layers=[""], progress=False)
    assert comparison[""].similarity(1e-7) == 1.0
    assert flatten(net) == before
    # Its parts in another model are parts all the same.
    outer = nn.Sequential(net, nn.Identity())
    shared = compare(net, outer, BATCHES, layers={"": "0"}, progress=False)
    assert shared[""].similarity(1e-7) == 1.0
    assert flatten(net) == before


@every_kind
@pytest.mark.parametrize("failing", ["model", "receiver", "interrupt"])
def test_errors_leave_it_as_it_was(kind: str, failing: str) -> None:
    net = KINDS[kind]()
    before = flatten(net)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    receive: Any = {"receiver": refuse, "interrupt": interrupt}.get(failing, lambda *_: None)
    with suppress(ModelError, LookupError, KeyboardInterrupt), Observer(net, "act") as observer:
        observer.run(BATCHES[0], lambda *_: None)
        observer.run(torch.ones(24, 4) if failing == "model" else BATCHES[1], receive)
        raise AssertionError
    assert flatten(net) == before


def test_what_others_change_between_runs_is_taken_anew() -> None:
    net = KINDS["in place"]()
    runs = capture(net, BATCHES, [""])
    next(runs)
    net.h.zero_()
    wanted = hooked(net)
    # From zeros now: the second batch is the first of the new state.
    with torch.no_grad():
        y = net.act(net.linear(BATCHES[1]))
    assert torch.equal(next(runs)[1], y + y.mean(0))
    assert torch.equal(net.h, torch.zeros(3))
    assert len(wanted) == 4


def test_weights_are_not_copied() -> None:
    net: Any = nn.Sequential(nn.LSTM(3, 3, batch_first=True))
    pointers: list[list[int]] = []
    with ModelState().resume(net):
        pointers.append([part.data_ptr() for part in net[0]._flat_weights])
    assert pointers == [[part.data_ptr() for part in net.parameters()]]


@pytest.mark.filterwarnings("ignore:.*weight_norm")
def test_computed_weights_keep_their_gradients() -> None:
    net = nn.Sequential(weight_norm(nn.Linear(3, 2)))
    before = net[0].weight
    assert before.requires_grad
    dict(capture(net, [BATCHES[0]]))
    assert net[0].weight is before


def test_what_leads_to_a_module_is_no_state() -> None:
    net = KINDS["in place"]()
    held: Any = net
    held.trainer = trainer = SimpleNamespace(states=[torch.ones(3)], model=net)
    with ModelState().resume(net):
        assert held.trainer is trainer
        trainer.states[0] += 1
    assert torch.equal(trainer.states[0], torch.full((3,), 2.0))


def test_lazy_modules_still_become_what_they_become() -> None:
    net: Any = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    found = dict(capture(net, [BATCHES[0]]))
    assert found["1"].shape == (24, 3)
    assert (type(net[0]), net[0].in_features) == (nn.Linear, 3)


class Caching(nn.Module):
    """A language model that goes on with the text of the batch before."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.language, self.cache = gpt2(), DynamicCache()

    def forward(self, ids: Tensor) -> Any:
        return self.language(ids, past_key_values=self.cache, use_cache=True).logits


@pytest.mark.filterwarnings("ignore:`past_key_values` is deprecated:FutureWarning")
def test_a_cache_of_transformers() -> None:
    texts = torch.randint(0, 50, (3, 40, 5), generator=torch.Generator().manual_seed(1)).unbind()
    net, layer = Caching(), "language.transformer.h.1"
    kept: list[Tensor] = []
    by_hand = Caching().eval()
    by_hand.get_submodule(layer).register_forward_hook(
        lambda _, __, out: kept.append(out[0] if isinstance(out, tuple) else out)
    )
    with torch.no_grad():
        for text in texts:
            by_hand(text)
    found = [rows for _, rows in capture(net, texts, layer)]
    torch.testing.assert_close(torch.cat(found), torch.cat(kept).flatten(0, 1))
    comparison = compare(net, net, texts, layers=[layer], progress=False)
    assert comparison[layer].similarity(0.0) == 1.0
    assert net.cache.get_seq_length() == 0


def test_attributes_that_take_gradients_still_do() -> None:
    net = KINDS["in place"]()
    net.h.requires_grad_()
    net.step = lambda cell, y: torch.autograd.grad((cell.h**2).sum(), cell.h)[0] + y
    with torch.enable_grad():
        wanted = net(BATCHES[0]).detach()
    net.forward = torch.enable_grad()(net.forward)  # type: ignore[method-assign]
    assert torch.equal(dict(capture(net, BATCHES[:1], ""))[""], wanted)


@pytest.mark.parametrize(
    "buffer",
    [torch.ones(3), torch.ones(3, device="meta"), torch.eye(3).to_sparse()],
    ids=["plain", "without memory", "sparse"],
)
@pytest.mark.parametrize("writes", [False, True])
def test_a_state_is_said_to_have_moved_where_its_numbers_are_others(
    writes: bool, buffer: Tensor
) -> None:
    """What cannot be looked at may have: a run more is made, and nothing else is lost."""

    class Holding(nn.Module):
        held: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("held", buffer)

        def forward(self, x: Tensor) -> Tensor:
            if writes:
                self.held = self.held * 2
            return x

    model, state = Holding(), ModelState()
    with state.resume(model):
        model(torch.ones(2))
    plain = buffer.layout == torch.strided and not buffer.is_meta
    assert state.has_moved is (writes or not plain)
    assert model.held is buffer
