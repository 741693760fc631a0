"""Write one small file of each kind that the installed version saves: python make.py FOLDER.

Run it with a version that is to be kept, before its successor reads what it wrote. It uses public
names and the command line alone, so that it runs with any version.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE = Path(__file__).parent
# As pytest does for the tests, which describe what they load by the same words.
sys.path.insert(0, str(HERE.parent / "helpers"))

import spanmatch as sm  # noqa: E402
from kept import COMPARE, described, write_expected  # noqa: E402
from spanmatch.torch import compare, load_data, load_model  # noqa: E402


def sides() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Six neurons and five that share three dimensions; a dead one, and an equal two."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((120, 6)) + 0.5
    x[:, 5] = 0.0
    y = np.hstack([x[:, :3] @ rng.standard_normal((3, 4)), rng.standard_normal((120, 1))])
    y[:, 0] = x[:, 0]
    return x, y + 0.01 * rng.standard_normal(y.shape) * (np.arange(5) > 0)


def single_files(folder: Path) -> dict[str, object]:
    """Save pairs, results and a list of matches; return what they hold."""
    x, y = sides()
    plain = sm.ActivationPair()
    plain.update(x, y)
    full = sm.ActivationPair(
        nulls=3, folds=4, seed=5, x_names=[f"ν{i}" for i in range(6)], y_names=list("abcde")
    )
    for rows in (slice(0, 50), slice(50, 120)):
        full.update(x[rows].astype(np.float32), y[rows].astype(np.float32))
    match = sm.maximum_match(plain, eps=0.3)
    things: dict[str, Any] = {
        "pair": plain,
        "pair-with-nulls": full,
        "spectrum": sm.spectrum(plain),
        "match": match,
        "residuals": sm.residuals(plain, x_index=[0, 1, 2], y_index=[0, 4]),
        "support": sm.support(plain, eps=0.3),
        "linear-map": sm.linear_map(plain, match=match),
        "measures": sm.measures(plain),
        "null-spectra": sm.null_spectra(full),
        "interval": sm.interval(full),
        "matches": sm.simple_matches(plain, eps=0.3),
    }
    for name, thing in things.items():
        sm.save(thing, folder / f"{name}.safetensors")
    return {f"{name}.safetensors": described(thing) for name, thing in things.items()}


def comparisons(folder: Path) -> dict[str, object]:
    """Save comparisons of two networks; return what they hold."""
    a, b = load_model("nets.py:first"), load_model("nets.py:second")
    data = load_data("nets.py:batches")
    made = {
        "one-by-one": compare(a, b, data, layers="conv*", nulls=3, folds=4, seed=5),
        "all-pairs": compare(a, b, data, layers="conv*", center=True, all_pairs=True),
    }
    for name, comparison in made.items():
        comparison.save(folder / name)
    return {name: described(comparison) for name, comparison in made.items()}


def resumable(folder: Path) -> dict[str, object]:
    """Leave a comparison that goes on, whole and half done; return what the whole one holds."""
    arguments = ["compare", COMPARE["model_a"], COMPARE["model_b"], "--device", "cpu"]
    for name in ("data", "nulls", "folds", "seed"):
        arguments += [f"--{name}", COMPARE[name]]
    whole, half = folder / "resumable", folder / "resumable-half-done"
    spanmatch(*arguments, "--out", whole)
    (whole / "comparison.png").unlink()
    shutil.copytree(whole, half)
    (half / "comparison.json").unlink()
    for kind, keep in (("pairs", 2), ("spectra", 1), ("nulls", 1), ("intervals", 1)):
        for path in sorted((half / kind).iterdir())[keep:]:
            path.unlink()
    return {"resumable": described(sm.load(whole))}


def experiment(folder: Path) -> dict[str, object]:
    """Leave a whole experiment, without its pictures; return what its comparison holds."""
    out = folder / "experiment"
    arguments = ["--arch", "nets.py:tiny", "--data", "nets.py:examples", "--seeds", "0,1"]
    arguments += ["--epochs", "1", "--nulls", "3", "--folds", "4", "--eps", "0.3"]
    spanmatch("experiment", *arguments, "--out", out)
    (out / "report.html").unlink()
    for path in (out / "figures").iterdir():
        if path.name != "area.json":
            path.unlink()
    for key in ("trained-seed-0-seed-1",):
        found = described(sm.load(out / "comparisons" / key))
    return {f"experiment/comparisons/{key}": found}


def spanmatch(*arguments: object) -> None:
    """Run the command."""
    subprocess.run([sys.executable, "-m", "spanmatch", *map(str, arguments)], check=True)


def main(folder: Path) -> None:
    """Write all of it, and what it holds."""
    folder.mkdir(parents=True)
    shutil.copy(HERE / "nets.py", folder)
    os.chdir(folder)
    warnings.simplefilter("ignore", sm.UndersampledWarning)
    here = Path()
    expected = [make(here) for make in (single_files, comparisons, resumable, experiment)]
    write_expected(Path("expected.json"), {k: v for part in expected for k, v in part.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
