"""The commands on files, used wrongly, failing or interrupted: an exit code and a line."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

import spanmatch as sm

pytest.importorskip("typer")
from cli_files import SPANMATCH, X, Y, done, failed, folder, run
from cpu_time import cpu_seconds, ended_cpu_seconds, wait_for_work

__all__ = ["folder"]  # a fixture

WRONG_USAGE = {
    "no second side": (["spectrum", "x.npy"], ["x.npy", "one side"]),
    "no key of the second side": (["spectrum", "both.npz", "--x", "a"], ["both.npz", "--y KEY"]),
    "a suffix": (["spectrum", "x.txt", "y.npy"], ["x.txt", ".npy, .npz, .safetensors"]),
    "a picture's suffix": (
        ["spectrum", "x.npy", "y.npy", "--plot", "p.jpg"],
        ["p.jpg", ".png, .svg or .pdf"],
    ),
    "a result's suffix": (
        ["spectrum", "x.npy", "y.npy", "--save", "r.json"],
        ["r.json", ".safetensors"],
    ),
    "a pair's suffix": (["spectrum", "x.npy", "y.npy", "--save-pair", "r"], ["r", ".safetensors"]),
    "one name for two": (
        ["spectrum", "x.npy", "y.npy", "--save", "r.safetensors", "--save-pair", "./r.safetensors"],
        ["r.safetensors", "another name"],
    ),
    "a key of a pair": (["spectrum", "pair.safetensors", "--x", "a"], ["pair.safetensors", "--x"]),
    "two sides of a pair": (["spectrum", "pair.safetensors", "y.npy"], ["both sides"]),
    "a pair for y": (["spectrum", "x.npy", "pair.safetensors"], ["both sides"]),
    "over its own input": (
        ["spectrum", "pair.safetensors", "--save", "pair.safetensors"],
        ["pair.safetensors"],
    ),
    "eps of 1": (["simple", "x.npy", "y.npy", "--eps", "1"], ["eps", "[0, 1)"]),
    "negative eps": (["support", "x.npy", "y.npy", "--eps", "-0.1"], ["eps", "[0, 1)"]),
    "levels that are none": (["spectrum", "x.npy", "y.npy", "--eps", "0.1;2"], ["--eps", "commas"]),
    "a level of 1": (["spectrum", "x.npy", "y.npy", "--eps", "0.1,1"], ["eps", "[0, 1)"]),
    "eps that is no number": (["support", "x.npy", "y.npy", "--eps", "nan"], ["eps", "[0, 1)"]),
    "negative seed": (["simple", "x.npy", "y.npy", "--eps", "0", "--seed", "-1"], ["seed"]),
}


@pytest.mark.parametrize("case", WRONG_USAGE)
def test_wrong_usage_exits_with_2(folder: Path, case: str) -> None:
    pair = sm.ActivationPair()
    pair.update(X, Y)
    pair.save("pair.safetensors")
    before = sorted(path.name for path in folder.iterdir())
    arguments, words = WRONG_USAGE[case]
    failed(2, *arguments, words=tuple(words))
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["spectrum"],
        ["simple", "x.npy", "y.npy"],
        ["support", "x.npy", "y.npy"],
        ["simple", "x.npy", "y.npy", "--eps", "a"],
        ["simple", "x.npy", "y.npy", "--eps", "0.1", "--method", "all"],
        ["spectrum", "x.npy", "y.npy", "--threads", "0"],
        ["spectrum", "x.npy", "y.npy", "--threads", "1025"],
        ["spectrum", "x.npy", "y.npy", "x.npy"],
    ],
)
def test_what_typer_refuses_exits_with_2_too(folder: Path, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_failures_exit_with_1(folder: Path) -> None:
    bad = X.copy()
    bad[1000, 5] = np.nan
    np.save("bad.npy", bad)
    np.save("integers.npy", (100 * X).astype(np.int32))
    np.save("maps.npy", X.reshape(17, 100, 24))
    np.save("short.npy", X[:1000])
    np.savez_compressed("packed.npz", a=np.asfortranarray(X), b=Y)
    Path("text.npy").write_text("text")
    Path("empty.safetensors").touch()
    done("spectrum", "x.npy", "y.npy", "--save", "result.safetensors")
    two = ["packed.npz", "--y", "b", "--x"]
    for arguments, words in [
        (["missing.npy", "y.npy"], ["missing.npy: No such file"]),
        (["x.npy", "missing.safetensors"], ["missing.safetensors: No such file"]),
        (
            ["bad.npy", "y.npy"],
            ["bad.npy", "y.npy", "from 960 to 1439", "neuron 5 of x", "row 40"],
        ),
        (["y.npy", "integers.npy"], ["integers.npy: y holds int32", "y.astype(np.float32)"]),
        (["maps.npy", "y.npy"], ["maps.npy", "(17, 100, 24)", "as_rows"]),
        (["short.npy", "y.npy"], ["short.npy", "1000", "y.npy", "1700"]),
        (["both.npz", "y.npy"], ["both.npz", "a: (1700, 24) float32", "--x KEY"]),
        (["x.npy", "both.npz", "--y", "c"], ["both.npz", "'c'", "b: (1700, 20)"]),
        (["x.npy", "y.npy", "--y", "b"], ["y.npy", "--y b"]),
        ([*two, "a"], ["packed.npz: a", "ascontiguousarray"]),
        (["text.npy", "y.npy"], ["text.npy is no readable .npy file"]),
        (["empty.safetensors", "y.npy"], ["empty.safetensors"]),
        (["result.safetensors"], ["result.safetensors", "MatchSpectrum"]),
        (["x.npy", "y.npy", "--plot", "no/p.png"], ["no: there is no such folder"]),
        (["x.npy", "y.npy", "--save", "y.npy/r.safetensors"], ["y.npy: there is no such folder"]),
    ]:
        failed(1, "spectrum", *arguments, words=tuple(words))


def test_a_failure_keeps_the_pair_that_was_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no solution")

    monkeypatch.setattr("spanmatch.solve.layer_answer.find_spectrum", fail)
    failed(1, "spectrum", "x.npy", "y.npy", "--save-pair", "pair.safetensors")
    assert sm.ActivationPair.load("pair.safetensors").n_samples == 1700


def has_open(child: subprocess.Popen[str], name: str) -> bool:
    """Whether the process reads a file of this name, as Linux says."""
    for descriptor in Path(f"/proc/{child.pid}/fd").iterdir():
        # It may have been closed meanwhile.
        with suppress(FileNotFoundError):
            if descriptor.readlink().name == name:
                return True
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux when to interrupt")
@pytest.mark.parametrize("solving", [False, True], ids=["reading", "solving"])
def test_an_interrupt_exits_with_130(folder: Path, solving: bool) -> None:
    if solving:
        rng = np.random.default_rng(0)
        z = rng.standard_normal((4600, 1100), dtype=np.float32)
        both = np.hstack([z, z + np.float32(1e-4) * rng.standard_normal(z.shape, np.float32)])
        np.save("big.npy", both)
        np.save("other.npy", both[:, ::-1] + rng.standard_normal(both.shape, np.float32))
        files = ["big.npy", "other.npy"]
    else:
        with Path("big.npy").open("wb") as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": (20_000_000, 300)}
            npy.write_array_header_1_0(file, header)
            file.truncate(file.tell() + 20_000_000 * 300 * 4)  # sparse
        files = ["big.npy", "big.npy"]
    outputs = ["--save", "out/r.safetensors", "--plot", "out/p.png"]
    outputs += ["--save-pair", "out/pair.safetensors"]
    Path("out").mkdir()
    command = [SPANMATCH, "spectrum", *files, *outputs, "--threads", "1"]
    ended = ended_cpu_seconds()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        try:
            deadline = time.perf_counter() + 120
            begun = (
                Path("out/pair.safetensors").exists
                if solving
                else lambda: has_open(child, "big.npy")
            )
            while not begun():
                assert time.perf_counter() < deadline
                time.sleep(0.02)
            wait_for_work(child, 0.3)
            before = cpu_seconds(child.pid)
            child.send_signal(signal.SIGINT)
            assert child.wait(timeout=60) == 130
            # A second alone on a core, and what the end of a process takes.
            assert ended_cpu_seconds() - ended - before < 3.0
            assert child.stderr is not None
            assert child.stderr.read().endswith("interrupted\n")
        finally:
            child.kill()
    left = [path.name for path in Path("out").iterdir()]
    assert left == (["pair.safetensors"] if solving else [])
