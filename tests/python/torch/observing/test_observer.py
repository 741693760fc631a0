"""A model under observation is left as it was; what it gives is handed over as it was."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from observing import IMAGES, Returns, model, refuse, seen, state
from spanmatch.torch.observing.activations import Activations
from spanmatch.torch.observing.model_error import ModelError
from spanmatch.torch.observing.observer import Observer


@pytest.mark.parametrize("training", [[], [0], [1, 4], [0, 1, 2, 3, 4, 5]])
@pytest.mark.parametrize("failing", [None, "model", "receiver", "interrupt"])
def test_all_is_as_before(training: list[int], failing: str | None) -> None:
    net = model().eval()
    for at in training:
        net[at].train()
    stranger = net[0].register_forward_hook(lambda *_: None)
    before, buffers = state(net), {k: v.clone() for k, v in net.state_dict().items()}
    receive: Any = refuse if failing == "receiver" else lambda *_: None
    if failing == "interrupt":

        def receive(*_: Any) -> None:
            raise KeyboardInterrupt

    observed = Observer(net)
    with suppress(ModelError, LookupError, KeyboardInterrupt), observed:
        assert not any(part.training for part in net.modules())
        observed.run(IMAGES[..., :5] if failing == "model" else IMAGES, receive)
        assert failing is None
    assert state(net) == before
    assert all(torch.equal(buffers[name], held) for name, held in net.state_dict().items())
    stranger.remove()


def test_nothing_is_left_where_entering_fails() -> None:
    class Deaf(nn.Linear):
        def register_forward_hook(self, *args: Any, **options: Any) -> Any:
            raise LookupError

    net = nn.Sequential(nn.Linear(2, 2), Deaf(2, 2))
    before = state(net)
    with pytest.raises(LookupError), Observer(net):
        pass
    assert state(net) == before


def test_eval_and_train_of_the_model_are_not_called() -> None:
    class Merging(nn.Linear):
        def train(self, mode: bool = True) -> Any:
            raise AssertionError

    net = nn.Sequential(Merging(2, 2), nn.Dropout())
    seen(net, torch.ones(3, 2))
    assert net[0].training


class Noisy(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.rand_like(x)


@pytest.mark.parametrize("failing", [False, True])
def test_random_numbers_go_on_from_where_they_were(failing: bool) -> None:
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    with suppress(LookupError), Observer(Noisy(), trace=False) as observed:
        observed.run(torch.ones(2, 3), refuse if failing else lambda *_: None)
    assert torch.equal(torch.rand(4), wanted)


def test_gradients_stay_on_outside_and_off_inside() -> None:
    with Observer(model()) as observed:
        modes = []
        observed.run(IMAGES, lambda *_: modes.append(torch.is_grad_enabled()))
        assert torch.is_grad_enabled()
    assert not any(modes)
    assert not any(what.values.requires_grad for what in seen(GradsOn(), torch.ones(2, 3)).values())


class GradsOn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)

    @torch.enable_grad()
    def forward(self, x: Tensor) -> Any:
        return self.linear(x)


def test_values_are_seen_before_a_later_layer_writes_over_them() -> None:
    net = model()
    found = seen(net, IMAGES)
    net.eval()
    with torch.no_grad():
        maps = net[0](IMAGES)
        normed = net[1](maps)
        assert torch.equal(found["0"].rows(), maps.permute(0, 2, 3, 1).reshape(-1, 4))
        assert torch.equal(found["1"].rows(), normed.permute(0, 2, 3, 1).reshape(-1, 4))
        assert (found["1"].values < 0).any()
        assert (found["2"].values >= 0).all()


def test_user_hooks_come_first() -> None:
    net = model()
    net[5].register_forward_hook(lambda *_: torch.full((5, 3), 7.0))
    assert (seen(net, IMAGES, "5")["5"].values == 7).all()


@pytest.mark.parametrize(
    "what",
    [
        lambda x: (x, x + 1),
        lambda x: [None, x],
        lambda x: {"loss": x.sum(), "hidden": x, "other": x + 1},
        lambda x: ((x.long(), x), x + 1),
    ],
)
def test_the_first_activations_in_what_is_returned(what: Any) -> None:
    x = torch.randn(3, 2)
    net = nn.Sequential(Returns(what), Returns(lambda _: x))
    assert torch.equal(seen(net, x)["0"].values, x)


def test_batches() -> None:
    wanted = seen(model(), IMAGES)["5"].values
    for batch in ((IMAGES, torch.zeros(5)), [IMAGES], {"input": IMAGES}, ({"input": IMAGES}, 1)):
        assert torch.equal(seen(model(), batch)["5"].values, wanted)


class OnMeta(nn.Module):
    """It has no parameters: only its buffer tells where it lies."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("shift", torch.ones(2, device="meta"))

    def forward(self, x: Tensor, other: Tensor | None = None, factor: int = 1) -> Tensor:
        return x * factor if other is None else x + other


def test_inputs_go_where_the_model_lies() -> None:
    x = torch.ones(3, 2)
    for batch in (x, (x, x), {"x": x, "other": x, "factor": 2}):
        assert seen(OnMeta(), batch, trace=False)[""].values.device.type == "meta"
    assert seen(OnMeta(), x, trace=False, device="cpu")[""].values.device.type == "cpu"


def test_rows_copy_only_what_they_must() -> None:
    tokens, maps = torch.randn(2, 3, 4), torch.randn(2, 3, 4, 5)
    assert Activations(tokens, 2).rows().data_ptr() == tokens.data_ptr()
    for what in (Activations(tokens, 2), Activations(maps, 1)):
        kept = what.copy()
        assert kept.values.data_ptr() != what.values.data_ptr()
        assert kept.rows().data_ptr() == kept.values.data_ptr()
        assert torch.equal(kept.rows(), what.rows())
        assert (kept.n_items, kept.n_neurons) == (what.n_items, what.n_neurons)
        assert kept.positions == what.positions
    # Maps in channels-last memory are rows already, and so could be written over.
    last = maps.to(memory_format=torch.channels_last)
    assert Activations(last, 1).rows().data_ptr() == last.data_ptr()
    assert Activations(last, 1).copy().values.data_ptr() != last.data_ptr()


def test_rows_of_layers_that_take_a_batch_apart_are_known() -> None:
    net = nn.Sequential(Returns(lambda x: x.reshape(8, 3, 2)), nn.Linear(2, 4))
    found = seen(net, torch.ones(4, 12))["1"]
    assert (found.n_items, found.positions, found.rows().shape) == (4, (2, 3), (24, 4))
    untraced = seen(net, torch.ones(4, 12), trace=False)["1"]
    assert (untraced.n_items, untraced.rows().shape) == (8, (24, 4))


def test_the_block_may_run_the_model_itself() -> None:
    net, told = model(), list[str]()
    with Observer(net) as observed:
        net(IMAGES)
        observed.run(IMAGES, lambda name, *_: told.append(name))
        net(IMAGES)
    assert told == list(seen(net, IMAGES))
