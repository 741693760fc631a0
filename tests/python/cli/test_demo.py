"""`spanmatch demo`, run as a user runs it, and the exit codes of the command line."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import spanmatch as sm
from spanmatch.plot.figure_file import save_figure
from spanmatch.plot.similarity import draw_similarity
from spanmatch.results.layer_answer import LayerAnswer

SPANMATCH = str(Path(sys.executable).with_name("spanmatch"))
PNG = b"\x89PNG\r\n\x1a\n"


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [SPANMATCH, *arguments]
    return subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def output(folder: Path) -> str:
    done = run("demo", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def rows(output: str) -> dict[str, list[str]]:
    """The table's cells, by the label of their row."""
    table = [re.split(r"  +", line.strip()) for line in output.splitlines() if "  " in line]
    return {label: cells for label, *cells in table}


def test_both_networks_are_accurate(output: str) -> None:
    accuracies = [float(figure) for figure in re.findall(r"([\d.]+)% test accuracy", output)]
    assert len(accuracies) == 2
    assert min(accuracies) > 95


def test_the_table_fits_80_columns(output: str) -> None:
    assert max(map(len, output.splitlines()[:-1])) <= 80


def test_the_table_describes_every_layer(rows: dict[str, list[str]]) -> None:
    assert rows["layer"] == ["conv1", "conv2", "conv3", "conv4", "fc1", "fc2"]
    assert rows["neurons"][0] == "16 + 16"
    assert rows["inputs"] == ["599"] * 6
    assert rows["samples"] == [str(599 * positions) for positions in [64, 64, 16, 16, 1, 1]]
    assert all(0 < float(level) < 1 for level in rows["chance level"])
    assert all(0 < float(area) < 1 for area in rows["area"])
    assert all("+" in cell for cell in rows["dead neurons"])
    for layer in range(6):
        curve = [float(rows[f"s(0.{tenth})"][layer].strip("()")) for tenth in range(1, 10)]
        assert curve == sorted(curve)


def test_the_table_shows_what_single_neurons_share(rows: dict[str, list[str]]) -> None:
    for layer in range(6):
        for tenth in (3, 5, 7, 9):
            single, near, whole = (
                float(rows[f"{what}(0.{tenth})"][layer].strip("()")) for what in ("s1", "near", "s")
            )
            assert 0 <= single <= near <= whole
        assert 0 < float(rows["area of s1"][layer]) <= float(rows["area"][layer])


def test_the_table_sets_figures_at_chance_apart(rows: dict[str, list[str]]) -> None:
    for tenth in range(1, 10):
        for level, cell in zip(rows["chance level"], rows[f"s(0.{tenth})"], strict=True):
            if abs(float(level) - tenth / 10) > 0.005:
                assert cell.startswith("(") == (tenth / 10 > float(level))


def test_the_table_looks_inside_the_match_that_holds_half(rows: dict[str, list[str]]) -> None:
    for layer in range(6):
        matched, parts, median, largest, median_core, largest_core = (
            float(rows[label][layer])
            for label in [
                "matched neurons",
                "simple matches",
                "median size",
                "largest size",
                "median core",
                "largest core",
            ]
        )
        neurons = sum(map(int, rows["neurons"][layer].split(" + ")))
        assert neurons / 2 <= matched <= neurons
        assert 1 <= parts <= matched
        # A core lies inside every match that holds its neuron.
        assert 1 <= median_core <= largest_core <= largest <= matched <= parts * largest
        assert 2 <= median <= largest
        eps = rows["ε for half"][layer]
        by_chance = float(eps.strip("()")) > float(rows["chance level"][layer])
        assert eps.startswith("(") == by_chance


def test_layers_of_which_no_half_matches() -> None:
    demo = pytest.importorskip("spanmatch.cli.demo.run")
    x = np.random.default_rng(0).standard_normal((100, 5))
    pair = sm.ActivationPair()
    pair.update(x, 0 * x)
    assert {cell.strip() for cell in demo._describe_structure(pair, sm.spectrum(pair))} == {
        "none",
        "–",
    }


def test_a_half_that_only_matches_at_chance_stands_in_brackets() -> None:
    demo = pytest.importorskip("spanmatch.cli.demo.run")
    x, y = np.random.default_rng(1).standard_normal((2, 200, 5))
    pair = sm.ActivationPair()
    pair.update(x, y)
    spectrum = sm.spectrum(pair)
    assert spectrum.eps_for(0.5) >= np.median(np.concatenate(spectrum.chance))
    assert demo._describe_structure(pair, spectrum)[0].startswith("(")
    # Beside them sides that share half of their neurons, which match before chance begins.
    shared = sm.ActivationPair()
    shared.update(x, np.hstack([x[:, :3], y[:, 3:]]))
    assert not demo._describe_structure(shared, sm.spectrum(shared))[0].startswith("(")


def test_the_picture_is_where_the_output_says(output: str, folder: Path) -> None:
    picture = folder / output.splitlines()[-1].removeprefix("Picture: ")
    assert picture.read_bytes().startswith(PNG)
    assert [path.name for path in picture.parent.iterdir()] == [picture.name]


def test_help_reads_nothing_that_it_does_not_need() -> None:
    code = "import sys\nfrom spanmatch.cli.program import app\n"
    code += "app(['--help'], standalone_mode=False)\n"
    code += "print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "Usage: " in done.stdout
    read = set(done.stderr.split())
    assert "spanmatch.cli" in read
    assert read.isdisjoint({"torch", "matplotlib", "sklearn", "scipy", "pandas", "jinja2"})


def test_wrong_usage_exits_with_2(tmp_path: Path) -> None:
    assert run("no-such-command", cwd=tmp_path).returncode == 2
    assert run("demo", "--no-such-option", cwd=tmp_path).returncode == 2


def test_an_interrupt_exits_with_130(tmp_path: Path) -> None:
    demo = subprocess.Popen([SPANMATCH, "demo"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    assert "seed 0" in demo.stdout.readline()
    demo.send_signal(signal.SIGINT)
    assert demo.wait(timeout=60) == 130
    demo.stdout.close()
    assert list(tmp_path.rglob("*.png")) == []


@pytest.mark.parametrize("layers", [1, 2, 7])
def test_any_number_of_layers_makes_a_picture(layers: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 100, 5))
    dead = sm.spectrum(0 * x, y)
    spectra = {f"layer{number}": sm.spectrum(x, y) for number in range(layers - 1)} | {"dead": dead}
    solved = {layer: LayerAnswer(spectrum) for layer, spectrum in spectra.items()}
    save_figure(draw_similarity(solved, "title"), tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(PNG)
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_a_picture_that_cannot_be_written_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("demo", "--out", "file/picture.png", cwd=tmp_path)
    assert done.returncode == 1
    assert "error: " in done.stderr
