"""`spanmatch spectrum | simple | support`: the library's results, as JSON, tables and pictures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import spanmatch as sm

pytest.importorskip("typer")
from cli_files import COMMANDS, LIBRARY, SPANMATCH, X, Y, done, each_command, folder, plain, strict
from spanmatch.solve.means import NOTE

__all__ = ["folder"]  # a fixture
SIGNATURES = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}


@each_command
@pytest.mark.parametrize("center", [False, True], ids=["plain", "centred"])
@pytest.mark.parametrize("files", [["x.npy", "y.npy"], ["both.npz", "--x", "a", "--y", "b"]])
def test_results_are_those_of_the_library(
    folder: Path, command: str, center: bool, files: list[str]
) -> None:
    centred = ["--center"] if center else []
    pair = sm.ActivationPair()
    pair.update(X, Y)
    expected = LIBRARY[command](pair, center=center)
    result = done(*COMMANDS[command], *files, *centred, "--json", "--save", "kept.safetensors")
    assert sm.load("kept.safetensors") == expected
    found = strict(result.stdout)
    assert found["result"] == plain(expected)
    assert (found["n_x"], found["n_y"], found["n_samples"]) == (24, 20, 1700)
    assert found["spanmatch"] == sm.__version__
    assert found["center"] == center
    assert [found[side]["file"] for side in "xy"] == [
        files[0],
        files[1] if len(files) == 2 else files[0],
    ]
    assert [found[side]["key"] for side in "xy"] == (["a", "b"] if len(files) > 2 else [None] * 2)


def test_json_holds_null_for_the_dead(folder: Path) -> None:
    found = strict(done("spectrum", "x.npy", "y.npy", "--json").stdout)["result"]
    assert [at for at, value in enumerate(found["x"]) if value is None] == [4]
    assert [at for at, value in enumerate(found["chance"][0]) if value is None] == [4]


@each_command
def test_a_kept_pair_takes_the_files_place(folder: Path, command: str) -> None:
    files = ["x.npy", "y.npy", "--save-pair", "pair.safetensors"]
    first = strict(done(*COMMANDS[command], *files, "--json").stdout)
    second = strict(done(*COMMANDS[command], "pair.safetensors", "--json").stdout)
    assert second["result"] == first["result"]
    assert second["x"]["file"] == second["y"]["file"] == "pair.safetensors"


def test_the_spectrum_table(folder: Path) -> None:
    lines = done("spectrum", "x.npy", "y.npy").stdout.splitlines()
    spectrum = sm.spectrum(X, Y)
    assert ["x", "24", "1", "x.npy"] in [line.split() for line in lines]
    assert ["y", "20", "0", "y.npy"] in [line.split() for line in lines]
    area, corrected = f"{spectrum.area:.2f}", f"{spectrum.corrected_area:.2f}"
    figures = f"1700 samples, area {area}, corrected for chance {corrected}"
    assert f"{figures}, median chance level 0.99" in lines
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("0.")}
    assert list(rows) == [f"0.{tenth}" for tenth in range(10)]
    pairs = sm.one_to_one(X, Y)
    for level, (similarity, of_pairs, near, of_x, of_y) in rows.items():
        eps = float(level)
        match = spectrum.match(eps)
        assert (float(similarity), int(of_x), int(of_y)) == (
            round(match.similarity, 2),
            match.x.size,
            match.y.size,
        )
        assert of_pairs == f"{pairs.similarity(eps):.2f}"
        assert near == f"{pairs.near(eps):.2f}"
    assert "only in another basis" in " ".join(lines)


def test_the_spectrum_table_at_levels_of_ones_own(folder: Path) -> None:
    given = ["--eps", "0.001,0.05,0.9", "--folds", "4"]
    lines = done("spectrum", "x.npy", "y.npy", *given).stdout.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.strip().startswith("0.")}
    assert list(rows) == ["0.001", "0.05", "0.9"]
    spectrum = sm.spectrum(X, Y)
    for eps, cells in rows.items():
        assert cells[0] == f"{spectrum.similarity(float(eps)):.2f}"
        # Of 0.001 the interval's grid knows nothing, and what is next to it is another figure.
        assert ("to" in cells) == (eps != "0.001")


def test_the_spectrum_table_sets_figures_at_chance_apart(folder: Path) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 60, 24))
    np.save("few.npy", x)
    np.save("others.npy", y)
    result = done("spectrum", "few.npy", "others.npy")
    rows = [line.split() for line in result.stdout.splitlines() if line.startswith("0.")]
    with pytest.warns(sm.UndersampledWarning):
        chance = float(np.median(np.concatenate(sm.spectrum(x, y).chance)))
    assert 0.1 < chance < 0.9
    assert [cells[1].startswith("(") for cells in rows] == [
        tenth / 10 >= chance for tenth in range(10)
    ]
    assert "at or above the chance level" in result.stdout
    assert result.stderr.startswith("warning: 60 samples for 24 neurons")
    assert len(result.stderr.splitlines()) == 1


def test_the_table_of_simple_matches(folder: Path) -> None:
    text = done("simple", "--eps", "0.5", "x.npy", "y.npy").stdout
    matches = sm.simple_matches(X, Y, eps=0.5)
    whole = sm.maximum_match(X, Y, eps=0.5)
    assert f"Maximum match at ε = 0.5: {len(whole)} neurons" in text
    assert f"make it up: {len(matches)}, of " in text
    sizes = [int(line.split()[0]) for line in text.splitlines() if line.strip()[:1].isdigit()]
    assert sizes == sorted(map(len, matches), reverse=True)
    largest = max(matches, key=len)
    assert ", ".join(map(str, largest.x.tolist()[:5])) in text


def test_minimum_matches_stand_by_their_neurons(folder: Path) -> None:
    text = done(*COMMANDS["each"], "x.npy", "y.npy").stdout
    matches = LIBRARY["each"](X, Y)
    whole = sm.maximum_match(X, Y, eps=0.5)
    neurons = [f"x {i}" for i in whole.x] + [f"y {i}" for i in whole.y]
    for neuron, match in list(zip(neurons, matches, strict=True))[:3]:
        line = next(line for line in text.splitlines() if f"   {neuron} " in line)
        assert line.split()[0] == str(len(match))


def test_the_support_table(folder: Path) -> None:
    text = done("support", "--eps", "0.5", "x.npy", "y.npy").stdout
    support = sm.support(X, Y, eps=0.5)
    cores = support.matrix.sum(axis=0)
    assert f"not at all: {len(support.groups)}, of " in text
    assert f"must hold: {cores.size}, of {cores.min()} to {cores.max()} neurons" in text
    rows = [line.split() for line in text.splitlines() if line.strip()[:1].isdigit()]
    assert [int(row[0]) for row in rows] == [len(group) for group in support.groups][:20]
    assert [int(row[1]) for row in rows] == [
        len(support.core(group[0])) for group in support.groups
    ][:20]


def test_long_tables_say_how_much_they_leave_out(folder: Path) -> None:
    x = np.random.default_rng(0).standard_normal((600, 33))
    np.save("wide.npy", x)
    for command, what in [("simple", "matches"), ("support", "groups")]:
        text = done(command, "--eps", "0.1", "wide.npy", "wide.npy").stdout
        assert f"… and 13 more {what}" in text
    assert "0, 1, 2, 3, 4 and " not in text
    np.save("mixed.npy", x @ np.random.default_rng(1).standard_normal((33, 33)))
    assert (
        "0, 1, 2, 3, 4 and 28 more"
        in done("simple", "--eps", "0.1", "wide.npy", "mixed.npy").stdout
    )


def test_tables_fit_80_columns_and_keep_brackets(folder: Path) -> None:
    name = "[red]" + "n" * 90 + ".npy"
    np.save(name, X)
    lines = done("spectrum", name, "y.npy").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert "[red]nnn" in "".join(lines)


def test_names_stand_for_numbers(folder: Path) -> None:
    pair = sm.ActivationPair(x_names=[f"edge{i}" for i in range(24)])
    pair.update(X, Y)
    pair.save("named.safetensors")
    for command in COMMANDS.values():
        found = strict(done(*command, "named.safetensors", "--json").stdout)
        assert (found["x"]["names"][2], found["y"]["names"]) == ("edge2", None)
    first = sm.simple_matches(X, Y, eps=0.5)
    assert (
        f"edge{max(first, key=len).x[0]}" in done(*COMMANDS["simple"], "named.safetensors").stdout
    )
    assert "edge" in done(*COMMANDS["support"], "named.safetensors").stdout
    assert "x edge" in done(*COMMANDS["each"], "named.safetensors").stdout


@pytest.mark.parametrize("command", ["simple", "each", "support"])
def test_nothing_that_matches_is_said(folder: Path, command: str) -> None:
    arguments = [part.replace("0.5", "0") for part in COMMANDS[command]]
    x, y = np.random.default_rng(0).standard_normal((2, 300, 5))
    np.save("a.npy", x)
    np.save("b.npy", y)
    result = done(*arguments, "a.npy", "b.npy", "--plot", "p.png")
    assert "Maximum match at ε = 0: 0 neurons" in result.stdout
    assert ": none" in result.stdout
    assert Path("p.png").read_bytes().startswith(SIGNATURES[".png"])
    empty = strict(done(*arguments, "a.npy", "b.npy", "--json").stdout)["result"]
    assert empty == [] or empty["matrix"] == []


@each_command
@pytest.mark.parametrize("suffix", SIGNATURES)
def test_pictures(folder: Path, command: str, suffix: str) -> None:
    Path("pictures").mkdir()
    picture = Path("pictures/a" + suffix)
    done(*COMMANDS[command], "x.npy", "y.npy", "--plot", str(picture))
    assert picture.read_bytes().startswith(SIGNATURES[suffix])
    assert [path.name for path in picture.parent.iterdir()] == [picture.name]
    if suffix == ".png":
        content = picture.read_bytes()
        width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        assert 800 <= width <= 1200
        assert 500 <= height <= 700


def test_warnings_are_plain_lines(folder: Path) -> None:
    result = done("simple", "--eps", "0.999", "x.npy", "y.npy", "--json")
    strict(result.stdout)
    assert result.stderr.startswith("warning: eps = 0.999 is at or above the median chance level")
    assert len(result.stderr.splitlines()) == 1
    assert done("simple", "--eps", "0.5", "x.npy", "y.npy").stderr == ""


@pytest.mark.usefixtures("restore_threads")
def test_threads_change_no_bit(folder: Path) -> None:
    one, two = (
        done("spectrum", "x.npy", "y.npy", "--json", "--threads", number).stdout
        for number in ("1", "2")
    )
    assert one == two


def test_as_a_user_runs_it(folder: Path) -> None:
    command = [SPANMATCH, "spectrum", "x.npy", "y.npy"]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    assert finished.stderr == ""
    assert finished.stdout == done("spectrum", "x.npy", "y.npy").stdout
    missing = subprocess.run([*command[:2], "no.npy", "y.npy"], check=False, capture_output=True)
    assert (missing.returncode, missing.stderr) == (
        1,
        b"error: no.npy: No such file or directory\n",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")
def test_a_bar_is_shown_on_a_terminal(folder: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [SPANMATCH, "spectrum", "x.npy", "y.npy", "--json"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    finished = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=theirs, env=environment
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "Reading samples" in shown
    assert "Peeling neurons" in shown
    strict(finished.stdout.decode())


def test_a_match_that_is_owed_to_means_is_told(folder: Path) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 900, 5)) + 9
    np.save("on.npy", x)
    np.save("others.npy", y)
    words = "more than half of the match at ε = 0.3 is owed to means"
    assert words in " ".join(done("spectrum", "on.npy", "others.npy").stdout.split())
    assert "means" not in done("spectrum", "on.npy", "others.npy", "--center").stdout
    assert "means" not in done("spectrum", "on.npy", "on.npy").stdout


def test_the_note_on_means_is_in_json_as_that_of_a_layer(folder: Path) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 900, 5)) + 9
    np.save("on.npy", x)
    np.save("others.npy", y)
    found = [
        strict(done("spectrum", "on.npy", *others, "--json").stdout)["note"]
        for others in (["others.npy"], ["others.npy", "--center"], ["on.npy"])
    ]
    assert found == [NOTE, "", ""]
    # Those of other commands have none.
    assert "note" not in strict(done("support", "x.npy", "y.npy", "--eps", "0.5", "--json").stdout)
