"""The notebooks run from the first cell to the last, and find what their text says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("matplotlib").use("agg")

NOTEBOOKS = Path(__file__).parents[3] / "examples" / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def read_notebook(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    return found


def run_notebook(name: str) -> dict[str, Any]:
    """Run the code cells in one namespace, without Jupyter, and return it."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in read_notebook(name)["cells"]:
        if cell["cell_type"] == "code":
            code = re.sub(r"^%.*$", "", "".join(cell["source"]), flags=re.MULTILINE)
            exec(compile(code, f"{name}.ipynb, {cell['id']}", "exec"), names)
    return names


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_valid_and_holds_no_outputs(name: str) -> None:
    notebook = read_notebook(name)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert cell.keys() >= {"cell_type", "id", "metadata", "source"}
        if cell["cell_type"] == "code":
            assert (cell["execution_count"], cell["outputs"]) == (None, [])
        else:
            assert cell["cell_type"] == "markdown"
            assert cell.keys().isdisjoint({"execution_count", "outputs"})


def test_the_first_plot_comes_within_five_cells() -> None:
    cells = read_notebook("first_comparison")["cells"]
    assert any(".plot()" in "".join(cell["source"]) for cell in cells[:5])


def test_a_first_comparison() -> None:
    found = run_notebook("first_comparison")
    assert found["spectrum"].similarity(0.5) > 0.8
    assert found["comparison"].p_value[-1] == 1 / 40
    assert found["index"].tolist() == list(range(10))
    assert Path("comparison").is_dir()


def test_inside_a_match(capsys: pytest.CaptureFixture[str]) -> None:
    found = run_notebook("inside_a_match")
    assert found["match"].x.tolist() == found["match"].y.tolist() == list(range(6))
    assert found["pairs"].pairs(0.2)[:, 0].tolist() == [0, 1, 2]
    assert found["support"].core(("x", 0)) == [("x", 0), ("y", 0)]
    assert found["support"].core(("x", 1)) == [("x", 1)]
    assert found["support"].core(("x", 4)) == [(side, at) for side in "xy" for at in (3, 4, 5)]
    assert found["linear"].x_residuals.max() < 0.2
    assert abs(found["carried"].x - found["linear"].x_residuals).max() < 0.01
    assert "x: [3, 4, 5]  y: [3, 4, 5]" in capsys.readouterr().out
