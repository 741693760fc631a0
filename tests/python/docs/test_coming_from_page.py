"""What the page on other packages says to be the same is the same, where they are installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import spanmatch as sm

BENCHES = Path(__file__).parents[3] / "benches"
NOT_HERE = "it is not among what tests install"
Floats = NDArray[np.float64]


@pytest.fixture
def sides() -> tuple[Floats, Floats]:
    """As on the page, of other widths."""
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((300, 6))
    x = np.hstack([shared @ rng.standard_normal((6, 10)), rng.standard_normal((300, 6))]) + 1
    y = np.hstack([shared @ rng.standard_normal((6, 8)), rng.standard_normal((300, 5))])
    return x, y


def import_bench(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a module beside compare.py."""
    monkeypatch.syspath_prepend(str(BENCHES))
    __import__(name)
    return sys.modules[name]


@pytest.mark.parametrize("eps", [0.2, 0.5, 0.7, 0.9])
def test_the_paper_s_algorithm_1(
    sides: tuple[Floats, Floats], eps: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written from the paper: its own code is no package."""
    paper = import_bench("compare_paper", monkeypatch)
    x, y = paper.maximum_match(*sides, eps)
    match = sm.maximum_match(*sides, eps=eps)
    assert (match.x.tolist(), match.y.tolist()) == (x.tolist(), y.tolist())
    assert sm.spectrum(*sides).match(eps) == match


def test_the_paper_s_algorithm_2(
    sides: tuple[Floats, Floats], monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = import_bench("compare_paper", monkeypatch)
    x, y = paper.minimum_match(*sides, 0.7, 0)
    found = sm.minimum_for(*sides, eps=0.7, x_index=x, y_index=y)
    assert ("x", 0) in found


def test_rsatoolbox(sides: tuple[Floats, Floats]) -> None:
    dataset = pytest.importorskip("rsatoolbox.data.dataset", reason=NOT_HERE)
    calc = pytest.importorskip("rsatoolbox.rdm.calc", reason=NOT_HERE)
    rdm = pytest.importorskip("rsatoolbox.rdm.compare", reason=NOT_HERE)
    rdms = [calc.calc_rdm(dataset.Dataset(side), method="euclidean") for side in sides]
    ours = sm.measures(*sides)
    assert rdm.compare(*rdms, method="cosine_cov").item() == pytest.approx(ours.linear_cka)
    bures = rdm.compare(*rdms, method="bures").item()
    assert bures == pytest.approx(ours.procrustes_similarity, abs=1e-6)


def test_pot(sides: tuple[Floats, Floats]) -> None:
    ot = pytest.importorskip("ot", reason=NOT_HERE)
    x, y = sides
    correlations = np.corrcoef(x, y, rowvar=False)[: x.shape[1], x.shape[1] :]
    weights = [np.full(count, 1 / count) for count in correlations.shape]
    plan = ot.emd(*weights, -correlations)
    assert (plan * correlations).sum() == pytest.approx(sm.soft_matching(x, y))


@pytest.mark.parametrize("alpha", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("score", ["angular", "euclidean"])
def test_netrep(sides: tuple[Floats, Floats], alpha: float, score: Any) -> None:
    metrics = pytest.importorskip("netrep.metrics", reason=NOT_HERE)
    x, y = sides[0], sides[0][:, ::-1] + sides[1][:, :1]
    metric = metrics.LinearMetric(alpha=alpha, score_method=score)
    ours = sm.shape_distance(x, y, alpha=alpha, score=score)
    assert ours == pytest.approx(metric.fit_score(x, y), rel=1e-8)


@pytest.mark.filterwarnings("ignore")
def test_repsim(sides: tuple[Floats, Floats]) -> None:
    repsim = pytest.importorskip("repsim", reason=NOT_HERE)
    centred = [side - side.mean(axis=0) for side in sides]
    x, y = sides
    ours = sm.measures(x, y)
    by_repsim = repsim.cka([x, y], kernel_type="linear", estimator="gretton")[0, 1]
    assert by_repsim == pytest.approx(ours.linear_cka)
    assert repsim.cca(centred, summary_type="pillai")[0, 1] == pytest.approx(ours.mean_cca)
    # Of canonical correlations that coincide, as those of what is shared do at 1, the variates are
    # a choice: noise parts them.
    x = x + 0.3 * np.random.default_rng(1).standard_normal(x.shape)
    both = (sm.measures(x, y).pwcca + sm.measures(y, x).pwcca) / 2
    assert repsim.pwcca([x, y])[0, 1] == pytest.approx(both)


@pytest.mark.filterwarnings("ignore")
def test_torch_cka(sides: tuple[Floats, Floats], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch_cka", reason=NOT_HERE)
    torch = pytest.importorskip("torch")
    kernels = import_bench("compare_kernels", monkeypatch)
    x, y = (torch.from_numpy(side).float() for side in sides)
    ours = sm.debiased_linear_cka(*sides)
    assert kernels.by_torch_cka([x], [y]) == pytest.approx(ours, abs=3e-4)
    # In batches it is another number.
    assert abs(kernels.by_torch_cka(x.split(25), y.split(25)) - ours) > 3e-4
