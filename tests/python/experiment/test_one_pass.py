"""All comparisons of an experiment from one pass: what runs, what it tells, what errors say."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from experiments import SMALL, contents, experiment
from spanmatch import Comparison
from spanmatch.experiment.comparisons import Comparisons
from spanmatch.experiment.config import ExperimentConfig
from spanmatch.experiment.data_sources import load_held_out_data
from spanmatch.experiment.networks import Networks
from spanmatch.torch import compare

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from spanmatch.experiment.plan import ComparedNetwork

START, TRAINED, UNTRAINED = "start-seed-1", "trained-seed-0-seed-1", "untrained-seed-0-seed-1"
TRACED = 3  # runs at most in which it is found out what a row is


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, bool]]:
    """How often each network runs to be compared, by name and whether it is trained."""
    counted: Counter[tuple[str, bool]] = Counter()
    load = Comparisons._load

    def load_counted(self: Comparisons, network: ComparedNetwork) -> torch.nn.Module:
        model = load(self, network)
        key = network.name, network.is_trained
        model.register_forward_hook(lambda *_: counted.update([key]))
        return model

    monkeypatch.setattr(Comparisons, "_load", load_counted)
    return counted


def test_each_network_runs_once_over_every_batch(
    small_experiment: Path, tmp_path: Path, runs: Counter[tuple[str, bool]]
) -> None:
    out = shutil.copytree(small_experiment, tmp_path / "out")
    shutil.rmtree(out / "comparisons")
    assert experiment(out, *SMALL).returncode == 0
    n_batches = len(list(load_held_out_data(CONFIG)))
    assert set(runs) == {(f"seed {seed}", trained) for seed in (0, 1) for trained in (False, True)}
    assert all(n_batches <= count <= n_batches + TRACED for count in runs.values())
    assert contents(out) == contents(small_experiment)


CONFIG = ExperimentConfig(data="digits", arch="small-vgg", seeds=(0, 1), epochs=1)


@pytest.mark.parametrize(
    ("missing", "run"),
    [
        ([TRAINED], {("seed 0", True), ("seed 1", True)}),
        ([START], {("seed 1", False), ("seed 1", True)}),
        ([START, TRAINED], {("seed 1", False), ("seed 1", True), ("seed 0", True)}),
    ],
    ids=["trained", "start", "both"],
)
def test_only_the_networks_of_what_is_missing_run_again(
    small_experiment: Path,
    tmp_path: Path,
    runs: Counter[tuple[str, bool]],
    missing: list[str],
    run: set[tuple[str, bool]],
) -> None:
    out = shutil.copytree(small_experiment, tmp_path / "out")
    for key in missing:
        # As one that was cut off while it was written.
        (out / "comparisons" / key / "comparison.json").unlink()
        (out / "comparisons" / key / "inside.json").unlink()
    done = experiment(out, *SMALL)
    assert done.stderr.count("there already") == 6 - len(missing)
    assert set(runs) == run
    assert contents(out) == contents(small_experiment)


def test_what_is_only_not_looked_into_runs_nothing(
    small_experiment: Path, tmp_path: Path, runs: Counter[tuple[str, bool]]
) -> None:
    out = shutil.copytree(small_experiment, tmp_path / "out")
    (out / "comparisons" / TRAINED / "inside.json").unlink()
    assert f"{TRAINED}: compared" in experiment(out, *SMALL).stderr
    assert not runs
    assert contents(out) == contents(small_experiment)


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_each_is_what_compare_makes_of_both(small_experiment: Path) -> None:
    networks = Networks("small-vgg", {"channels": 1, "classes": 10})
    started = [networks.make_initial(seed) for seed in (0, 1)]
    trained = [
        networks.make_with_weights(small_experiment / "networks" / f"seed-{seed}.safetensors")
        for seed in (0, 1)
    ]
    resampled = {"nulls": CONFIG.nulls, "folds": CONFIG.folds, "calibrate": True}
    for key, models, how in (
        (TRAINED, trained, resampled),
        (START, (started[1], trained[1]), {}),
        (UNTRAINED, started, {}),
    ):
        data: Any = load_held_out_data(CONFIG)
        given: dict[str, Any] = {"layers": networks.layers, "progress": False, **how}
        alone = compare(models[0], models[1], data, **given)
        kept = Comparison.load(small_experiment / "comparisons" / key)
        assert kept == alone
        for layer in alone:
            pairs = kept.pair(layer), alone.pair(layer)
            assert pairs[0].gram(center=True).tobytes() == pairs[1].gram(center=True).tobytes()
