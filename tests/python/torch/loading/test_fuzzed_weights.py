"""Checkpoints and data that are damaged at random: loaded as they are, or FileError and no change.

SPANMATCH_FUZZ says how many files of each kind; SPANMATCH_FUZZ_SEED which.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from torch import nn

from canary import RunsCode
from mutated_bytes import mutate
from spanmatch.torch import load_checkpoint, load_data

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = int(os.environ.get("SPANMATCH_FUZZ", "150"))
SEED = int(os.environ.get("SPANMATCH_FUZZ_SEED", "0"))
SECONDS = 20  # that one file may take


MARK = "the code of a pickle ran"


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def saved(content: object, zipped: bool) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


STATE = dict(network(1).state_dict())
EVIL = {**STATE, "0.bias": RunsCode(Path(MARK))}
WEIGHTS: dict[str, bytes] = {
    "zip.pt": saved(STATE, True),
    "legacy.ckpt": saved({"state_dict": STATE, "epoch": 3}, False),
    "evil.pth": saved(EVIL, True),
    "evil.bin": saved(EVIL, False),
    "evil.pkl": pickle.dumps(EVIL),
    "plain.safetensors": safetensors.torch.save(STATE),
}
INDEX = json.dumps({"weight_map": dict.fromkeys(STATE, "part.bin")}).encode()


def same(model: nn.Module, state: dict[str, Any]) -> bool:
    return all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("name", [*WEIGHTS, "a.bin.index.json"])
def test_damaged_checkpoints(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random, path, model = Random(f"{SEED} {name}"), tmp_path / name, network(0)
    (tmp_path / "part.bin").write_bytes(WEIGHTS["legacy.ckpt"])
    before = dict(network(0).state_dict())
    for _ in range(STEPS):
        path.write_bytes(mutate(WEIGHTS.get(name, INDEX), random, list(WEIGHTS.values())))
        begun = time.perf_counter()
        try:
            load_checkpoint(model, path)
        except (ValueError, OSError, MemoryError) as error:
            # Of an index, the file that it names may be missing.
            if path.name not in str(error) and "index" not in name:
                raise AssertionError("it names no file") from error
            assert same(model, before)
        else:
            model.load_state_dict(before)
        assert time.perf_counter() - begun < SECONDS
        assert not Path(MARK).exists()


def written(save: Callable[..., object], *arrays: Any, **named: Any) -> bytes:
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


X = np.random.default_rng(0).standard_normal((20, 3))
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8))
DATA: dict[str, bytes] = {
    "stored.npz": written(np.savez, x=X, y=np.arange(20)),
    "packed.npz": written(np.savez_compressed, x=np.asfortranarray(X), targets=np.arange(20)),
    "one.npy": written(np.save, X.reshape(5, 4, 3)),
    "evil.npy": written(np.save, np.array([RunsCode(Path(MARK))] * 3)),
    **{f"picture.{kind}": written(PICTURE.save, kind) for kind in ("jpeg", "png", "ppm", "bmp",
                                                                   "tiff", "webp")},
    "lines.txt": "One line.\nTwo lines, of “UTF-8”.\n".encode(),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # Pillow warns of damage that it goes on from
@pytest.mark.parametrize("name", DATA)
def test_damaged_data(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random = Random(f"{SEED} {name}")
    path = tmp_path / "folder" / "class" / name
    path.parent.mkdir(parents=True)
    kind, place = {"npz": ("npz", path), "npy": ("npz", path), "txt": ("text", path)}.get(
        path.suffix[1:], ("imagefolder", tmp_path / "folder")
    )
    import torchvision  # noqa: F401 - it takes long to import, and damage should not

    options: dict[str, Any] = {"size": 8} if kind == "imagefolder" else {}
    for _ in range(STEPS // 3):
        path.write_bytes(mutate(DATA[name], random, list(DATA.values())))
        begun = time.perf_counter()
        try:
            list(load_data(f"{kind}:{place}", **options))
        except (ValueError, MemoryError) as error:
            if path.name not in str(error):
                raise AssertionError("it names no file") from error
        assert time.perf_counter() - begun < SECONDS
        assert not Path(MARK).exists()
