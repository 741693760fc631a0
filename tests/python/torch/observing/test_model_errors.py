"""What goes wrong inside a model names the layer and the batch."""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from observing import IMAGES, Returns, model, refuse, seen
from spanmatch.torch.observing.model_error import ModelError
from spanmatch.torch.observing.observer import Observer


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x: Tensor) -> Any:
        return self.attention(x, x, x)


class Missing(Attending):
    def forward(self, x: Tensor, other: Tensor) -> Any:  # type: ignore[override]
        return super().forward(x + other)


class Failing(nn.Module):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2, 2), Raises(error))

    def forward(self, x: Tensor) -> Any:
        return self.inner(x)


class Raises(nn.Module):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[0] == 3:
            raise self.error
        return x


def test_an_error_in_the_model_names_layer_and_batch() -> None:
    error = KeyError("lost")
    with Observer(Failing(error)) as observed:
        observed.run(torch.ones(2, 2), lambda *_: None)
        with pytest.raises(
            ModelError, match=r"^layer 'inner.1' \(Raises\), batch 1 \(counted from 0\): KeyError"
        ) as caught:
            observed.run(torch.ones(3, 2), lambda *_: None)
        assert caught.value.__cause__ is error
    with pytest.raises(ModelError, match=r"layer '0' \(Conv2d\), batch 0"):
        seen(model(), torch.ones(2, 2, 6, 6))
    with pytest.raises(ModelError, match=r"the model \(Missing\)|batch 0.*missing 1 required"):
        seen(Missing(), {"x": torch.ones(2, 3, 4)})


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_interrupts_come_through(kind: type[BaseException]) -> None:
    error = kind()
    with pytest.raises(kind) as caught:
        seen(Failing(error), torch.ones(3, 2))
    assert caught.value is error


def test_what_the_receiver_raises_comes_out_as_it_is() -> None:
    class Forgiving(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Any:
            with suppress(Exception):
                return self.linear(x)
            return x

    for net in (nn.Sequential(nn.Linear(2, 2)), Forgiving()):
        with Observer(net, "*") as observed, pytest.raises(LookupError, match="refused"):
            observed.run(torch.ones(2, 2), refuse)


def test_a_named_layer_that_never_runs() -> None:
    with pytest.raises(ValueError, match=r"'attention\.out_proj' is not part of the forward pass"):
        seen(Attending(), torch.ones(2, 3, 4), ["attention.out_proj", "attention"])
    # Found by a glob, it is passed over.
    assert list(seen(Attending(), torch.ones(2, 3, 4), "*")) == ["attention"]


@pytest.mark.parametrize(
    "what", [lambda x: x.long(), lambda x: x.sum(), lambda x: "text", lambda x: x.to_sparse()]
)
def test_what_gives_no_activations(what: Any) -> None:
    x = torch.ones(3, 2)
    net = nn.Sequential(Returns(what), Returns(lambda _: x))
    assert list(seen(net, x)) == ["1"]
    with pytest.raises(ValueError, match=r"layer '0' returned a .*(floats|dense)"):
        seen(net, x, ["0", "1"])
    with pytest.raises(ValueError, match="none of the chosen layers"):
        seen(net, x, "[0]")


class Ragged(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(len(x)):
            x = self.linear(x)
        return x


def test_a_layer_that_runs_more_often_for_another_batch() -> None:
    with Observer(Ragged()) as observed:
        observed.run(torch.ones(2, 2), lambda *_: None)
        with pytest.raises(ValueError, match=r"batch 1.*'linear' ran 3 times, but 2 times"):
            observed.run(torch.ones(3, 2), lambda *_: None)


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ("text", "batch 0.*a batch is a str"),
        ((IMAGES, IMAGES, IMAGES), "tuple of Tensor, Tensor, Tensor"),
        ((), "tuple of "),
        (IMAGES.numpy(), "ndarray"),
    ],
)
def test_what_is_no_batch(batch: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        seen(model(), batch)


def test_what_is_no_model_or_scripted() -> None:
    with pytest.raises(TypeError, match="a function"):
        Observer(lambda x: x)  # type: ignore[arg-type]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # newer torch would have it exported
        scripted = torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2))
    with pytest.raises(TypeError, match="layer '0' is TorchScript"):
        Observer(nn.Sequential(scripted, nn.ReLU()))
    # Beside the chosen layers it does no harm.
    assert list(seen(nn.Sequential(scripted, nn.ReLU()), torch.ones(1, 2), "1")) == ["1"]
