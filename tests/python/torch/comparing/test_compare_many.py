"""Many networks in one pass: every two of them are what `compare` makes of them alone."""

from __future__ import annotations

import gc
import pickle
import re
import weakref
from collections import Counter
from functools import partial
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from comparisons import is_close_comparison
from spanmatch.torch import ModelError, compare, compare_many

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import spanmatch as sm

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

IMAGES = list(torch.randn(48, 1, 8, 8, generator=torch.Generator().manual_seed(0)).split(16))
QUIET: dict[str, Any] = {"progress": False}


RUNS: Counter[int] = Counter()


class Counted(nn.Module):
    """A small network; `RUNS` has how often each runs."""

    def __init__(self, seed: int, width: int = 6, stride: int = 1) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.conv = nn.Conv2d(1, width, 3, stride=stride)
        self.act = nn.ReLU()
        self.head = nn.Linear(width, 4)
        self.seed = seed

    def forward(self, x: Tensor) -> Any:
        RUNS[self.seed] += 1
        return self.head(self.act(self.conv(x)).mean((2, 3)))


def in_turn(networks: Mapping[str, nn.Module]) -> Any:
    """Functions that load the networks when it is their turn."""
    return {name: partial(dict(networks).__getitem__, name) for name in networks}


def make(count: int, **how: Any) -> dict[str, nn.Module]:
    return {f"seed {seed}": Counted(seed, **how) for seed in range(count)}


def check_every_pair(
    many: sm.ManyComparison, networks: dict[str, nn.Module], data: Any, **how: Any
) -> None:
    for a, b in combinations(networks, 2):
        alone, of_many = (
            compare(networks[a], networks[b], data, **how, **QUIET),
            many.comparison(a, b),
        )
        assert is_close_comparison(of_many, alone)
        assert all(is_same_sums(of_many.pair(layer), alone.pair(layer)) for layer in alone)


def is_same_sums(one: sm.ActivationPair, other: sm.ActivationPair) -> bool:
    mine, theirs = one.gram(center=True), other.gram(center=True)
    return bool(np.allclose(mine, theirs, rtol=1e-12, atol=1e-12 * np.abs(theirs).max()))


@pytest.mark.parametrize(
    "how",
    [{}, {"nulls": 19, "folds": 4, "seed": 3}, {"center": True, "ridge": 0.1}],
    ids=["plain", "resampled", "ridge"],
)
def test_every_two_networks_are_what_compare_makes_of_them(how: dict[str, Any]) -> None:
    networks = make(4)
    many = compare_many(networks, IMAGES, **how, **QUIET)
    assert many.networks == tuple(networks)
    assert many.layers == ("conv", "act", "head")
    check_every_pair(many, networks, IMAGES, **how)
    for a, b in permutations(networks, 2):
        i, j = many.networks.index(a), many.networks.index(b)
        for at, layer in enumerate(many.layers):
            assert many[layer].area[i, j] == many.comparison(a, b).area[at]
            assert many[layer].p_value[i, j] == pytest.approx(
                many.comparison(a, b).p_value[at], nan_ok=True
            )


def test_every_network_runs_once_over_every_batch() -> None:
    def count(work: Any) -> set[int]:
        RUNS.clear()
        work()
        return set(RUNS.values())

    networks, n_batches = make(5), len(IMAGES)
    of_two = count(lambda: compare(networks["seed 0"], networks["seed 1"], IMAGES, **QUIET))
    # As often as a model runs in one call of `compare`: once a batch, and to trace rows.
    assert count(lambda: compare_many(networks, IMAGES, **QUIET)) == of_two
    loaders: Any = in_turn(networks)
    assert count(lambda: compare_many(loaders, IMAGES, **QUIET)) == of_two
    assert max(of_two) <= n_batches + 3
    assert count(lambda: compare_many(networks, IMAGES, trace=False, **QUIET)) == {n_batches}
    assert len(RUNS) == 5


def test_networks_of_other_positions_meet_in_means() -> None:
    networks: dict[str, nn.Module] = {
        "fine": Counted(0),
        "coarse": Counted(1, stride=2),
        "fine too": Counted(2, width=5),
    }
    many = compare_many(networks, IMAGES, nulls=3, seed=1, **QUIET)
    check_every_pair(many, networks, IMAGES, nulls=3, seed=1)
    assert "mean over positions" in many.comparison("fine", "coarse").notes["conv"]
    assert "conv" not in many.comparison("fine", "fine too").notes
    assert many.pair("conv", "fine", "fine too").n_samples == 48 * 36
    assert many.pair("conv", "fine", "coarse").n_samples == 48


