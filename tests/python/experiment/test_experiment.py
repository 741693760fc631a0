"""The experiment as a command: whole, killed, refused, and on checkpoints."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from experiments import SMALL, contents, experiment, killed
from spanmatch import Comparison
from spanmatch.experiment.records import read_network


def test_everything_is_in_the_folder(small_experiment: Path) -> None:
    names = [str(path.relative_to(small_experiment)) for path in small_experiment.glob("*/*")]
    assert {f"comparisons/{key}" for key in COMPARISONS} == {
        name for name in names if name.startswith("comparisons")
    }
    assert (small_experiment / "report.html").is_file()
    assert (small_experiment / "config.toml").is_file()
    network = read_network(small_experiment / "networks" / "seed-0.json")
    assert network.parameters == 88_890
    assert len(network.history) == 1
    assert network.trained is not None
    assert network.untrained is not None
    assert network.trained.accuracy > network.untrained.accuracy


COMPARISONS = (
    "trained-seed-0-seed-1",
    "start-seed-0",
    "start-seed-1",
    "untrained-seed-0-seed-1",
)


def test_a_start_is_a_network_with_itself(small_experiment: Path) -> None:
    # The first layer has moved the least from where it began.
    start, trained, untrained = (
        Comparison.load(small_experiment / "comparisons" / COMPARISONS[number])["conv1"].area
        for number in (1, 0, 3)
    )
    assert start > max(trained, untrained)


@pytest.mark.parametrize("after", ["seed 0:", "trained-seed-0-seed-1:"])
def test_killed_and_resumed_it_gives_the_same_files(
    small_experiment: Path, tmp_path: Path, after: str
) -> None:
    killed(tmp_path, after, *SMALL)
    (tmp_path / "networks" / f".seed-9.json.{'0' * 16}").touch()  # as if it was killed in a write
    assert contents(tmp_path) != contents(small_experiment)
    again = experiment(tmp_path, *SMALL)
    assert again.returncode == 0, again.stderr
    assert "seed 0: there already" in again.stderr
    assert contents(tmp_path) == contents(small_experiment)


def test_the_same_command_does_nothing_again(small_experiment: Path) -> None:
    before = contents(small_experiment)
    again = experiment(small_experiment, *SMALL)
    assert again.stderr.count("there already") == 6
    assert contents(small_experiment) == before
    recorded = experiment(small_experiment, "--config", str(small_experiment / "config.toml"))
    assert recorded.stderr.count("there already") == 6


def test_another_config_is_refused_with_the_difference(small_experiment: Path) -> None:
    before = contents(small_experiment)
    other = experiment(small_experiment, *SMALL[:-1], "2")
    assert other.returncode == 1
    assert "epochs: 1 there, 2 now" in other.stderr
    assert "--force" in other.stderr
    assert contents(small_experiment) == before


def test_a_folder_of_before_there_were_nulls_has_none(
    small_experiment: Path, tmp_path: Path
) -> None:
    shutil.copytree(small_experiment, tmp_path / "copy")
    config = tmp_path / "copy" / "config.toml"
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    old = [line for line in lines if not line.startswith(("nulls", "folds"))]
    assert len(old) == len(lines) - 2
    config.write_text("".join(old), encoding="utf-8")
    other = experiment(tmp_path / "copy", *SMALL)
    assert other.stderr.splitlines()[-2:] == [
        "  nulls: 0 there, 19 now",
        "  folds: 0 there, 16 now",
    ]


def test_force_does_it_again(small_experiment: Path, tmp_path: Path) -> None:
    assert experiment(tmp_path, *SMALL, "--limit", "50").returncode == 0
    forced = experiment(tmp_path, *SMALL, "--force")
    assert forced.returncode == 0, forced.stderr
    assert "there already" not in forced.stderr
    assert contents(tmp_path) == contents(small_experiment)


def test_checkpoints_are_compared_without_training(small_experiment: Path, tmp_path: Path) -> None:
    weights = [str(small_experiment / "networks" / f"seed-{seed}.safetensors") for seed in (0, 1)]
    given = [part for path in weights for part in ("--checkpoint", path)]
    run = experiment(tmp_path, *SMALL[:6], *given)
    assert run.returncode == 0, run.stderr
    kinds = sorted(path.name for path in (tmp_path / "comparisons").iterdir())
    assert kinds == ["trained-checkpoint-1-checkpoint-2", "untrained-seed-0-seed-1"]
    mine, theirs = (
        Comparison.load(folder / "comparisons" / key)
        for folder, key in ((tmp_path, kinds[0]), (small_experiment, COMPARISONS[0]))
    )
    assert mine == theirs


def test_force_takes_nothing_of_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "thesis.png").touch()
    (tmp_path / "config.toml").write_text('data = "digits"\n', encoding="utf-8")
    before = contents(tmp_path)
    forced = experiment(tmp_path, *SMALL, "--force")
    assert forced.returncode == 1
    assert "not one that an experiment has written" in forced.stderr
    assert contents(tmp_path) == before


def test_a_slip_gives_way(small_experiment: Path, tmp_path: Path) -> None:
    weights = [str(small_experiment / "networks" / f"seed-{seed}.safetensors") for seed in (0, 1)]
    given = [part for path in weights for part in ("--checkpoint", path)]
    slip = experiment(tmp_path, *SMALL[:6], "--checkpoint", "nowhere.pt", *given[2:])
    assert slip.returncode == 1
    assert "nowhere.pt" in slip.stderr
    assert experiment(tmp_path, *SMALL[:6], *given).returncode == 0


def test_pairs_need_not_be_kept(small_experiment: Path, tmp_path: Path) -> None:
    assert experiment(tmp_path, *SMALL, "--keep", "spectra").returncode == 0
    kept, whole = contents(tmp_path), contents(small_experiment)
    assert {name for name in whole if "/pairs/" not in name} == set(kept)
    for key in COMPARISONS:
        folder = tmp_path / "comparisons" / key
        comparison = Comparison.load(folder)
        assert comparison == Comparison.load(small_experiment / "comparisons" / key)
        name = f"comparisons/{key}/inside.json"
        assert kept[name] == whole[name]
        with pytest.raises(ValueError, match="kept without its pairs"):
            comparison.pair("fc1")
    # One that was cut off before all was known of it is made again.
    (folder / "inside.json").unlink()
    assert experiment(tmp_path, *SMALL, "--keep", "spectra").returncode == 0
    assert contents(tmp_path)[name] == whole[name]


def test_a_mask_of_the_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.chdir(tmp_path)
    Path("words.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.fc = torch.nn.Linear(3, 4)\n"
        "    def forward(self, x):\n"
        "        return self.fc(x)\n"
        "def batches(**_):\n"
        "    draws = torch.Generator().manual_seed(0)\n"
        "    x = torch.randn(8, 5, 3, generator=draws)\n"
        "    return [{'x': x, 'keep': torch.arange(5).expand(8, 5) < 3}]\n"
    )
    given = ["--data", "words.py:batches", "--arch", "words.py:Net", "--nulls", "0", "--folds", "0"]
    for name in ("a.pt", "b.pt"):
        torch.save(torch.nn.ModuleDict({"fc": torch.nn.Linear(3, 4)}).state_dict(), name)
        given += ["--checkpoint", name]
    for mask, samples in (([], 40), (["--mask", "keep"], 24)):
        done = experiment(tmp_path / f"out{samples}", *given, *mask)
        assert done.returncode == 0, done.stderr
        (trained,) = (tmp_path / f"out{samples}" / "comparisons").glob("trained-*")
        assert Comparison.load(trained)["fc"].n_samples == samples


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["--arch", "small-vgg"], "--data", 2),
        (["--data", "digits", "--arch", "small-vg"], "did you mean 'small-vgg'", 1),
        (["--data", "digits", "--arch", "vgg16"], "takes no images of 1 × 8 × 8", 1),
        ([*SMALL, "--seeds", "0,x"], "numbers separated by commas", 2),
        ([*SMALL, "--seeds", "4"], "at least two seeds", 2),
        ([*SMALL, "--eps", "0.1,1.5"], "eps", 2),
        ([*SMALL, "--layers", "cnv*"], "cnv*", 1),
        ([*SMALL, "--limit", "9"], "16 folds need 16 inputs", 1),
        ([*SMALL, "--limit", "1", "--folds", "0"], "a larger --batch-size, or a --nulls of 0", 1),
        ([*SMALL, "--keep", "all"], "--keep is 'all': it must be pairs or spectra", 2),
        ([*SMALL, "--device", "gpu"], "no device", 2),
        (["--data", "npz:x.npz", "--arch", "small-vgg"], "has no part for training", 1),
    ],
)
def test_wrong_arguments_are_told(
    tmp_path: Path, arguments: list[str], said: str, code: int
) -> None:
    run = experiment(tmp_path / "out", *arguments)
    assert (run.returncode, said in run.stderr) == (code, True), run.stderr
    assert not (tmp_path / "out").exists()
