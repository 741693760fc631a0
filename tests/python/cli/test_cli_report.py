"""`spanmatch report` of many networks: the page that `compare` writes, from the folder alone."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
pytest.importorskip("jinja2")
from cli_files import done, failed
from compare_runs import checkpoint, made, place, runs
from html_pages import parsed
from many_networks import make_many
from spanmatch.base.errors import FileError
from spanmatch.torch.loading.data.shuffled import SHUFFLED
from spanmatch.torch.resuming.many_report import write_many_report

__all__ = ["made", "place"]  # fixtures

pytestmark = [
    pytest.mark.usefixtures("place"),
    pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning"),
]

REST = ["--data", "nets.py:batches", "--device", "cpu", "--out", "out"]
COMMAND = ["compare", "--arch", "nets.py:small", "--checkpoint", "run/*.pt", *REST]


@pytest.fixture
def compared() -> str:
    """What the command says of three checkpoints of a run."""
    Path("run").mkdir()
    for seed in range(3):
        Path(f"run/step{seed}.pt").write_bytes(checkpoint(seed))
    return str(done(*COMMAND, "--seed", "5", "--max-batches", "4").stdout)


def test_report_writes_the_page_of_the_command_again(compared: str) -> None:
    assert compared.endswith("\nReport: out/report.html\n")
    page = Path("out/report.html").read_bytes()
    words = " ".join(" ".join(parsed(Path("out/report.html")).texts).split())
    for said in ("run/step2.pt", "nets.py:small", "nets.py:batches", "max_batches 4", "seed 5"):
        assert said in words
    assert SHUFFLED not in words
    Path("out/report.html").unlink()
    runs()
    assert done("report", "out").stdout == "out/report.html\n"
    assert Path("out/report.html").read_bytes() == page
    assert runs() == ""
    # Nobody but the folder is asked.
    Path("nets.py").unlink()
    assert write_many_report("out").read_bytes() == page


def test_data_that_are_shuffled_for_nulls_are_said(compared: str) -> None:
    config = Path("out/config.json")
    plain = json.loads(config.read_text())
    config.write_text(json.dumps({**plain, "data": "digits", "nulls": 3}))
    said = f"{SHUFFLED[0].upper()}{SHUFFLED[1:]}."
    assert said in " ".join(parsed(write_many_report("out")).texts)
    for spoilt in ({**plain, "networks": 7}, {**plain, "nulls": "x"}, {"data": "digits"}):
        config.write_text(json.dumps(spoilt))
        with pytest.raises(FileError, match=r"config\.json is damaged"):
            write_many_report("out")


def test_a_comparison_that_python_saved_has_a_page_too() -> None:
    make_many(3).save("saved")
    assert done("report", "saved").stdout == "saved/report.html\n"
    assert "checkpoint" not in Path("saved/report.html").read_text(encoding="utf-8")


def test_a_folder_of_neither_kind_is_refused_by_name() -> None:
    Path("empty").mkdir()
    for folder in ("empty", "none"):
        failed(
            1,
            "report",
            folder,
            words=(f"{folder} has nothing to report", "config.toml", "many.json"),
        )
    assert list(Path("empty").iterdir()) == []
    with pytest.raises(FileError, match="empty holds no comparison of many networks"):
        write_many_report("empty")


def test_without_jinja2_the_comparison_is_not_lost(
    compared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = builtins.__import__

    def refuse(name: str, *args: Any) -> Any:
        if name == "spanmatch.comparison.many.report.page":
            raise ModuleNotFoundError("No module named 'jinja2'", name="jinja2")
        return imported(name, *args)

    Path("out/report.html").unlink()
    monkeypatch.setattr(builtins, "__import__", refuse)
    again = done(*COMMAND, "--seed", "5", "--max-batches", "4")
    assert "warning: report.html needs jinja2: pip install 'spanmatch[cli]'" in again.stderr
    assert again.stdout == compared.replace("Report: out/report.html\n", "")
    assert not Path("out/report.html").exists()
    failed(1, "report", "out", words=("report.html needs jinja2",))