def test_masked_texts_are_as_compare_has_them() -> None:
    class Text(nn.Module):
        def __init__(self, seed: int) -> None:
            super().__init__()
            torch.manual_seed(seed)
            self.embed, self.mix = nn.Embedding(20, 6), nn.Linear(6, 5)

        def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
            return self.mix(self.embed(input_ids)) * attention_mask[..., None]

    rng = torch.Generator().manual_seed(1)
    data = []
    for _ in range(2):
        lengths = torch.randint(2, 7, (9, 1), generator=rng)
        ids = torch.randint(0, 20, (9, 7), generator=rng)
        data.append({"input_ids": ids, "attention_mask": (torch.arange(7) < lengths).long()})
    networks: dict[str, nn.Module] = {name: Text(at) for at, name in enumerate("abc")}
    how: dict[str, Any] = {"nulls": 2, "folds": 3}
    many = compare_many(networks, data, **how, **QUIET)
    check_every_pair(many, networks, data, **how)
    turn = compare_many(in_turn(networks), data, **how, **QUIET)
    assert turn == many


def test_a_reference_is_compared_with_all_others_alone() -> None:
    networks = make(4)
    many = compare_many(networks, IMAGES, reference="seed 2", nulls=3, **QUIET)
    whole = compare_many(networks, IMAGES, nulls=3, **QUIET)
    assert many.reference == "seed 2"
    assert list(many.comparisons) == [("seed 2", f"seed {other}") for other in (0, 1, 3)]
    area, of_all = many["conv"].area, whole["conv"].area
    assert np.allclose(area[2], of_all[2], atol=1e-12)
    others = np.delete(np.delete(area, 2, 0), 2, 1)
    assert np.isnan(others[~np.eye(3, dtype=bool)]).all()
    with pytest.raises(KeyError, match=r"'seed 0' and 'seed 1' .* each was with 'seed 2' alone"):
        many.comparison("seed 0", "seed 1")


def test_one_after_the_other_gives_the_same_and_lets_go() -> None:
    networks, alive = make(3), list[weakref.ref[nn.Module]]()

    def loading(name: str) -> Callable[[], nn.Module]:
        def load() -> nn.Module:
            gc.collect()
            assert not any(each() is not None for each in alive), "the one before is still there"
            net = Counted(int(name[-1]))
            alive.append(weakref.ref(net))
            return net

        return load

    how: dict[str, Any] = {"nulls": 19, "folds": 4, **QUIET}
    many = compare_many({name: loading(name) for name in networks}, IMAGES, **how)
    assert many == compare_many(networks, IMAGES, **how)
    assert len(alive) == 3
    again = pickle.loads(pickle.dumps(many))
    assert again == many
    assert is_same_sums(
        again.pair("conv", "seed 0", "seed 2"), many.pair("conv", "seed 0", "seed 2")
    )


def test_rows_on_disk_go_and_so_do_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    many = compare_many({"a": lambda: Counted(0), "b": lambda: Counted(1)}, IMAGES, **QUIET)
    (sums,) = tmp_path.iterdir()
    assert {path.name for path in sums.iterdir()} == {"sums"}
    assert many.pair("conv", "a", "b").n_samples == 48 * 36
    del many
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_inputs_that_differ_between_networks_are_refused() -> None:
    class Shuffled:
        """A loader that gives another order each time."""

        def __init__(self) -> None:
            self.read = 0

        def __iter__(self) -> Any:
            self.read += 1
            order = torch.randperm(48, generator=torch.Generator().manual_seed(self.read))
            return iter(torch.cat(IMAGES)[order].split(16))

    loaders = {"a": lambda: Counted(0), "b": lambda: Counted(1)}
    with pytest.raises(ValueError, match=r"batch 0 .* for network 'b' than for 'a'.*shuffle=False"):
        compare_many(loaders, Shuffled(), **QUIET)
    with pytest.raises(ValueError, match="can be read once only: pass a list"):
        compare_many(loaders, iter(IMAGES), **QUIET)
    # In step all read one batch: nothing can differ.
    assert len(compare_many(make(2), Shuffled(), **QUIET)) == 3

    class Shorter(Shuffled):
        def __iter__(self) -> Any:
            self.read += 1
            return iter(IMAGES[: 4 - self.read])

    with pytest.raises(ValueError, match=r"batch 2 .* for network 'b'"):
        compare_many(loaders, Shorter(), **QUIET)


