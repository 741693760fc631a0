"""Data made to do harm: refused in little time and memory, and no code of theirs is run."""

from __future__ import annotations

import os
import pickle
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from array_contents import refused
from canary import RunsCode
from spanmatch.torch import load_data
from spanmatch.torch.loading.data import arrays, pictures

if TYPE_CHECKING:
    from pathlib import Path


def test_no_pickle_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    evil = np.empty(3, object)
    evil[:] = RunsCode(mark)
    np.save(tmp_path / "a.npy", evil)
    archives: dict[str, Any] = {"a": {"x": evil}, "b": {"x": np.ones(3), "y": evil}}
    for name, held in archives.items():
        np.savez(tmp_path / f"{name}.npz", **held)
        np.savez_compressed(tmp_path / f"{name}_packed.npz", **held)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(RunsCode(mark)))
    (tmp_path / "c.npz").write_bytes(pickle.dumps(RunsCode(mark)))
    files = sorted(tmp_path.glob("*.np?"))
    assert len(files) == 7
    for file in files:
        refused(lambda: load_data(f"npz:{file}"), str(file))  # noqa: B023
    folder = tmp_path / "pictures" / "class"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(pickle.dumps(RunsCode(mark)))
    refused(lambda: list(load_data(f"imagefolder:{folder.parent}")), "a.jpg is damaged")
    assert not mark.exists()
    np.load(tmp_path / "a.npy", allow_pickle=True)
    assert mark.exists()


def test_an_array_that_unpacks_to_far_more(tmp_path: Path) -> None:
    file = tmp_path / "x.npz"
    np.savez_compressed(file, x=np.zeros((40_000, 250)))
    assert file.stat().st_size < 100_000
    refused(lambda: load_data(f"npz:{file}"), str(file), "unpacks to 80 MB", "np.savez")
    # What is small, or hardly packed, may be.
    np.savez_compressed(file, x=np.zeros((4000, 250)))
    assert len(load_data(f"npz:{file}")) == 63


def test_an_array_that_memory_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.npy"
    np.save(file, np.ones((100, 10)))
    monkeypatch.setattr(arrays, "find_available", lambda: 7999)
    refused(lambda: load_data(f"npz:{file}"), str(file), "8 kB of memory, of 8 kB")
    monkeypatch.setattr(arrays, "find_available", lambda: 8000)
    assert len(load_data(f"npz:{file}")) == 2


def test_arrays_of_files_in_any_order(tmp_path: Path) -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    for order in "CF":
        ordered = np.asarray(x, order=order)  # type: ignore[call-overload]
        np.save(tmp_path / "x.npy", ordered.astype(">f4"))
        np.savez_compressed(tmp_path / "x.npz", x=ordered)
        for name in ("x.npy", "x.npz"):
            batches: Any = load_data(f"npz:{tmp_path / name}")
            np.testing.assert_array_equal(next(iter(batches)).numpy(), x)


def test_files_that_are_no_files(tmp_path: Path) -> None:
    for kind, name in (("npz", "a.npz"), ("npz", "a.npy"), ("text", "a.txt")):
        path = tmp_path / name
        os.mkfifo(path)
        refused(lambda: load_data(f"{kind}:{path}"), str(path), "a pipe")  # noqa: B023
        path.unlink()
        path.symlink_to(path)
        refused(lambda: load_data(f"{kind}:{path}"), str(path), error=OSError)  # noqa: B023
        path.unlink()
        path.mkdir()
        refused(lambda: load_data(f"{kind}:{path}"), str(path), error=OSError)  # noqa: B023
    refused(lambda: load_data("npz:a.safetensors"), "a.safetensors", ".npz or .npy")


def make_pictures(tmp_path: Path) -> tuple[Path, Path]:
    from PIL import Image

    folder = tmp_path / "pictures"
    (folder / "class").mkdir(parents=True)
    Image.new("RGB", (30, 20)).save(folder / "class" / "a.png")
    return folder, folder / "class" / "b.png"


