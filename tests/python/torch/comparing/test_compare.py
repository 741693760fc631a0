"""`compare`: the spectra that pairs filled by hand have, whatever the layers are called."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

import spanmatch as sm
from hand_made_pairs import BATCHES, IMAGES, LABELS, A, B, Net, assert_near, pair_by_hand
from spanmatch.solve.means import NOTE
from spanmatch.torch import ModelError, compare

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("center", [False, True])
def test_every_layer_is_the_pair_filled_by_hand(center: bool) -> None:
    comparison = compare(A, B, BATCHES, center=center, progress=False)
    assert set(comparison) == set(LABELS)
    assert comparison.inputs == 48
    # Untrained, the last layer is nearly constant.
    assert dict(comparison.notes) == ({} if center else {"fc": NOTE})
    for layer in LABELS:
        pair = pair_by_hand(A, B, layer, layer)
        assert comparison[layer] == sm.spectrum(pair, center=center)
        assert comparison.one_to_one[layer] == sm.one_to_one(pair, center=center)
        assert comparison.pair(layer).__reduce__()[1][0][:3] == pair.__reduce__()[1][0][:3]
        assert sm.measures(comparison.pair(layer)) == sm.measures(pair)


def test_copies_match_at_zero_and_other_seeds_do_not() -> None:
    same = compare(A, Net(0), BATCHES, progress=False)
    np.testing.assert_array_equal(same.similarity(0.0), 1.0)
    assert compare(A, A, BATCHES, progress=False) == same
    other = compare(A, B, BATCHES, layers="conv*", progress=False)
    assert (other.similarity(0.0) < 1.0).all()


def test_layers_are_chosen_by_globs_and_mappings() -> None:
    whole = compare(A, B, BATCHES, progress=False)
    assert compare(A, B, BATCHES, layers="conv?", progress=False).layers == ("conv1", "conv2")
    mapped = compare(A, B, BATCHES, layers={"conv2": "pool", "fc": "fc"}, progress=False)
    assert mapped.layers == ("conv2", "fc")
    assert mapped["fc"] == whole["fc"]
    assert_near(mapped["conv2"], sm.spectrum(pair_by_hand(A, B, "conv2", "pool", means=True)))
    # Where it is owed to means, which these untrained layers are, a note says that too.
    assert (
        mapped.notes["conv2"].split("; ")[0]
        == "with pool of B, mean over positions: 8 × 8 against 4 × 4"
    )
    in_order = compare(A, B, BATCHES, layers=["conv2", "fc"], layers_b=["p*", "fc"], progress=False)
    assert in_order == mapped
    # As they are given, and not as the models have them.
    turned = compare(A, B, BATCHES, layers=["fc", "conv2"], layers_b=["fc", "p*"], progress=False)
    assert turned.layers == ("fc", "conv2")
    assert turned["conv2"] == mapped["conv2"]


def test_positions_that_differ_are_averaged_and_said() -> None:
    coarse = Net(1, stride=2)
    comparison = compare(A, coarse, BATCHES, layers=["conv1", "fc"], progress=False)
    wanted = sm.spectrum(pair_by_hand(A, coarse, "conv1", "conv1", means=True))
    assert_near(comparison["conv1"], wanted)
    assert comparison["conv1"].n_samples == 48
    assert comparison.notes["conv1"] == "mean over positions: 8 × 8 against 4 × 4"


def test_masked_tokens_are_left_out() -> None:
    class Embedder(nn.Module):
        def __init__(self, seed: int) -> None:
            super().__init__()
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                self.embed, self.mix = nn.Embedding(30, 5), nn.Linear(5, 4)

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.mix(self.embed(input_ids)) * attention_mask[..., None]

    ids = torch.randint(0, 30, (40, 6), generator=torch.Generator().manual_seed(1))
    mask = (torch.arange(6) < torch.arange(40)[:, None] % 6 + 1).long()
    data = [
        {"input_ids": i, "attention_mask": m}
        for i, m in zip(ids.split(16), mask.split(16), strict=True)
    ]
    a, b = Embedder(0), Embedder(1)
    comparison = compare(a, b, data, progress=False)
    kept = mask.bool().flatten()
    with torch.no_grad():
        x, y = (model.mix(model.embed(ids)).flatten(0, 1)[kept] for model in (a, b))
    assert comparison["mix"].n_samples == int(kept.sum())
    np.testing.assert_allclose(comparison["mix"].x, sm.spectrum(x, y).x, rtol=0, atol=1e-9)
    assert comparison.inputs == 40


def test_data_may_be_any_iterable_and_cut_short() -> None:
    def once() -> Iterator[Any]:
        for images in BATCHES:
            yield images, torch.zeros(len(images))

    assert compare(A, B, once(), progress=False) == compare(A, B, BATCHES, progress=False)
    first = compare(A, B, BATCHES, max_batches=2, progress=False)
    assert first.inputs == 40


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"layers": "cnov1"}, ValueError, "'conv1'"),
        ({"layers": "conv*", "layers_b": ["fc"]}, ValueError, "2 layers of A .* 1 of B"),
        ({"layers": {"conv1": "conv1"}, "layers_b": "conv1"}, TypeError, "leave `layers_b` out"),
        ({"layers": {"conv*": "conv1"}}, ValueError, "pairs layers one by one"),
        ({"layers": {"conv1": "con"}}, ValueError, "no layer of Net is 'con'"),
        ({"all_pairs": True}, ValueError, "choose them by `layers`"),
        ({"center": 1}, TypeError, "center"),
        ({"max_batches": 0}, ValueError, "max_batches"),
        ({"data": []}, ValueError, "no batch in data"),
        ({"data": IMAGES}, TypeError, r"such as \[data\]"),
    ],
)
def test_errors_say_what_to_do(
    arguments: dict[str, Any], kind: type[Exception], words: str
) -> None:
    data = arguments.pop("data", BATCHES)
    with pytest.raises(kind, match=words):
        compare(A, B, data, progress=False, **arguments)


def test_models_that_differ_in_their_layers_are_told_apart() -> None:
    class More(Net):
        def __init__(self) -> None:
            super().__init__(1)
            self.extra = nn.Linear(5, 5)

        def forward(self, x: torch.Tensor) -> Any:
            return self.extra(super().forward(x))

    with pytest.raises(ValueError, match="'extra' is in B alone; choose by"):
        compare(A, More(), BATCHES, progress=False)
    assert compare(A, More(), BATCHES, layers="conv*", progress=False).layers == ("conv1", "conv2")


def test_a_bad_value_says_which_layers_and_which_batch() -> None:
    bad = [images.clone() for images in BATCHES]
    bad[1][3, 0, 2, 2] = torch.nan
    with pytest.raises(ValueError, match=r"'conv1' of A and 'conv1' of B: batch 1 .*NaN"):
        compare(A, B, bad, layers="conv1", progress=False)
    with pytest.raises(ValueError, match=r"'conv1' of A and 'conv1' of B: .*not finite"):
        compare(A, B, bad, layers=["conv1"], all_pairs=True, progress=False)


def test_several_rows_of_an_input_are_known_for_its_own() -> None:
    class Doubled(Net):
        def forward(self, x: torch.Tensor) -> Any:
            return super().forward(torch.cat([x, x]))

    b = Doubled(1)
    comparison = compare(A, b, BATCHES, layers="fc", nulls=3, progress=False)
    assert comparison.notes["fc"].startswith("mean over positions: one against 2")
    alone = compare(A, Net(1), BATCHES, layers="fc", nulls=3, progress=False)
    np.testing.assert_allclose(comparison["fc"].x, alone["fc"].x, rtol=0, atol=1e-6)
    assert comparison.inputs == alone.inputs


def test_calls_that_differ_are_no_pair() -> None:
    class Once(Net):
        def forward(self, x: torch.Tensor) -> Any:
            return self.act(self.conv1(x))

    with pytest.raises(ValueError, match="'act' ran 2 times in A, but 'act' 1 times in B"):
        compare(A, Once(1), BATCHES, layers="act", progress=False)
    with pytest.raises(ValueError, match="'act' of B ran more often than 'act' of A"):
        compare(Once(1), A, BATCHES, layers="act", progress=False)


def test_models_are_left_as_they_were() -> None:
    a, b = Net(0).train(), Net(1)
    before = torch.get_rng_state()
    with pytest.raises(ModelError, match="batch 3"):
        compare(a, b, [*BATCHES, torch.zeros(2, 3)], progress=False)
    compare(a, b, BATCHES, device="cpu", progress=False)
    assert a.training
    assert b.training
    assert torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), before)
    for model in (a, b):
        assert not any(module._forward_hooks for module in model.modules())


def test_few_samples_are_said_once_for_all_layers() -> None:
    with pytest.warns(sm.UndersampledWarning) as caught:
        compare(A, B, IMAGES[:12].split(6), layers=["fc", "conv1"], progress=False)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert str(caught[0].message).startswith("1 of 2 comparisons, as fc: 12 samples")


def test_memory_does_not_grow_with_the_number_of_batches() -> None:
    code = """