def test_several_passes_give_the_same() -> None:
    networks = make(3)
    how: dict[str, Any] = {"nulls": 3, "folds": 2, **QUIET}
    whole = compare_many(networks, IMAGES, **how)
    parts = compare_many(networks, IMAGES, max_memory=170_000, **how)
    assert parts == whole
    assert is_same_sums(
        parts.pair("act", "seed 0", "seed 1"), whole.pair("act", "seed 0", "seed 1")
    )
    with pytest.raises(MemoryError, match=r"layer 'conv'.*may be used"):
        compare_many(networks, IMAGES, max_memory=1000, **how)
    for loaded in (True, False):
        given: Any = networks if loaded else in_turn(networks)
        some = compare_many(given, IMAGES, max_neurons=5, **how)
        assert some.layers == ("head",)
        assert "6 neurons" in some.left_out["conv"]


def test_a_layer_that_one_network_lacks_is_compared_among_the_others() -> None:
    networks: dict[str, nn.Module] = {**make(2), "wide": Counted(3, width=9)}
    for given in (networks, in_turn(networks)):
        many = compare_many(given, IMAGES, max_neurons=6, **QUIET)
        assert many.layers == ("conv", "act", "head")
        assert list(many.comparison("seed 0", "wide")) == ["head"]
        assert "in wide: it has 9 neurons" in many.comparison("seed 0", "wide").left_out["conv"]
        assert np.isnan(many["conv"].area[2, :2]).all()
        assert many["conv"].area[0, 1] == many["conv"].area[1, 0] > 0
        with pytest.raises(KeyError, match="not compared at layer 'conv'"):
            many.pair("conv", "seed 0", "wide")
    # The first may be the one that lacks it, too.
    turned = {name: networks[name] for name in ("wide", "seed 0", "seed 1")}
    assert list(
        compare_many(turned, IMAGES, max_neurons=6, **QUIET).comparison("seed 0", "seed 1")
    ) == [
        "conv",
        "act",
        "head",
    ]


