"""Two commands at one folder: the second is refused, whatever it is asked, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
from cli_files import done, failed
from compare_runs import COMMAND, MODELS, made, place
from experiments import SMALL
from held_folder import other_process
from spanmatch.base.folder_lock import LOCK

__all__ = ["made", "place"]  # fixtures

MANY = ["compare", "nets.py:small", "nets:small", "nets.py:small", "--out", "out"]
MANY += ["--device", "cpu", "--data", "nets.py:batches"]
OTHERS = {
    "compare": [*MODELS, "--data", "nets.py:batches"],
    "compare many": MANY,
    "experiment": ["experiment", "--out", "out", *SMALL],
}


def contents() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("command", OTHERS)
def test_a_folder_in_use_is_refused(command: str) -> None:
    with other_process(Path("out")) as child:
        before = contents()
        failed(1, *OTHERS[command], words=("out is in use by process", str(child.pid)))
        assert contents() == before


@pytest.mark.usefixtures("place")
def test_no_report_is_written_into_a_folder_in_use() -> None:
    done(*MANY, "--max-batches", "1")
    Path("out/report.html").unlink()
    assert LOCK not in [path.name for path in Path("out").iterdir()]
    with other_process(Path("out")):
        failed(1, "report", "out", words=("out is in use",))
    assert not Path("out/report.html").exists()


@pytest.mark.usefixtures("place")
def test_what_a_killed_process_has_left_is_taken_away() -> None:
    done(*COMMAND)
    left = [Path("out/.comparison.png.0123456789abcdef"), Path("out/spectra/.a.0123456789abcdef")]
    for path in [*left, Path("out", LOCK)]:
        path.touch()
    before = set(contents())
    done(*COMMAND)
    assert set(contents()) == before - {str(path) for path in [*left, Path("out", LOCK)]}
