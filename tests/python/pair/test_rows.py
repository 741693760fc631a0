"""Maps and tokens become rows: by the definition, value by value."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch

import spanmatch as sm

RNG = np.random.default_rng(0)
MAPS, TOKENS = RNG.standard_normal((3, 5, 2, 4)), RNG.standard_normal((3, 4, 5))
MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1]])


def both(array: np.ndarray) -> list[Any]:
    return [array, torch.from_numpy(array), array.astype(np.float16)]


def as_array(rows: Any) -> np.ndarray:
    return rows.numpy() if isinstance(rows, torch.Tensor) else rows


@pytest.mark.parametrize("maps", both(MAPS))
def test_every_position_of_a_map_is_a_sample(maps: Any) -> None:
    rows = sm.as_rows(maps)
    assert type(rows) is type(maps)
    assert rows.dtype == maps.dtype
    wanted = [MAPS[n, :, h, w] for n in range(3) for h in range(2) for w in range(4)]
    np.testing.assert_array_equal(as_array(rows), np.array(wanted).astype(as_array(rows).dtype))


@pytest.mark.parametrize("tokens", both(TOKENS))
@pytest.mark.parametrize("mask", [MASK, MASK.astype(bool), torch.from_numpy(MASK), MASK.tolist()])
def test_unmasked_tokens_are_samples(tokens: Any, mask: Any) -> None:
    rows = sm.as_rows(tokens, mask)
    wanted = [TOKENS[b, t] for b in range(3) for t in range(4) if MASK[b, t]]
    np.testing.assert_array_equal(as_array(rows), np.array(wanted).astype(as_array(rows).dtype))
    assert sm.as_rows(tokens).shape == (12, 5)


def test_other_axes() -> None:
    np.testing.assert_array_equal(sm.as_rows(MAPS.transpose(0, 2, 3, 1), axis=-1), sm.as_rows(MAPS))
    np.testing.assert_array_equal(sm.as_rows(TOKENS.swapaxes(1, 2), axis=1), sm.as_rows(TOKENS))
    volumes = RNG.standard_normal((2, 3, 2, 2, 2))
    np.testing.assert_array_equal(sm.as_rows(volumes)[1], volumes[0, :, 0, 0, 1])
    np.testing.assert_array_equal(sm.as_rows(MAPS, np.ones((3, 2, 4), bool)), sm.as_rows(MAPS))


def test_two_axes_are_rows_already() -> None:
    rows = sm.as_rows(TOKENS[0])
    assert np.shares_memory(rows, TOKENS)
    np.testing.assert_array_equal(sm.as_rows(TOKENS[0], [True, False, False, True]), rows[[0, 3]])


def test_no_neurons_are_rows_too() -> None:
    for shape in ((5, 0), (2, 3, 0), (2, 0, 3, 3)):
        samples = np.prod([length for length in shape if length > 0])
        assert sm.as_rows(np.ones(shape)).shape == (samples, 0)
        assert sm.as_rows(torch.ones(shape)).shape == (samples, 0)


def test_nothing_unmasked_is_no_rows() -> None:
    assert sm.as_rows(TOKENS, np.zeros((3, 4), bool)).shape == (0, 5)


def test_gradients_and_devices_stay() -> None:
    tokens = torch.from_numpy(TOKENS).requires_grad_()
    rows = sm.as_rows(tokens, torch.from_numpy(MASK))
    assert isinstance(rows, torch.Tensor)
    assert rows.requires_grad


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: sm.as_rows(TOKENS[0, 0]), ValueError, "axis"),
        (lambda: sm.as_rows(np.ones((1,) * 6)), ValueError, "axis"),
        (lambda: sm.as_rows(TOKENS, axis=3), ValueError, "axis is 3"),
        (lambda: sm.as_rows(TOKENS, MASK[:2]), ValueError, r"\(2, 4\).*\(3, 4\)"),
        (lambda: sm.as_rows(TOKENS, MASK * 2), ValueError, "0 and 1"),
        (lambda: sm.as_rows(torch.from_numpy(TOKENS), -MASK), ValueError, "0 and 1"),
        (lambda: sm.as_rows(TOKENS, MASK * 1.0), TypeError, "float64"),
        (lambda: sm.as_rows(torch.from_numpy(TOKENS), MASK * 1.0), TypeError, "float64"),
        (lambda: sm.as_rows(cast("Any", "tokens")), TypeError, "activations"),
    ],
)
def test_errors_say_what_is_wrong(call: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        call()