class Other(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(9)
        self.stem, self.out = nn.Conv2d(1, 7, 3), nn.Linear(7, 2)

    def forward(self, x: Tensor) -> Any:
        return self.out(self.stem(x).mean((2, 3)))


def test_networks_of_other_architectures_are_matched_in_order() -> None:
    networks: dict[str, nn.Module] = {"ours": Counted(0), "theirs": Other()}
    layers = {"ours": ["conv", "head"], "theirs": ["stem", "out"]}
    many = compare_many(networks, IMAGES, layers=layers, **QUIET)
    assert many.layers == ("conv", "head")
    alone = compare(
        networks["ours"],
        networks["theirs"],
        IMAGES,
        layers=["conv", "head"],
        layers_b=["stem", "out"],
        **QUIET,
    )
    assert dict(many.comparison("ours", "theirs")) == dict(alone)
    both = r"'ours' has .*'act', .*, which 'theirs' lacks, and 'theirs' has .* which 'ours' lacks;"
    with pytest.raises(ValueError, match=both + r".* as by `layers={'ours': 'conv', 'theirs': 'st"):
        compare_many(networks, IMAGES, **QUIET)
    # One after the other, it is said before the second runs.
    RUNS.clear()
    with pytest.raises(ValueError, match=both):
        compare_many(in_turn({**networks, "again": Counted(1)}), IMAGES, **QUIET)
    assert list(RUNS) == [0]
    with pytest.raises(ValueError, match=r"2 layers of 'ours' .* and 1 of 'theirs'"):
        compare_many(in_turn(networks), IMAGES, layers={**layers, "theirs": "out"}, **QUIET)
    with pytest.raises(ValueError, match=r"2 layers of 'ours' .* and 1 of 'theirs'"):
        compare_many(networks, IMAGES, layers={**layers, "theirs": "out"}, **QUIET)
    with pytest.raises(ValueError, match=r"lacks 'theirs'"):
        compare_many(networks, IMAGES, layers={"ours": "conv"}, **QUIET)
    with pytest.raises(ValueError, match=r"has 'conv', which is no network"):
        compare_many(networks, IMAGES, layers={**layers, "conv": "stem"}, **QUIET)


class Failing(Counted):
    def forward(self, x: Tensor) -> Any:
        if x.shape[0] == 7:
            raise RuntimeError("out of luck")
        return super().forward(x)


def test_errors_name_the_network() -> None:
    networks: dict[str, nn.Module] = {"good": Counted(0), "bad": Failing(1), "last": Counted(2)}
    data = [*IMAGES, IMAGES[0][:7]]
    for order in (["good", "bad", "last"], ["good", "last", "bad"]):
        given = {name: networks[name] for name in order}
        loaded: Any = in_turn(given)
        for each in (given, loaded):
            with pytest.raises(ModelError, match=r"network 'bad': .*batch 3.*out of luck"):
                compare_many(each, data, **QUIET)
    holed = [IMAGES[0], IMAGES[1].clone()]
    holed[1][3] = torch.nan
    for each in (make(3), in_turn(make(3))):
        with pytest.raises(ValueError, match=r"^layer 'conv': batch 1 .*of 'seed 0' is NaN in row"):
            compare_many(each, holed, **QUIET)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="1 network: two at least"):
        compare_many(make(1), IMAGES)
    with pytest.raises(ValueError, match="`reference` is 'x', which is none of the networks"):
        compare_many(make(2), IMAGES, reference="x")
    with pytest.raises(TypeError, match=r"network 'b' is a int: pass a torch.nn.Module, or a"):
        compare_many({"a": Counted(0), "b": 3}, IMAGES)  # type: ignore[dict-item]
    with pytest.raises(TypeError, match=r"function of network 'b' returned a int, not"):
        compare_many({"a": Counted(0), "b": lambda: 3}, IMAGES, **QUIET)  # type: ignore[dict-item, return-value]
    with pytest.raises(TypeError, match=r"`models` is a list: pass the networks by name"):
        compare_many([Counted(0), Counted(1)], IMAGES)  # type: ignore[arg-type]
    for given in (make(2), in_turn(make(2))):
        with pytest.raises(ValueError, match=r"`axis`: no chosen layer of .* matches 'nothing'"):
            compare_many(given, IMAGES, axis={"nothing": 1}, **QUIET)


def test_what_it_takes_is_told_first(capsys: pytest.CaptureFixture[str]) -> None:
    compare_many(make(3), IMAGES)
    told = capsys.readouterr().err
    assert told.startswith("3 networks: 3 pairs of them at 3 layers, ")
    assert told.endswith("in 1 pass over the data\n")
    compare_many(in_turn(make(3)), IMAGES)
    first, *others = [line for line in capsys.readouterr().err.splitlines() if "rows take" in line]
    assert re.search(
        r"seed 0: .* until all have run; those of 3 such networks take .* free$", first
    )
    assert [line.endswith("until all have run") for line in others] == [True, True]


def test_a_function_that_fails_names_its_network() -> None:
    def fail() -> nn.Module:
        raise OSError("no weights")

    with pytest.raises(ModelError, match="network 'b': its function raised OSError: no weights"):
        compare_many({"a": Counted(0), "b": fail}, IMAGES, **QUIET)


def test_a_layer_that_runs_several_times_has_each_call() -> None:
    class Twice(nn.Module):
        def __init__(self, seed: int) -> None:
            super().__init__()
            torch.manual_seed(seed)
            self.lin, self.act = nn.Linear(8, 8), nn.Tanh()

        def forward(self, x: Tensor) -> Any:
            return self.act(self.lin(self.act(self.lin(x))))

    data = list(torch.randn(60, 8, generator=torch.Generator().manual_seed(2)).split(20))
    networks: dict[str, nn.Module] = {name: Twice(at) for at, name in enumerate("abc")}
    many = compare_many(networks, data, **QUIET)
    assert many.layers == ("lin#0", "lin#1", "act#0", "act#1")
    check_every_pair(many, networks, data)
    assert compare_many(in_turn(networks), data, **QUIET) == many
