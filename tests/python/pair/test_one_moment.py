"""What is read in several looks is of one moment, though another thread adds meanwhile."""

from __future__ import annotations

import pickle
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from spanmatch.solve import measures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

X = np.random.default_rng(0).standard_normal((40, 3))
Y = X[:, :2] + X[:, 1:]


class _Meddled:
    """A Gram during whose first look another thread begins to add a batch."""

    def __init__(self, gram: Any, add: Callable[[], None]) -> None:
        self._gram, self._add = gram, add

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gram, name)

    def parts(self) -> Any:
        found = self._gram.parts()
        thread = threading.Thread(target=self._add)
        thread.start()
        thread.join(0.2)
        return found


def make_pair() -> tuple[sm.ActivationPair, Callable[[], None]]:
    pair = sm.ActivationPair()
    pair.update(X, Y)
    return pair, lambda: pair.update(X, Y)


def make_set() -> tuple[sm.ActivationSet, Callable[[], None]]:
    acts = sm.ActivationSet(["a", "b"])
    acts.update({"a": X, "b": Y})
    return acts, lambda: acts.update({"a": X, "b": Y})


@pytest.mark.parametrize("make", [make_pair, make_set])
@pytest.mark.parametrize("how", ["saved", "pickled"])
def test_what_is_kept_is_of_one_moment(make: Any, how: str, tmp_path: Path) -> None:
    sums, add = make()
    wanted = sums._gram.to_host().norms()[0]
    sums._gram._sums = _Meddled(sums._gram.to_host(), add), {}
    if how == "saved":
        sums.save(tmp_path / "sums")
        kept = type(sums).load(tmp_path / "sums")
    else:
        kept = pickle.loads(pickle.dumps(sums))
    assert kept.n_batches == 1
    np.testing.assert_array_equal(kept._gram.to_host().norms()[0], wanted)


def test_measures_are_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    pair, add = make_pair()
    wanted = sm.measures(pair), measures.debiased_linear_cka(pair)
    center_sides = vars(measures)["center_sides"]

    def center_and_add(*arguments: Any, **options: Any) -> Any:
        found = center_sides(*arguments, **options)
        add()
        return found

    monkeypatch.setattr(measures, "center_sides", center_and_add)
    assert sm.measures(pair) == wanted[0]
    pair, add = make_pair()
    assert measures.debiased_linear_cka(pair) == wanted[1]
