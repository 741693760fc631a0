"""Many networks in a folder: cut off anywhere, the same command ends with the same files."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import spanmatch as sm
from spanmatch.torch import compare_many, load_data, load_model
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.resuming.config import NamedData, NamedModel
from spanmatch.torch.resuming.many_config import ManyConfig
from spanmatch.torch.resuming.many_resumable import compare_many_in
from spanmatch.torch.resuming.ranks import Ranks

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

NETS = """
import torch
from torch import nn

def net(seed=0, stride=1):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3, stride=stride), nn.ReLU(), nn.Flatten(2))

def batches():
    return list(torch.randn(24, 1, 6, 6, generator=torch.Generator().manual_seed(0)).split(8))
"""
NAMES = ("a", "b", "coarse")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nets.py").write_text(NETS)
    monkeypatch.chdir(tmp_path)


def configure(**options: Any) -> ManyConfig:
    made = {
        name: NamedModel(f"nets.py:net(seed={at}, stride={1 + (name == 'coarse')})")
        for at, name in enumerate(NAMES)
    }
    asked = CompareOptions(device="cpu", **options)
    return ManyConfig(made, NamedData(name="nets.py:batches"), asked, ("0", "1"))


def compare_alone(folder: Path, config: ManyConfig, **how: Any) -> sm.ManyComparison:
    """Compare by one process."""
    many = compare_many_in(folder, config, Ranks("cpu"), **how)
    assert many is not None
    return many


def read_files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_is_what_compare_many_gives(tmp_path: Path) -> None:
    options: dict[str, Any] = {"nulls": 3, "folds": 2, "seed": 4}
    found = compare_alone(tmp_path / "out", configure(**options))
    networks = {name: load_model(each.name) for name, each in configure().networks.items()}
    data = load_data("nets.py:batches")
    alone = compare_many(networks, data, layers=("0", "1"), progress=False, **options)
    assert found == alone == sm.load(tmp_path / "out")
    assert "mean over positions" in found.comparison("a", "coarse").notes["0"]
    assert found.pair("0", "a", "b").n_samples == 24 * 16
    assert not (tmp_path / "out" / "rows").exists()


class _Cut(BaseException):
    """The process ends here."""


def cut_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the process end as it writes so many files, or just before the last takes its name."""
    done = 0
    rename = Path.replace

    def replace(self: Path, target: Path) -> Path:
        nonlocal done
        done += 1
        if done > writes:
            raise _Cut
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    return lambda: monkeypatch.setattr(Path, "replace", rename)


def test_cut_off_anywhere_it_goes_on_to_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configure(nulls=2)
    compare_alone(tmp_path / "whole", config)
    wanted = read_files(tmp_path / "whole")
    out, chance = tmp_path / "out", random.Random(0)
    for _ in range(20):
        shutil.rmtree(out, ignore_errors=True)
        restore = cut_after(chance.randrange(len(wanted)), monkeypatch)
        with pytest.raises(_Cut):
            compare_alone(out, config)
        restore()
        compare_alone(out, config)
        assert read_files(out) == wanted


def test_networks_that_have_run_do_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, out, said = configure(), tmp_path / "out", list[str]()
    restore = cut_after(1 + 4 + 4 + 1, monkeypatch)  # config.json, two networks, and a batch
    with pytest.raises(_Cut):
        compare_alone(out, config, say=said.append)
    restore()
    takes = [line for line in said if "its rows take about" in line]
    assert [line.partition(":")[0] for line in takes] == ["a", "b", "coarse"]
    assert [line for line in said if line not in takes] == ["a: has run", "b: has run"]
    said.clear()
    compare_alone(out, config, say=said.append)
    again = [line for line in said if "rows take" not in line]
    assert again == ["a: has run already", "b: has run already", "coarse: has run"]
    said.clear()
    compare_alone(out, config, say=said.append)
    assert said == [f"{out} holds all of it already"]


def test_rows_of_other_batches_are_not_matched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The data follow a number that no digest of the comparison knows.
    made = "int(__import__('pathlib').Path('order').read_text())"
    (tmp_path / "nets.py").write_text(NETS.replace("manual_seed(0)", f"manual_seed({made})"))
    (tmp_path / "order").write_text("0")
    config, out = configure(), tmp_path / "out"
    restore = cut_after(1 + 4 + 4 + 1, monkeypatch)  # config.json, two networks, and a batch
    with pytest.raises(_Cut):
        compare_alone(out, config)
    restore()
    (first,) = (out / "rows").glob("a-*")
    shutil.rmtree(first)
    (tmp_path / "order").write_text("1")
    with pytest.raises(ValueError, match=r"rows/b-\w+ holds the rows of other batches .* 'a'"):
        compare_alone(out, config)
    shutil.rmtree(out / "rows")
    assert compare_alone(out, config).layers == ("0", "1")


def test_a_folder_of_another_comparison_stays_as_it_is(tmp_path: Path) -> None:
    compare_alone(tmp_path / "out", configure())
    before = read_files(tmp_path / "out")
    with pytest.raises(ValueError, match=r"holds another comparison.*\n  seed: 0 there, 3 now"):
        compare_alone(tmp_path / "out", configure(seed=3))
    assert read_files(tmp_path / "out") == before


def test_what_is_calibrated_later_comes_to_the_rest(tmp_path: Path) -> None:
    plain = compare_alone(tmp_path / "out", configure(nulls=19))
    assert not plain.comparison("a", "b").calibrations
    more = compare_alone(tmp_path / "out", configure(nulls=19, calibrate=True))
    wanted = plain.comparison("a", "b").calibrated()
    assert dict(more.comparison("a", "b").calibrations) == dict(wanted)
    assert sm.load(tmp_path / "out") == more


def test_a_network_that_fails_leaves_the_rows_of_others(tmp_path: Path) -> None:
    networks = configure().networks
    turned = {name: networks[name] for name in ("b", "a")}
    config = ManyConfig(turned, configure().data, configure().options, ("0",))
    failing = NETS.replace("torch.manual_seed(seed)", "assert seed, 'no seed'")
    (tmp_path / "nets.py").write_text(failing)
    with pytest.raises(AssertionError, match="no seed"):
        compare_alone(tmp_path / "out", config)
    (rows,) = (tmp_path / "out" / "rows").glob("*/network.json")
    assert len(list(rows.parent.glob("*.safetensors"))) == 3
