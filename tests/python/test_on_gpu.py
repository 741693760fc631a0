"""Models, pairs and commands on a CUDA GPU give what they give on the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import nn

from cli_files import done, strict
from compare_runs import made, place
from experiments import SMALL, experiment
from gloo_worker import beside
from grams import grams
from hand_made_pairs import BATCHES, IMAGES, LABELS, Net
from needs_gpu import needs_cuda
from rolled_outputs import assert_near_nulls, find_products
from spanmatch.torch import capture, compare

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["made", "place"]  # fixtures
pytestmark = needs_cuda


def model(seed: int) -> nn.Module:
    return Net(seed).double()


@pytest.mark.parametrize("center", [False, True])
def test_compare_is_that_of_the_host(center: bool) -> None:
    on_host = compare(model(0), model(1), BATCHES, center=center, progress=False)
    lent = compare(model(0), model(1), BATCHES, center=center, device="cuda", progress=False)
    there = compare(
        model(0).cuda(), model(1).cuda(), BATCHES, nulls=3, folds=4, center=center, progress=False
    )
    for layer in LABELS:
        for other in (lent, there):
            np.testing.assert_allclose(other[layer].x, on_host[layer].x, rtol=0, atol=1e-9)
            np.testing.assert_allclose(other[layer].y, on_host[layer].y, rtol=0, atol=1e-9)
    assert there.pair("conv1").n_nulls == 3


def test_nulls_of_all_pairs_are_those_of_the_host() -> None:
    how: dict[str, Any] = {"all_pairs": True, "nulls": 3, "seed": 4, "progress": False}
    on_host = compare(model(0), model(1), BATCHES, layers="*", **how)
    there = compare(model(0), model(1), BATCHES, layers="*", device="cuda", **how)
    assert list(there) == list(on_host)
    for key in on_host:
        assert_near_nulls(find_products(there.pair(key)), find_products(on_host.pair(key)))
        np.testing.assert_array_equal(there.nulls[key].rolls, on_host.nulls[key].rolls)


def test_models_come_back_and_random_numbers_go_on() -> None:
    net = nn.Sequential(nn.Linear(64, 8), nn.Dropout(), nn.Linear(8, 4)).cuda()
    state, host_state = torch.cuda.get_rng_state(), torch.get_rng_state()
    compare(net, net, IMAGES.flatten(1).split(20), progress=False)
    assert torch.equal(torch.cuda.get_rng_state(), state)
    assert torch.equal(torch.get_rng_state(), host_state)
    on_host = nn.Sequential(nn.Linear(64, 8))
    compare(net[:1], on_host, IMAGES.flatten(1).split(20), device="cuda", progress=False)
    assert on_host[0].weight.device.type == "cpu"
    assert net[0].weight.device.type == "cuda"


def test_capture_is_that_of_the_host() -> None:
    on_host = list(capture(model(0), BATCHES))
    there = list(capture(model(0).cuda(), BATCHES))
    for (layer, rows), (wanted_layer, wanted) in zip(there, on_host, strict=True):
        assert layer == wanted_layer
        assert rows.device.type == "cuda"
        np.testing.assert_allclose(rows.cpu(), wanted, rtol=0, atol=1e-12)


def test_one_process_reduces_by_nccl(tmp_path: Path) -> None:
    pair = beside(0, nulls=4, folds=3)
    before = grams(pair)
    dist.init_process_group("nccl", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    try:
        pair.all_reduce()
    finally:
        dist.destroy_process_group()
    for mine, other in zip(grams(pair), before, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)


@pytest.mark.usefixtures("place")
def test_the_command_takes_the_gpu_by_itself() -> None:
    models = ["compare", "nets.py:small", "nets.py:small", "--data", "nets.py:batches", "--json"]
    models += ["--checkpoint-a", "a.pt", "--checkpoint-b", "b.pt"]
    on_host = strict(done(*models, "--out", "here", "--device", "cpu").stdout)
    before = allocations()
    there = strict(done(*models, "--out", "there").stdout)
    assert allocations() > before
    for mine, other in zip(there["layers"], on_host["layers"], strict=True):
        # Convolutions may run in TF32.
        assert mine["area"] == pytest.approx(other["area"], abs=0.02)


def allocations() -> int:
    return int(torch.cuda.memory_stats().get("allocation.all.allocated", 0))


def test_an_experiment_runs_there(tmp_path: Path) -> None:
    run = experiment(tmp_path / "out", *SMALL, "--device", "cuda")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "out" / "report.html").is_file()
