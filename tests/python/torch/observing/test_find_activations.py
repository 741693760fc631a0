"""The output of a layer in what it returns: found in every form, or refused in words."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence
from transformers.modeling_outputs import BaseModelOutput

from observing import Returns, seen
from spanmatch.torch import capture, compare
from spanmatch.torch.observing.activations import UnreadableError, find_activations

X = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(2))


@dataclass
class Output:
    ids: Tensor
    inner: Any
    other: Tensor | None = None


class Named(NamedTuple):
    loss: Tensor
    hidden: Tensor


@pytest.mark.parametrize(
    "what",
    [
        lambda x: Output(x.long(), x, x + 1),
        lambda x: Output(x.long(), Output(x.sum(), [None, x])),
        lambda x: SimpleNamespace(loss=x.sum(), hidden=x),
        lambda x: Named(x.sum(), x),
        lambda x: BaseModelOutput(last_hidden_state=x, hidden_states=(x + 1,)),
        lambda x: {"loss": x.sum(), "rest": (Output(x.long(), x),)},
        lambda x: (x.long().to_sparse(), x),
    ],
)
def test_it_is_found_in_every_form(what: Any) -> None:
    net = nn.Sequential(Returns(what), Returns(lambda _: X))
    assert torch.equal(seen(net, X, axis=2)["0"].values, X)


def test_a_type_is_no_output() -> None:
    assert find_activations(Output) is None
    assert find_activations(torch.distributions.Normal(X, X.exp())) is None


def pack(x: Tensor, lengths: list[int]) -> PackedSequence:
    return pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)


class Packed(nn.Module):
    def __init__(self, lengths: list[int]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.lengths = lengths
        self.rnn = nn.GRU(3, 6, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Any:
        _, last = self.rnn(pack(x, self.lengths))
        return self.head(last[0])


def test_sequences_packed_at_one_length_are_unpacked() -> None:
    net = Packed([5, 5, 5, 5])
    with torch.no_grad():
        wanted = net.rnn(X)[0]
    ((_, rows),) = capture(net, [X], "rnn", axis=2)
    torch.testing.assert_close(rows, wanted.flatten(0, 1))


class Beside(nn.Module):
    def __init__(self, what: Any) -> None:
        super().__init__()
        self.odd, self.plain = Returns(what), Returns(lambda x: 2 * x)

    def forward(self, x: Tensor) -> Any:
        self.odd(x)
        return self.plain(x)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda x: pack(x, [5, 2, 4, 3]), "a PackedSequence of several lengths"),
        # The state after it is not what was meant.
        (lambda x: (pack(x, [5, 2, 4, 3]), x), "a PackedSequence of several lengths"),
        (lambda x: x.to_sparse(), r"a tensor laid out as torch.sparse_coo.*to_dense\(\)"),
        (lambda x: Output(x.long(), x[0].to_sparse_csr()), "torch.sparse_csr"),
        (lambda x: torch.nested.nested_tensor([x[0], x[1, :2]]), "a nested tensor"),
        (lambda x: x.to_mkldnn(), "torch._mkldnn"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*(nested|Sparse)")
def test_what_cannot_be_read_is_refused_in_words(what: Any, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        find_activations(what(X))
    net = Beside(what)
    with pytest.raises(ValueError, match=f"layer 'odd' returned .*{words}"):
        dict(capture(net, [X], "odd"))
    with pytest.raises(ValueError, match=f"none of the chosen .*{words}"):
        dict(capture(net, [X], "[o]dd"))
    # By default it is passed over.
    assert list(seen(net, X, axis={"plain": 2}, layers=["plain", "*"])) == ["plain"]


def test_packed_layers_are_not_compared_by_their_states() -> None:
    net = Packed([5, 2, 4, 3])
    with pytest.raises(ValueError, match="layer 'rnn' returned a PackedSequence"):
        compare(net, net, [X], layers=["rnn"], progress=False)
