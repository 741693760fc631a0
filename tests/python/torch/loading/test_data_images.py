"""Pictures by name: the right pixels and labels, and files that are absent or not what they say."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import CIFAR10

from batches import join_batches
from spanmatch.torch.loading.data.named import load_data

RNG = np.random.default_rng(4)


def cifar(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, list[int]]:
    """Write files in the layout of CIFAR-10, and take their checksums for the published ones."""
    place = folder / "cifar-10-batches-py"
    place.mkdir()
    pixels = RNG.integers(0, 256, (20, 3 * 32 * 32), dtype=np.uint8)
    labels = list(range(10)) * 2
    sums = {}
    for name, content in {
        "test_batch": {"data": pixels[:8], "labels": labels[:8]},
        "data_batch_1": {"data": pixels[8:], "labels": labels[8:]},
        "batches.meta": {"label_names": list("abcdefghij")},
    }.items():
        (place / name).write_bytes(pickle.dumps(content))
        sums[name] = hashlib.md5((place / name).read_bytes()).hexdigest()
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "train_list", [["data_batch_1", sums["data_batch_1"]]])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": sums["batches.meta"]})
    return pixels.reshape(-1, 3, 32, 32), labels


def test_cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, labels = cifar(tmp_path, monkeypatch)
    inputs, targets = join_batches(load_data(f"cifar10:{tmp_path}", batch_size=3))
    mean, std = np.array([0.4914, 0.4822, 0.4465]), np.array([0.2470, 0.2435, 0.2616])
    expected = (pixels[:8] / 255 - mean[:, None, None]) / std[:, None, None]
    np.testing.assert_allclose(inputs, expected, atol=1e-5)
    assert targets.tolist() == labels[:8]
    assert inputs.dtype == torch.float32
    # As it is, and larger.
    plain: dict[str, Any] = {"mean": [0, 0, 0], "std": [1, 1, 1]}
    inputs, _ = join_batches(load_data(f"cifar10:{tmp_path}", split="train", **plain))
    np.testing.assert_allclose(inputs, pixels[8:] / 255, atol=1e-6)
    inputs, _ = join_batches(load_data(f"cifar10:{tmp_path}", size=64, **plain))
    assert inputs.shape == (8, 3, 64, 64)
    np.testing.assert_allclose(inputs.mean((2, 3)), pixels[:8].mean((2, 3)) / 255, atol=0.01)


def test_cifar10_that_is_absent_or_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = r"cifar-10-batches-py does not hold CIFAR-10.*download https://www\.cs\.toronto\.edu"
    with pytest.raises(FileNotFoundError, match=words):
        load_data(f"cifar10:{tmp_path}")
    cifar(tmp_path, monkeypatch)
    mark = tmp_path / "ran"

    class RunsCode:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (mark,)

    (tmp_path / "cifar-10-batches-py" / "test_batch").write_bytes(pickle.dumps(RunsCode()))
    with pytest.raises(FileNotFoundError, match=words):
        load_data(f"cifar10:{tmp_path}")
    assert not mark.exists()


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    colours = {"cats": [(255, 0, 0), (0, 255, 0)], "dogs": [(0, 0, 255)]}
    for name, pictures in colours.items():
        (tmp_path / name).mkdir()
        for number, colour in enumerate(pictures):
            # A frame that only the middle is free of.
            picture = Image.new("RGB", (96, 64), "white")
            picture.paste(colour, (20, 4, 76, 60))
            picture.save(tmp_path / name / f"{number}.png")
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    inputs, targets = join_batches(load_data(f"imagefolder:{tmp_path}", batch_size=2, size=28))
    assert inputs.shape == (3, 3, 28, 28)
    assert targets.tolist() == [0, 0, 1]
    expected = (torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]) - mean) / std
    torch.testing.assert_close(inputs[:, :, 14, 14], expected)
    torch.testing.assert_close(inputs[:, :, 1, 1], expected)
    plain = load_data(f"imagefolder:{tmp_path}", mean=(0, 0, 0), std=(1, 1, 1))
    inputs, _ = join_batches(plain)
    assert inputs.shape == (3, 3, 224, 224)
    assert inputs[2, :, 112, 112].tolist() == [0, 0, 1]


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(FileNotFoundError, match="must hold a folder for each class"):
            load_data(f"imagefolder:{folder}")
