"""Tensors and other libraries' arrays: read where they lie, to the same answer as numpy's."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

import spanmatch as sm
from problems import planted
from refusal import refused
from spanmatch.pair.samples import as_samples
from spanmatch.pair.types import BFloat16

# Values that bfloat16 and float16 hold exactly.
X, Y = (
    torch.from_numpy(side).to(torch.bfloat16).double()
    for side in planted(np.random.default_rng(8), 12, 10, 700)
)
TYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
EXPECTED = sm.spectrum(X.numpy(), Y.numpy())

LAYOUTS: dict[str, Any] = {
    "rows": lambda tensor: tensor.contiguous(),
    "columns": lambda tensor: tensor.T.contiguous().T,
    "strided": lambda tensor: torch.stack([tensor, -tensor], 2).flatten(1)[:, ::2],
    "offset": lambda tensor: torch.cat([-tensor, tensor])[len(tensor) :],
    "parameter": torch.nn.Parameter,
    "of a graph": lambda tensor: tensor.clone().requires_grad_() * 1,
    "negated lazily": lambda tensor: torch._neg_view(-tensor),
}


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tensor_is_read_as_numpy_reads_it(layout: str, dtype: torch.dtype) -> None:
    x, y = (LAYOUTS[layout](side.to(dtype)) for side in (X, Y))
    assert sm.spectrum(x, y) == EXPECTED
    assert sm.spectrum(x, Y.numpy()) == EXPECTED
    pair = sm.ActivationPair()
    pair.update(X.numpy()[:300], y[:300])
    pair.update(x[300:], y[300:])
    np.testing.assert_allclose(sm.spectrum(pair).x, EXPECTED.x, rtol=0, atol=1e-9)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_nothing_is_copied(dtype: torch.dtype) -> None:
    x = X.to(dtype, copy=True)
    samples = as_samples(x, "x")
    assert isinstance(samples, np.ndarray)
    assert samples.__array_interface__["data"][0] == x.data_ptr()
    x[0, 0] = 7.0
    assert samples[0, 0] == (7.0 if dtype != torch.bfloat16 else 0x40E0)


def test_every_function_takes_tensors() -> None:
    x, y = X.float(), Y.float()
    match = sm.maximum_match(X.numpy(), Y.numpy(), eps=0.5)
    assert sm.maximum_match(x, y, eps=0.5) == match
    assert sm.is_match(x, y, eps=0.5, x_index=match.x, y_index=match.y)
    assert sm.residuals(x, y, x_index=torch.arange(3)) == sm.residuals(
        X.numpy(), Y.numpy(), x_index=[0, 1, 2]
    )


@pytest.mark.parametrize("context", [torch.inference_mode, torch.no_grad, torch.enable_grad])
def test_in_any_mode(context: Any) -> None:
    with context():
        assert sm.spectrum(X + 0, Y + 0) == EXPECTED


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (X.to(torch.int64), ("x", "int64", "float")),
        (X > 0, ("x", "bool")),
        (X.to(torch.complex64), ("x", "complex", "real")),
        (X.to(torch.float8_e5m2), ("x", "float8_e5m2", "float")),
        (X.to("meta"), ("x", "meta")),
        (X[:, 0], ("x", "None")),
        (X.reshape(7, 100, 12), ("x", "as_rows")),
        (X.reshape(7, 10, 10, 12), ("x", "as_rows")),
        (X.index_fill(0, torch.tensor([400]), torch.nan), ("x", "0", "NaN", "400")),
    ],
)
def test_bad_tensors_are_refused(x: torch.Tensor, words: tuple[str, ...]) -> None:
    refused(lambda: sm.spectrum(x, Y), *words)
    refused(lambda: sm.ActivationPair().update(x, Y), "batch 0", *words)
    refused(
        lambda: sm.spectrum(Y, x),
        *(word.replace("x", "y") if word == "x" else word for word in words),
    )


class Foreign:
    """Another library's array: DLPack and nothing else."""

    def __init__(self, tensor: Any, device: tuple[int, int] = (1, 0)) -> None:
        self.tensor, self.device = tensor, device

    def __dlpack__(self, **options: Any) -> object:
        return self.tensor.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_anything_that_speaks_dlpack(dtype: torch.dtype) -> None:
    x, y = X.to(dtype), Y.to(dtype)
    assert sm.spectrum(Foreign(x), Foreign(y)) == EXPECTED
    samples = as_samples(Foreign(x), "x")
    assert isinstance(samples, np.ndarray)
    assert samples.__array_interface__["data"][0] == x.data_ptr()
    assert sm.as_rows(Foreign(x.reshape(7, 100, 12))).shape == (700, 12)


class OddError(TypeError):
    """Made of other things than a message."""

    def __init__(self, part: int, whole: int) -> None:
        super().__init__(f"{part} of {whole}")


def test_errors_of_other_libraries_say_which_batch() -> None:
    class Raising:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def __array__(self, *arguments: Any) -> np.ndarray:
            raise self.error

    for error in (OddError(1, 2), UnicodeDecodeError("utf-8", b"x", 0, 1, "reason")):
        refused(partial(sm.ActivationPair().update, Raising(error), Y), "batch 0")
    nested = torch.nested.nested_tensor([X, X[:3]], layout=torch.jagged)
    refused(lambda: sm.ActivationPair().update(nested, Y), "batch 0", "x")


def test_foreign_integers_are_refused() -> None:
    refused(lambda: sm.spectrum(Foreign(X.long()), Y), "x", "int64")
    refused(lambda: sm.spectrum(Foreign(X.numpy() > 0), Y), "x", "bool")


def test_bfloat16_as_bits() -> None:
    x, y = (BFloat16(side.bfloat16().view(torch.int16).numpy().view(np.uint16)) for side in (X, Y))
    assert sm.spectrum(x, y) == EXPECTED
    # Plain integers are not taken for it.
    refused(lambda: sm.spectrum(x.bits, Y), "x", "uint16")


def test_bfloat16_of_ml_dtypes() -> None:
    # ml_dtypes registers its type with numpy: JAX's arrays have it on the host.
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    assert sm.spectrum(X.numpy().astype(bfloat16), Y.numpy().astype(bfloat16)) == EXPECTED


def test_without_torch_a_foreign_device_is_refused_with_what_to_do() -> None:
    code = """
import sys; sys.modules["torch"] = None
import numpy as np, spanmatch as sm
class OnGpu:
    __dlpack__ = lambda self, **options: None
    __dlpack_device__ = lambda self: (2, 0)
try:
    sm.spectrum(OnGpu(), np.eye(3))
except TypeError as error:
    print(error)
sm.ActivationPair().update(np.eye(3), np.eye(3))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "x is not in the host's memory" in out.stdout
    assert "pip install 'spanmatch[torch]'" in out.stdout


def test_the_first_tensor_of_the_host_imports_little() -> None:
    code = (
        "import sys, torch, spanmatch; pair, rows = spanmatch.ActivationPair(), torch.ones(9, 2);"
        "before = set(sys.modules); pair.update(rows, rows); print(*set(sys.modules) - before)"
    )
    command = [sys.executable, "-c", code]
    imported = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    device = "spanmatch.pair.device"
    assert set(imported) == {"spanmatch.pair.mask", device, f"{device}.tensors"}
