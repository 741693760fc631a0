"""One trained network put onto another: A's front, the linear map of a match, B's back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

import spanmatch as sm

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from spanmatch.cli.demo import networks as digits  # noqa: E402
from spanmatch.torch import capture  # noqa: E402
from spanmatch.torch.loading.data.digits import Digits, split_digits  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import nn

EPOCHS, EPS = 10, 0.6
LAYERS = ["conv1", "conv2", "conv3", "conv4", "fc1", "fc2"]


class Trained(NamedTuple):
    data: Digits
    a: nn.Sequential
    b: nn.Sequential


def match_of(x: list[int], y: list[int], *, n_x: int, n_y: int) -> sm.Match:
    return sm.Match(0.1, np.array(x), np.array(y), n_x=n_x, n_y=n_y)


@pytest.fixture(scope="module")
def trained() -> Iterator[Trained]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # products this small lose by a second
    data = split_digits()
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setattr(digits, "EPOCHS", EPOCHS)
        a, b = (digits.train(data, seed, lambda done, total: None) for seed in (0, 1))
    assert min(digits.measure_accuracy(network, data) for network in (a, b)) > 0.9
    yield Trained(data, a, b)
    torch.set_num_threads(threads)


def pair_of(trained: Trained, layer: str) -> sm.ActivationPair:
    """The layer of both networks on the images they were trained on."""
    pair, images = sm.ActivationPair(), trained.data.train_images
    batches = images.split(digits.BATCH)
    both = (capture(network, batches, layer) for network in (trained.a, trained.b))
    for (_, x), (_, y) in zip(*both, strict=True):
        pair.update(x, y)
    return pair


def stitched_accuracy(
    trained: Trained, layer: str, to_y: Callable[[np.ndarray], np.ndarray]
) -> float:
    """On held-out images; `to_y` takes samples × neurons of A's layer to those of B's."""
    cut = LAYERS.index(layer) + 1
    with torch.no_grad():
        signal = trained.a[:cut](trained.data.test_images)
        samples = signal.movedim(1, -1)  # channels last, also where there are no positions
        mapped = to_y(samples.flatten(0, -2).double().numpy())
        back = torch.from_numpy(mapped).float().reshape(*samples.shape[:-1], -1).movedim(-1, 1)
        guesses = trained.b[cut:](back).argmax(dim=1)
    return float((guesses == trained.data.test_labels).double().mean())


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("layer", LAYERS)
def test_a_stitched_network_keeps_its_accuracy(trained: Trained, layer: str, center: bool) -> None:
    pair = pair_of(trained, layer)
    match = sm.spectrum(pair, center=center).match(EPS)
    fitted = sm.linear_map(pair, match=match, center=center)

    def accuracy(rows: np.ndarray) -> float:
        def to_y(x: np.ndarray) -> np.ndarray:
            y = np.zeros((len(x), match.n_y))  # neurons outside the match stay silent
            y[:, match.y] = x[:, match.x] @ fitted.y[rows] + fitted.y_offset
            return y

        return stitched_accuracy(trained, layer, to_y)

    rng = np.random.default_rng(0)
    kept = accuracy(np.arange(match.x.size))
    shuffled = float(np.mean([accuracy(rng.permutation(match.x.size)) for _ in range(5)]))
    whole = digits.measure_accuracy(trained.b, trained.data)
    report = f"{layer}: {kept:.3f} stitched, {shuffled:.3f} shuffled, {whole:.3f} alone"
    print(report)  # noqa: T201  (pytest -rP shows it)
    assert kept > 0.8, report  # chance is 0.1
    assert kept > shuffled + 0.3, report


def test_the_map_predicts_with_the_residuals_it_states() -> None:
    rng = np.random.default_rng(0)
    x = 5 + rng.standard_normal((400, 6)) * [1, 10, 100, 1e-3, 1, 1]
    y = np.hstack([x[:, :4] @ rng.standard_normal((4, 4)) - 3, rng.standard_normal((400, 2))])
    y += 0.05 * rng.standard_normal(y.shape) * y.std(axis=0)
    for center in (False, True):
        match = sm.maximum_match(x, y, eps=0.4, center=center)
        assert len(match) > 2
        fitted = sm.linear_map(x, y, match=match, center=center)
        in_x, in_y = x[:, match.x], y[:, match.y]
        sides = [
            (in_x, in_y @ fitted.x + fitted.x_offset, fitted.x_residuals),
            (in_y, in_x @ fitted.y + fitted.y_offset, fitted.y_residuals),
        ]
        for target, predicted, residuals in sides:
            length = np.linalg.norm(target - target.mean(axis=0) * center, axis=0)
            error = np.linalg.norm(target - predicted, axis=0) / length
            np.testing.assert_allclose(error, residuals, atol=1e-5)
            assert residuals.max() <= 0.4 + 1e-6
        assert center or not fitted.x_offset.any()


def test_a_match_that_does_not_fit_is_refused() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 100, 4))
    x[:, 1] = 0
    with pytest.raises(TypeError, match="match must be a Match, got list"):
        sm.linear_map(x, y, match=[0])  # type: ignore[arg-type]
    bad = {
        "sides of 5 and 4": match_of([0], [0], n_x=5, n_y=4),
        "neuron 1 of x is dead": match_of([1], [0], n_x=4, n_y=4),
    }
    for words, match in bad.items():
        with pytest.raises(ValueError, match=words):
            sm.linear_map(x, y, match=match)
