"""All pairs of layers in a folder, of several passes over the data: each is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")
from compare_runs import BATCHES, compared, config, expected, made, place, runs
from comparisons import file_of, same_pair
from rolled_outputs import same_nulls
from spanmatch.comparison.comparison import Comparison
from spanmatch.torch.comparing import passes

if TYPE_CHECKING:
    from spanmatch.torch.resuming.config import CompareConfig

__all__ = ["made", "place"]  # fixtures
pytestmark = pytest.mark.usefixtures("place")

CHOSEN: dict[str, Any] = {"layers": ("act", "conv2", "head"), "all_pairs": True, "nulls": 30}
CHOSEN |= {"seed": 2, "center": True}
LISTED = CHOSEN | {"layers": list(CHOSEN["layers"])}
SEVERAL = 640_000  # bytes: for some of the pairs
TRACED = 2  # passes more of each model, over its first batch


def several(**changes: Any) -> CompareConfig:
    return config(**CHOSEN | {"max_memory": SEVERAL} | changes)


def check_equal(found: Comparison, wanted: Comparison) -> None:
    assert found == wanted
    assert list(found) == list(wanted)
    for key in wanted:
        assert same_pair(found.pair(key), wanted.pair(key))
        assert same_nulls(found.pair(key), wanted.pair(key))


def stop_after(n_passes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupt what begins another pass over the data, once it runs."""
    run, begun = passes.run_pass, 0

    def interrupt(*arguments: Any) -> Any:
        nonlocal begun
        begun += 1
        if begun > n_passes:
            raise KeyboardInterrupt
        return run(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(passes, "run_pass", interrupt)
        with pytest.raises(KeyboardInterrupt):
            compared("out", several())


def count_passes() -> int:
    """Return how often both models ran over all batches since it was asked for."""
    passed, rest = divmod(runs().count("f") - 2 * TRACED, 2 * BATCHES)
    assert rest == 0
    return passed


def test_they_are_those_of_the_library() -> None:
    wanted = expected(**LISTED)
    assert len(wanted) == 16
    runs()
    check_equal(compared("out", several()), wanted)
    assert count_passes() > 2
    check_equal(Comparison.load("out"), wanted)
    # With nothing left to do.
    check_equal(compared("out", several()), wanted)
    assert runs() == ""


@pytest.mark.parametrize("later", [SEVERAL, None])
@pytest.mark.parametrize("before", [1, 2])
def test_each_of_several_passes_is_kept(
    before: int, later: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = expected(**LISTED)
    runs()
    compared("whole", several())
    n_passes = count_passes()
    stop_after(before, monkeypatch)
    assert count_passes() == before
    done = len(list(Path("out/pairs").iterdir()))
    assert 0 < done < 16
    times = {path: path.stat().st_mtime_ns for path in Path("out/pairs").iterdir()}
    said: list[str] = []
    # Memory may be another one later.
    check_equal(compared("out", several(max_memory=later), say=said.append), wanted)
    assert said[0].startswith(f"out holds {done} of {done} pairs and 0 of {done} spectra already, ")
    assert said[0].endswith(" pairs of layers are to be run")
    assert count_passes() == (n_passes - before if later else 1)
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())
    check_equal(Comparison.load("out"), wanted)


def test_a_pair_lost_between_passes_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_after(1, monkeypatch)
    next(Path("out/pairs").iterdir()).unlink()
    check_equal(compared("out", several()), expected(**LISTED))


def test_a_pair_lost_at_the_end_is_made_anew_with_no_other() -> None:
    wanted = compared("out", several())
    lost = [file_of(Path("out"), key) for key in (["head", "act#1"], ["conv2", "conv2"])]  # type: ignore[arg-type]
    for path in lost:
        path.unlink()
    others = {path: path.stat().st_mtime_ns for path in Path("out/pairs").iterdir()}
    check_equal(compared("out", several(max_memory=None)), wanted)
    assert all(path.exists() for path in lost)
    assert all(path.stat().st_mtime_ns == time for path, time in others.items())


def test_what_a_folder_has_left_out_stays_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {"layers": ("a*", "conv2*", "h*"), "max_memory": 500_000}
    left_out = compared("whole", several(**chosen)).left_out
    assert left_out
    with monkeypatch.context() as patch:
        begun: list[None] = []
        run = passes.run_pass

        def interrupt(*arguments: Any) -> Any:
            begun.append(None)
            if len(begun) > 1:
                raise KeyboardInterrupt
            return run(*arguments)

        patch.setattr(passes, "run_pass", interrupt)
        with pytest.raises(KeyboardInterrupt):
            compared("out", several(**chosen))
    found = compared("out", several(**chosen | {"max_memory": None}))
    assert found.left_out == left_out
    check_equal(found, compared("whole", several(**chosen)))
