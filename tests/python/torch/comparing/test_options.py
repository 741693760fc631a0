"""What a comparison is asked for is checked once, whoever asks."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
from spanmatch.torch.comparing.options import CompareOptions


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ({"center": 1}, TypeError, "`center` must be True or False"),
        ({"nulls": -1}, ValueError, "`nulls` must be"),
        ({"folds": 1}, ValueError, "`folds` must be"),
        ({"seed": 2**64}, ValueError, "`seed` must be"),
        ({"max_batches": 0}, ValueError, "`max_batches` must be at least 1, got 0"),
        ({"items": 3}, TypeError, "`items` is a int"),
        ({"items": "n", "mask": "m"}, ValueError, "`items` and `mask` do not go together"),
        ({"items": "n", "input_axis": 1}, ValueError, "leave `input_axis` out"),
        ({"layers": {"a": "b"}, "layers_b": "c"}, TypeError, "leave `layers_b` out"),
        ({"calibrate": True}, ValueError, "give `nulls`, usually 39"),
        ({"calibrate": True, "nulls": 18}, ValueError, "needs 19 distinct nulls"),
        ({"all_pairs": True}, ValueError, "choose them by `layers`"),
        ({"all_pairs": True, "layers": {"a": "b"}}, ValueError, "choose them by `layers`"),
        (
            {"all_pairs": True, "layers": "*", "folds": 2},
            ValueError,
            "`folds` and `all_pairs` cannot be combined",
        ),
    ],
)
def test_what_is_wrong_is_refused_when_it_is_made(
    wrong: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        CompareOptions(**wrong)
    with pytest.raises(kind, match=words):
        replace(CompareOptions(), **wrong)


def test_it_does_not_change() -> None:
    options = CompareOptions(layers="conv*", center=np.True_)  # type: ignore[arg-type]
    assert options.center is True
    with pytest.raises(FrozenInstanceError):
        options.layers = "fc"  # type: ignore[misc]