def test_damaged_pictures_are_named(tmp_path: Path) -> None:
    folder, bad = make_pictures(tmp_path)
    whole = (folder / "class" / "a.png").read_bytes()
    for data in (b"", b"no picture", whole[:40], b"\x89PNG" + whole[4:20] + whole[33:]):
        bad.write_bytes(data)
        refused(lambda: list(load_data(f"imagefolder:{folder}")), str(bad), "damaged")
    bad.unlink()
    os.mkfifo(bad)
    refused(lambda: list(load_data(f"imagefolder:{folder}")), str(bad), "a pipe")


def test_postscript_is_not_given_to_ghostscript(tmp_path: Path) -> None:
    folder, bad = make_pictures(tmp_path)
    bad.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    refused(lambda: list(load_data(f"imagefolder:{folder}")), str(bad), "no picture")


def test_pictures_that_are_too_narrow(tmp_path: Path) -> None:
    from PIL import Image

    folder, bad = make_pictures(tmp_path)
    # Its shorter side resized to 256, it would have 256 × 12,800,000 pixels.
    Image.new("RGB", (1, 50_000)).save(bad)
    refused(lambda: list(load_data(f"imagefolder:{folder}")), str(bad), "1 × 50000 pixels")


def test_a_picture_that_claims_to_be_huge(tmp_path: Path) -> None:
    folder, bad = make_pictures(tmp_path)
    bad = bad.with_suffix(".ppm")
    bad.write_bytes(b"P6 100000 100000 255\n" + bytes(100))
    refused(lambda: list(load_data(f"imagefolder:{folder}")), str(bad), "damaged")


def test_a_picture_that_unpacks_to_far_more(tmp_path: Path) -> None:
    from PIL import Image

    folder, bad = make_pictures(tmp_path)
    Image.new("1", (8000, 8000)).save(bad)
    assert bad.stat().st_size < 20_000
    refused(lambda: list(load_data(f"imagefolder:{folder}")), str(bad), "to 8000 × 8000 pixels")


def test_links_that_lead_on_for_ever(tmp_path: Path) -> None:
    folder, _ = make_pictures(tmp_path)
    for name in ("one", "two"):
        (folder / "class" / name).symlink_to(folder)
    refused(lambda: load_data(f"imagefolder:{folder}"), "are one folder, by links")
    (tmp_path / "chain").mkdir()
    for at in range(40):
        (tmp_path / "chain" / f"{at}").mkdir()
    for at in range(39):
        for name in "ab":
            (tmp_path / "chain" / f"{at}" / name).symlink_to(tmp_path / "chain" / f"{at + 1}")
    refused(lambda: pictures.check_tree(tmp_path / "chain" / "0"), "by links")
    # One link elsewhere is no loop.
    pictures.check_tree(folder / "class" / "none")


ODD = [10**400, -1, 0, 2**63, float("nan"), True, "3", np.float32(3)]


@pytest.mark.parametrize("number", ODD, ids=lambda number: repr(number)[:20])
def test_numbers_that_are_none(tmp_path: Path, number: Any) -> None:
    folder, _ = make_pictures(tmp_path)
    (tmp_path / "a.txt").write_text("text")
    for name, options in {
        "digits": ("batch_size", "limit"),
        f"text:{tmp_path / 'a.txt'}": ("block", "max_length"),
        f"imagefolder:{folder}": ("size",),
    }.items():
        for option in options:
            with pytest.raises((TypeError, ValueError), match=rf"`{re.escape(option)}` must be"):
                list(load_data(name, **{option: number}))


@pytest.mark.parametrize(
    "values",
    [[1, 2], [1] * 4, [None] * 3, "abc", 10**400, [1, np.nan, 1]],
    ids=lambda values: repr(values)[:20],
)
def test_channels_that_are_none(tmp_path: Path, values: Any) -> None:
    folder, _ = make_pictures(tmp_path)
    for option in ("mean", "std"):
        with pytest.raises((TypeError, ValueError), match=f"`{option}` must be"):
            load_data(f"imagefolder:{folder}", **{option: values})
    with pytest.raises(ValueError, match="`std` must be above 0"):
        load_data(f"imagefolder:{folder}", std=(1, 0, 1))
