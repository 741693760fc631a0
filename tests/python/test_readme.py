"""The README's Python runs, and says what it promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


TORCHRUN = "# match.py: torchrun --nproc-per-node 8 match.py\n"


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_example_runs(
    block: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    if block.startswith(TORCHRUN):
        Path("match.py").write_text(block)
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        command += ["--nproc-per-node", "2", "match.py"]
        if torch.cuda.device_count() < 2:
            # NCCL asks for a GPU of its own for each of the two.
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "MatchSpectrum(16 + 16 neurons, 0 + 0 dead, 1600 samples" in done.stdout
        return
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    promised = re.findall(r"print\(.*\)  # ([^:\n…]+)", block)
    for line, promise in zip(printed, promised, strict=bool(promised)):
        assert line.startswith(promise)


def test_one_example_runs_under_torchrun() -> None:
    assert [block.startswith(TORCHRUN) for block in BLOCKS].count(True) == 1


def test_the_first_example_is_short() -> None:
    assert len([line for line in BLOCKS[0].splitlines() if line.strip()]) <= 12


def test_local_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    for link in links:
        assert (Path(__file__).parents[2] / link).exists(), link