import torch, spanmatch as sm, spanmatch.torch as smt
from torch import nn
# Every thread has blocks of its own, some from its first batch on, some later.
torch.manual_seed(0); torch.set_num_threads(1); sm.set_num_threads(2)
a, b = (nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 32, 3)) for _ in "ab")
batch = torch.randn(16, 3, 32, 32)
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
smt.compare(a, b, [batch] * 4, progress=False)
before = peak()
smt.compare(a, b, (batch for _ in range(60)), progress=False)
print(peak() - before)
"""
    if sys.platform != "linux":
        pytest.skip("asks Linux for the peak of memory")
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    # One batch of all layers takes 60 MB.
    assert float(done.stdout) < 40


def test_a_match_that_is_owed_to_means_has_a_note() -> None:
    class On(nn.Module):
        """Its first layer is nearly constant, its second is not."""

        def __init__(self, seed: int) -> None:
            super().__init__()
            torch.manual_seed(seed)
            self.on, self.free = nn.Linear(6, 4), nn.Linear(6, 4)
            nn.init.constant_(self.on.bias, 9.0)

        def forward(self, x: torch.Tensor) -> Any:
            return self.on(x) + self.free(x[:, :6])

    data = [torch.randn(300, 6, generator=torch.Generator().manual_seed(7)) for _ in range(2)]

    class Other(On):
        def forward(self, x: torch.Tensor) -> Any:
            return super().forward(x.flip(0))

    comparison = compare(On(0), Other(1), data, trace=False, progress=False)
    assert dict(comparison.notes) == {"on": NOTE}
    assert f"on: {NOTE}" in repr(comparison)
    assert comparison.to_dict()["layers"][0]["note"] == NOTE
    assert not compare(On(0), Other(1), data, center=True, trace=False, progress=False).notes
    # A network is alike to itself whatever its means are.
    assert not compare(On(0), On(0), data, progress=False).notes
    turned = {"on": "free", "free": "on"}
    renamed = compare(On(0), Other(1), data, layers=turned, trace=False, progress=False)
    assert renamed.notes["on"] == "with free of B"
