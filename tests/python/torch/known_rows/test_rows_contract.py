"""The public face of known rows: `left_out`, `trace`, `axis` of several axes, `capture`, errors."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import REFUSALS, Around, Read, by_hand, inputs, record, run_compare, seeded
from spanmatch.comparison.comparison import Comparison
from spanmatch.torch import capture

if TYPE_CHECKING:
    from pathlib import Path


def data(n_inputs: int = 6, count: int = 3) -> list[Tensor]:
    return [inputs(n_inputs, 4, 5, seed=seed) for seed in range(count)]


def logits(seed: int) -> nn.Module:
    """Inputs against inputs: can be read by nobody."""
    return seeded(seed, lambda: Around(Read(lambda h: h[:, 0] @ h[:, 1].T)))


def plain(seed: int) -> nn.Module:
    return seeded(seed, lambda: Around(nn.Linear(6, 4)))


def flipped(seed: int) -> nn.Module:
    return seeded(seed, lambda: Around(nn.GRU(6, 4), lambda h: h.transpose(0, 1)))


def test_nothing_is_left_out_where_all_is_read() -> None:
    assert dict(run_compare(plain(0), plain(1), data()).left_out) == {}


def test_what_is_left_out_has_a_sentence() -> None:
    found = run_compare(logits(0), logits(1), data())
    assert found.layers == ("embed",)
    assert list(found.left_out) == ["layer"]
    assert len(found.left_out["layer"].split()) > 3


@pytest.mark.parametrize("layers", ["*", ["*"], ["lay*", "embed"]])
def test_globs_name_nobody(layers: Any) -> None:
    found = run_compare(logits(0), logits(1), data(), layers=layers)
    assert list(found.left_out) == ["layer"]


@pytest.mark.parametrize("layers", [["layer"], ["embed", "layer"], {"layer": "layer"}])
def test_a_named_layer_that_cannot_be_read_is_an_error(layers: Any) -> None:
    with pytest.raises(REFUSALS, match="'layer'"):
        run_compare(logits(0), logits(1), data(), layers=layers)
    if not isinstance(layers, dict):
        with pytest.raises(REFUSALS, match="'layer'"):
            list(capture(logits(0), data(), layers))


def test_the_error_names_the_argument_that_would_settle_it() -> None:
    models = [
        seeded(seed, lambda: Around(Read(), lambda h: h.unflatten(2, (2, 3)).unflatten(1, (2, 2))))
        for seed in (0, 1)
    ]
    try:
        run_compare(*models, data(), layers=["layer"])
    except REFUSALS as error:
        assert "axis" in str(error)  # noqa: PT017


def test_nothing_can_be_read() -> None:
    model = nn.Sequential(Read(lambda x: x @ x.T)).double()
    with pytest.raises(REFUSALS):
        run_compare(model, model, [inputs(6, 5)])


def test_left_out_is_immutable_and_is_kept(tmp_path: Path) -> None:
    found = run_compare(logits(0), logits(1), data())
    with pytest.raises(TypeError):
        found.left_out["embed"] = "because"
    found.save(tmp_path)
    for other in (
        Comparison.load(tmp_path),
        pickle.loads(pickle.dumps(found)),
        copy.deepcopy(found),
    ):
        same: Any = other
        assert same == found
        assert same.left_out == found.left_out
    assert "layer" in json.dumps(found.to_dict())
    assert "layer" in repr(found)
    assert found.left_out["layer"] in " ".join(repr(found).split())


@pytest.mark.parametrize("make", [plain, flipped])
def test_trace_false_runs_each_batch_once_and_true_a_few_more(make: Any) -> None:
    models = make(0), make(1)
    counts: dict[bool, int] = {}
    for trace in (True, False):
        runs: list[int] = []
        handles = [m.register_forward_pre_hook(lambda *_: runs.append(0)) for m in models]  # noqa: B023
        run_compare(*models, data(), trace=trace)
        counts[trace] = len(runs)
        for handle in handles:
            handle.remove()
    assert counts[False] == 6
    # The same order twice, another order, one position less, other inputs.
    assert 6 < counts[True] <= 6 + 2 * 6


def test_trace_false_is_the_same_where_inputs_come_first() -> None:
    with_it, without = (
        run_compare(plain(0), plain(1), data(), trace=t, folds=3) for t in (True, False)
    )
    assert with_it == without


def test_answers_are_the_same_to_the_bit_each_time() -> None:
    first, second = (
        run_compare(flipped(0), flipped(1), data(), folds=3, nulls=2) for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("axis", [(2, 3), (-2, -1), {"layer": (2, 3)}, {"lay*": (3, 2)}])
def test_several_axes_together_are_the_neurons(axis: Any) -> None:
    models = [
        seeded(seed, lambda: Around(Read(), lambda h: h.unflatten(2, (2, 3)))) for seed in (0, 1)
    ]
    found = run_compare(*models, data(), layers=["layer"], axis=axis)
    assert (found.pair("layer").n_x, found.pair("layer").n_samples) == (6, 72)


@pytest.mark.parametrize("axis", [(2, 2), (), (2, 9), (2, 1.5), ("a",), (0, 2)])
def test_wrong_axes_are_refused(axis: Any) -> None:
    """(0, 2) holds the axis of inputs."""
    models = [
        seeded(seed, lambda: Around(Read(), lambda h: h.unflatten(2, (2, 3)))) for seed in (0, 1)
    ]
    with pytest.raises(REFUSALS):
        run_compare(*models, data(), layers=["layer"], axis=axis)


def test_an_axis_that_runs_over_inputs_is_refused() -> None:
    """(T, B, H): the user says 1, which the trace shows to be that of inputs."""
    for n_inputs in (6, 4):
        with pytest.raises(REFUSALS, match="layer"):
            run_compare(flipped(0), flipped(1), data(n_inputs), layers=["layer"], axis=1)


@pytest.mark.parametrize("n_inputs", [6, 4])
def test_capture_gives_rows_by_input(n_inputs: int) -> None:
    model = flipped(0)
    batches = data(n_inputs)
    found = [rows for layer, rows in capture(model, batches) if layer == "layer"]
    hand = by_hand(record(model, batches, "layer"), lambda out: out.transpose(0, 1))
    for rows, wanted in zip(found, hand, strict=True):
        np.testing.assert_allclose(rows.numpy(), np.concatenate(wanted))


def test_capture_leaves_out_what_nobody_named() -> None:
    layers = {layer for layer, _ in capture(logits(0), data())}
    assert layers == {"embed"}


def test_different_layouts_in_a_and_b_leave_out_one_layer_alone() -> None:
    """What A gives can be read, what B gives cannot: the layer is left out, and named once."""
    found = run_compare(plain(0), logits(1), data())
    assert found.layers == ("embed",)
    assert list(found.left_out) == ["layer"]


def test_inputs_count_inputs() -> None:
    for make in (plain, flipped):
        found = run_compare(make(0), make(1), data(7, 2))
        assert found.inputs == 14
    words = [torch.randint(0, 9, (6, 4)) for _ in range(2)]
    models = [seeded(s, lambda: nn.Sequential(nn.Embedding(9, 3), nn.Linear(3, 2))) for s in (0, 1)]
    assert run_compare(*models, words).inputs == 12
