"""`spanmatch compare` of many networks: the library's comparison in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm

pytest.importorskip("typer")
pytest.importorskip("torch")
from cli_files import as_null, done, failed, strict
from compare_runs import checkpoint, made, place, runs
from spanmatch.comparison.many.many_comparison import ManyComparison
from spanmatch.torch import compare_many, load_data, load_model

if TYPE_CHECKING:
    from spanmatch.torch.comparing.matched_layers import NetworkLayers

__all__ = ["made", "place"]  # fixtures
SMALL = "nets.py:small"
STEPS = (1, 2, 10)
REST = ["--data", "nets.py:batches", "--device", "cpu", "--out", "out"]
COMMAND = ["compare", "--arch", SMALL, "--checkpoint", "run/step*.pt", *REST]


@pytest.fixture(autouse=True)
def run_folder(place: Path) -> None:
    """Three checkpoints of one run."""
    (place / "run").mkdir()
    for seed, step in enumerate(STEPS):
        (place / "run" / f"step{step}.pt").write_bytes(checkpoint(seed))


def expected(layers: NetworkLayers = None, **options: Any) -> ManyComparison:
    """What the library says of the same networks."""
    networks = {f"step{step}": load_model(SMALL, checkpoint=f"run/step{step}.pt") for step in STEPS}
    data = load_data("nets.py:batches")
    return compare_many(networks, data, layers=layers, progress=False, **options)


def check_alike(found: ManyComparison, wanted: ManyComparison) -> None:
    assert (found.networks, found.reference) == (wanted.networks, wanted.reference)
    assert list(found) == list(wanted)
    for layer in wanted:
        np.testing.assert_allclose(found[layer].area, wanted[layer].area, rtol=0, atol=1e-12)


def test_the_table_the_picture_and_the_folder() -> None:
    shown = done(*COMMAND)
    many = sm.load("out")
    assert isinstance(many, ManyComparison)
    check_alike(many, expected())
    assert shown.stdout.startswith(f"{many!r}\n")
    assert shown.stdout.endswith(
        "\nout: many.json, comparisons, sums\n"
        "Picture: out/comparison.png\nReport: out/report.html\n"
    )
    assert Path("out/comparison.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert not Path("out/rows").exists()


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        (["--reference", "-1"], {"reference": "step10"}),
        (["--layers", "conv*", "--center"], {"layers": "conv*", "center": True}),
        (
            ["--layers", "conv1", "--layers", "step2=conv2"],
            {"layers": {"step1": "conv1", "step2": "conv2", "step10": "conv1"}},
        ),
        (["--nulls", "3", "--folds", "2", "--max-batches", "4"],
         {"nulls": 3, "folds": 2, "max_batches": 4}),
    ],
    ids=["reference", "some layers", "layers of each", "chance"],
)  # fmt: skip
def test_json_is_strict_and_all_of_it(options: list[str], arguments: dict[str, Any]) -> None:
    plain = strict(done(*COMMAND, *options, "--json", "--plot", "picture.svg").stdout)
    assert plain.pop("spanmatch") == sm.__version__
    many = sm.load("out")
    assert isinstance(many, ManyComparison)
    check_alike(many, expected(**arguments))
    assert plain == as_null(many.to_dict())
    assert Path("picture.svg").read_bytes().startswith(b"<?xml")
    assert not Path("out/comparison.png").exists()


def test_the_same_command_again_runs_nothing() -> None:
    first = done(*COMMAND)
    runs()
    Path("out/comparison.png").unlink()
    page = Path("out/report.html").read_bytes()
    Path("out/report.html").unlink()
    again = done(*COMMAND)
    assert "f" not in runs()
    assert again.stdout == first.stdout
    assert Path("out/comparison.png").exists()
    assert Path("out/report.html").read_bytes() == page
    # Other checkpoints are another comparison.
    Path("run/step3.pt").write_bytes(checkpoint(7))
    differing = 'networks: 3 there, 4 now\n  networks[2].network: "step10" there, "step3" now\n'
    failed(1, *COMMAND, words=("out holds another comparison", differing))


def test_two_models_with_a_checkpoint_each() -> None:
    files = ["--checkpoint", "b.pt", "--checkpoint", "a.pt"]
    done("compare", SMALL, "nets:small", *files, *REST)
    many = sm.load("out")
    assert isinstance(many, ManyComparison)
    assert len(many.networks) == 2


def test_files_that_are_the_same_are_named() -> None:
    shutil.copy("run/step2.pt", "run/step20.pt")
    shown = done(*COMMAND)
    assert shown.stderr.startswith("warning: run/step2.pt and run/step20.pt hold the same bytes\n")
    many = sm.load("out")
    assert isinstance(many, ManyComparison)
    assert many.identical == (("step2", "step20"),)
    assert "step2, step20 are one file, byte for byte: one network." in shown.stdout
    assert many["head"].area[1, 3] > 0.999
    # And in each run anew.
    assert "hold the same bytes" in done(*COMMAND).stderr


def test_two_models_with_the_same_file_are_not_one_network() -> None:
    files = ["--checkpoint", "a.pt", "--checkpoint", "a.pt"]
    shown = done("compare", SMALL, "nets:small", *files, *REST)
    names = " and ".join(sm.load("out").networks)  # type: ignore[union-attr]
    assert shown.stderr.startswith(f"warning: a.pt is given for {names}\n")
    many = sm.load("out")
    assert isinstance(many, ManyComparison)
    assert many.identical == ()
    assert "one network" not in shown.stdout


def test_a_name_of_a_picture_that_cannot_be_is_refused_first() -> None:
    failed(2, *COMMAND, "--plot", "p.jpg", words=("p.jpg",))
    assert not Path("out").exists()
    assert runs() == ""
