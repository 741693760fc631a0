"""Models as they are used: compiled in part, quantised, adapted, averaged, checkpointed."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.optim.swa_utils import AveragedModel
from torch.utils.checkpoint import checkpoint

from spanmatch.torch import capture, compare, layer_info

if TYPE_CHECKING:
    from collections.abc import Callable

X = torch.randn(60, 4, generator=torch.Generator().manual_seed(8))
TOKENS = torch.randn(30, 5, 4, generator=torch.Generator().manual_seed(9))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear, self.act = nn.Linear(4, 4), nn.ReLU()

    def forward(self, x: Tensor) -> Any:
        return self.act(self.linear(x))


BLOCK = Block()


def hooked(model: nn.Module, names: list[str], x: Tensor = X) -> dict[str, Tensor]:
    kept: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        return lambda _, __, out: kept.update({name: (out[0] if type(out) is tuple else out) + 0})

    handles = [model.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    with torch.no_grad():
        model.eval()(x)
    for handle in handles:
        handle.remove()
    return kept


def agree(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    assert list(found) == list(wanted)
    for name, rows in found.items():
        torch.testing.assert_close(rows, wanted[name].flatten(0, -2))


class Holding(nn.Module):
    def __init__(self, call: Callable[[nn.Module, Tensor], Any]) -> None:
        super().__init__()
        self.block, self.call = deepcopy(BLOCK), call

    def forward(self, x: Tensor) -> Any:
        return self.call(self.block, x)


@torch.compile(fullgraph=True, backend="eager")
def run_compiled(block: nn.Module, x: Tensor) -> Any:
    return block(x)


class Decorated(Holding):
    @torch.compile(fullgraph=True, backend="eager")
    def forward(self, x: Tensor) -> Any:
        return self.block(x)


def compiled_forward() -> nn.Module:
    net = Holding(lambda block, x: block(x))
    net.block.forward = torch.compile(net.block.forward, fullgraph=True, backend="eager")  # type: ignore[method-assign]
    return net


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
@pytest.mark.parametrize(
    "make",
    [
        lambda: Holding(run_compiled),
        lambda: Decorated(lambda *_: None),
        compiled_forward,
        lambda: Holding(lambda block, x: checkpoint(block, x, use_reentrant=False)),
        lambda: Holding(lambda block, x: checkpoint(block, x, use_reentrant=True)),
    ],
)
def test_what_runs_a_block_in_its_own_way(make: Callable[[], Any]) -> None:
    wanted = hooked(BLOCK, ["linear", "act"])
    net = make()
    net(X)  # compiled before, where it is
    found = dict(capture(net, [X]))
    agree(found, {f"block.{name}": rows for name, rows in wanted.items()})
    assert compare(net, net, [X], progress=False).similarity(0.0).tolist() == [1.0, 1.0]
    # Outside it is compiled as before.
    assert net(X.clone().requires_grad_()).requires_grad


@pytest.mark.parametrize(
    ("wrap", "prefix"),
    [
        (AveragedModel, ""),
        (checkpoint_wrapper, ""),
        (lambda block: AveragedModel(nn.DataParallel(block)), ""),
        (lambda block: nn.Sequential(checkpoint_wrapper(block)), "0."),
        (lambda block: AveragedModel(nn.Sequential(checkpoint_wrapper(block))), "0."),
    ],
)
def test_wrappers_are_looked_through(wrap: Callable[[nn.Module], nn.Module], prefix: str) -> None:
    net = wrap(deepcopy(BLOCK))
    before = [name for name, _ in net.named_modules()]
    wanted = hooked(BLOCK, ["linear", "act"])
    agree(dict(capture(net, [X])), {prefix + name: rows for name, rows in wanted.items()})
    assert [name for name, _ in net.named_modules()] == before
    plain = nn.Sequential(BLOCK) if prefix else BLOCK
    assert compare(plain, net, [X], progress=False).similarity(1e-6).tolist() == [1.0, 1.0]


class ByForward(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Any:
        return self.last(self.first.forward(x))


class Adapted(nn.Module):
    """A linear layer with a low-rank adapter, as LoRA has them."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.base = nn.Linear(4, 4)
        self.down, self.up = nn.Linear(4, 2, bias=False), nn.Linear(2, 4, bias=False)
        nn.init.zeros_(self.up.weight)
        self.merged = False

    def forward(self, x: Tensor) -> Any:
        return self.base(x) if self.merged else self.base(x) + self.up(self.down(x))


def test_a_named_layer_that_no_hook_sees() -> None:
    merged = Adapted()
    merged.merged = True
    for net, name in ((ByForward(), "first"), (merged, "up")):
        with pytest.raises(ValueError, match=rf"{name!r} .*called by its `forward`.*is merged"):
            dict(capture(net, [X], [name]))
    assert list(dict(capture(ByForward(), [X]))) == ["last"]


def test_low_rank_adapters() -> None:
    net: Any = nn.Sequential(Adapted(), nn.ReLU())
    nn.init.normal_(net[0].up.weight)
    names = ["0.base", "0.down", "0.up", "0", "1"]
    agree(dict(capture(net, [X], names)), hooked(net, names))
    assert list(dict(capture(net, [X]))) == ["0.base", "0.down", "0.up", "1"]
    plain: Any = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    with torch.no_grad():
        adapter = net[0].up.weight @ net[0].down.weight
        plain[0].weight.copy_(net[0].base.weight + adapter)
        plain[0].bias.copy_(net[0].base.bias)
    comparison = compare(net, plain, [X], layers=["0", "1"], progress=False)
    assert comparison.similarity(1e-6).tolist() == [1.0, 1.0]


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.rnn, self.head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Any:
        return self.head(self.rnn(x)[0])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize(
    ("make", "x", "names"),
    [
        (lambda: nn.Sequential(Block(), nn.Linear(4, 2)), X, ["0.linear", "0.act", "1"]),
        (Recurrent, TOKENS, ["rnn", "head"]),
    ],
)
def test_dynamically_quantised(make: Callable[[], nn.Module], x: Tensor, names: list[str]) -> None:
    net = make()
    quantised = torch.ao.quantization.quantize_dynamic(net, {nn.Linear, nn.LSTM})
    agree(dict(capture(quantised, [x])), hooked(quantised, names, x))
    assert [layer.name for layer in layer_info(quantised, x)] == names
    assert compare(quantised, quantised, [x], progress=False).similarity(0.0).tolist() == (
        [1.0] * len(names)
    )
    assert compare(net, quantised, [x], progress=False).similarity(0.1).tolist() == (
        [1.0] * len(names)
    )
