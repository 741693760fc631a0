"""Arrays of pandas, xarray, JAX and CuPy: read as numpy's, and refused by name."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from problems import planted
from refusal import refused
from spanmatch.pair.samples import as_samples

if TYPE_CHECKING:
    from pathlib import Path

X, Y = planted(np.random.default_rng(5), 6, 5, 200)
EXPECTED = sm.spectrum(X, Y)
UNITS = [f"unit {at}" for at in range(6)]


def pandas() -> Any:
    return pytest.importorskip("pandas", reason="the extra test brings pandas")


def frame(**options: Any) -> Any:
    return pandas().DataFrame(X, columns=UNITS, **options)


def data_array(values: Any = X, **options: Any) -> Any:
    xarray = pytest.importorskip("xarray", reason="the extra test brings xarray")
    return xarray.DataArray(values, dims=("sample", "unit"), **options)


def jax() -> Any:
    return pytest.importorskip("jax", reason="of the group pipelines")


def test_a_data_frame_is_read_where_it_lies() -> None:
    table = frame()
    assert sm.spectrum(table, pandas().DataFrame(Y)) == EXPECTED
    read = as_samples(table, "x")
    assert isinstance(read, np.ndarray)
    assert np.shares_memory(read, table.to_numpy())
    assert sm.as_rows(table).shape == X.shape


@pytest.mark.parametrize("kind", ["Float64", "Float32", "float32", "float16", "mixed", "sparse"])
def test_columns_of_other_floats(kind: str) -> None:
    narrow: Any = X.astype(np.float16 if kind == "float16" else np.float32)
    table = pandas().DataFrame(X if kind in ("Float64", "mixed", "sparse") else narrow)
    if kind == "mixed":
        table = table.astype({0: "Float64"})
        narrow = X
    elif kind == "sparse":
        table = table.astype(pandas().SparseDtype("float64", 0.0))
    else:
        table = table.astype(kind)
    expected = EXPECTED if kind in ("Float64", "mixed", "sparse") else sm.spectrum(narrow, Y)
    assert sm.spectrum(table, Y) == expected


def test_what_a_data_frame_holds_beside_neurons_is_named() -> None:
    table = frame()
    refused(lambda: sm.spectrum(table.assign(label="a"), Y), "x", "'label'", "columns")
    refused(lambda: sm.spectrum(Y, table.assign(alive=True)), "y", "'alive'", "bool")
    refused(lambda: sm.as_rows(table.assign(label="a")), "activations", "'label'")
    missing = table.astype("Float64")
    missing.iloc[3, 2] = pandas().NA
    refused(lambda: sm.spectrum(missing, Y), "neuron 2 of x", "NaN", "row 3")
    refused(lambda: sm.spectrum(table.astype("int64"), Y), "x", "int64", "astype")
    refused(lambda: sm.spectrum(table["unit 0"], Y[:, :1]), "x", "two axes")


def test_columns_of_a_data_frame_name_the_neurons(tmp_path: Path) -> None:
    pair = sm.ActivationPair()
    pair.update(frame()[:100], pandas().DataFrame(Y[:100]))
    assert pair.x_names == tuple(UNITS)
    assert pair.y_names is None  # numbers are no names
    pair.update(X[100:], Y[100:])
    assert pair.x_names == tuple(UNITS)
    pair.save(tmp_path / "pair.safetensors")
    assert sm.ActivationPair.load(tmp_path / "pair.safetensors").x_names == tuple(UNITS)
    assert pickle.loads(pickle.dumps(pair)).x_names == tuple(UNITS)
    turned = frame()[UNITS[::-1]]
    refused(lambda: pair.update(turned, Y), "batch 2", "x", "'unit 0' and 'unit 5'")
    assert pair.n_samples == 200
    given = sm.ActivationPair(x_names=UNITS[::-1])
    refused(lambda: given.update(frame(), Y), "batch 0", "x", "differently")


def test_a_batch_that_is_refused_names_nothing() -> None:
    pair = sm.ActivationPair()
    refused(lambda: pair.update(frame(), Y[:50]), "batch 0")
    assert pair.x_names is None
    pair.update(X[:, :3], Y)


def test_a_set_has_the_names_too() -> None:
    acts = sm.ActivationSet(["a", "b"])
    acts.update({"a": Y, "b": frame()})
    assert acts.pair("b", "a").x_names == tuple(UNITS)
    refused(lambda: acts.update({"a": Y, "b": frame()[UNITS[::-1]]}), "'b'", "differently")


def test_rows_in_another_order_are_refused() -> None:
    labels = [f"image {at}" for at in range(200)]
    x, y = frame(index=labels), pandas().DataFrame(Y, index=labels)
    assert sm.spectrum(x, y) == EXPECTED
    refused(lambda: sm.spectrum(x, y[::-1]), "x and y", "another order")
    refused(lambda: sm.ActivationPair().update(x, y[::-1]), "batch 0", "another order")
    acts = sm.ActivationSet(["a", "b", "c"])
    refused(lambda: acts.update({"a": X, "b": x, "c": y[::-1]}), "b", "c", "another order")
    # Labels that are others say nothing of the order.
    assert sm.spectrum(x, y.set_axis([f"trial {at}" for at in range(200)])) == EXPECTED
    assert sm.spectrum(x, Y) == EXPECTED


def test_data_arrays() -> None:
    x, y = data_array(coords={"unit": UNITS}), data_array(Y)
    assert sm.spectrum(x, y) == EXPECTED
    assert sm.spectrum(x.astype(np.float32), y) == sm.spectrum(X.astype(np.float32), Y)
    pair = sm.ActivationPair()
    pair.update(x, y)
    assert pair.x_names == tuple(UNITS)
    square = x[:6]
    refused(lambda: sm.spectrum(square, square.T), "x", "y", "dimensions", "transpose")
    labelled = [
        data_array(values, coords={"sample": np.arange(200)[::step]})
        for values, step in ((X, 1), (Y, -1))
    ]
    refused(lambda: sm.spectrum(*labelled), "x and y", "another order")
    tokens = data_array(X).data.reshape(20, 10, 6)
    from xarray import DataArray, Dataset

    rows = sm.as_rows(DataArray(tokens, dims=("text", "token", "unit")))
    assert sm.spectrum(rows, Y) == EXPECTED
    refused(lambda: sm.spectrum(Dataset({"x": x}), Y), "x", "DataArray")
    refused(lambda: sm.spectrum(x.where(x > 0), y), "neuron 0 of x", "NaN")


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "float16"])
def test_arrays_of_jax(kind: str) -> None:
    jnp = jax().numpy
    x, y = (jnp.asarray(side, dtype=kind) for side in (X, Y))
    wide = [np.asarray(side).astype(np.float32) for side in (x, y)]
    assert sm.spectrum(x, y) == sm.spectrum(*wide)
    assert sm.spectrum(sm.as_rows(x.reshape(20, 10, 6)), y) == sm.spectrum(*wide)
    read = as_samples(x, "x")
    assert isinstance(read, np.ndarray)
    # Of the same memory, which JAX lets nobody write to.
    assert read.__array_interface__["data"][0] == x.unsafe_buffer_pointer()
    assert kind == "bfloat16" or not read.flags.writeable


def test_what_jax_cannot_hand_over_is_refused() -> None:
    jnp = jax().numpy
    x = jnp.asarray(X, dtype="float32")
    refused(lambda: sm.spectrum(jnp.arange(1200).reshape(200, 6), Y), "x", "int32", "astype")
    refused(lambda: sm.spectrum(x.astype("complex64"), Y), "x", "complex64")
    refused(lambda: jax().jit(lambda traced: sm.spectrum(traced, Y).area)(x), "x", "traced")
    refused(lambda: sm.spectrum(jax().random.key(0), Y), "x", "PRNGKey")
    gone = x + 0
    gone.delete()
    refused(lambda: sm.ActivationPair().update(gone, Y), "batch 0", "x", "deleted")


def test_arrays_of_jax_on_other_devices() -> None:
    """Two devices of the host: on the second of them, and split over both."""
    jax()
    code = """
import jax, numpy as np, spanmatch as sm
from jax.sharding import Mesh, NamedSharding, PartitionSpec
x = np.random.default_rng(0).standard_normal((200, 6)).astype(np.float32)
expected = sm.spectrum(x, x[:, ::-1])
one, other = jax.devices()
assert sm.spectrum(jax.device_put(x, other), x[:, ::-1]) == expected
split = jax.device_put(x, NamedSharding(Mesh(jax.devices(), "rows"), PartitionSpec("rows")))
assert len(split.sharding.device_set) == 2
assert sm.spectrum(split, x[:, ::-1]) == expected
"""
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **flags})


def test_arrays_of_cupy() -> None:
    cupy = pytest.importorskip("cupy", reason="CuPy needs CUDA")
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    x, y = cupy.asarray(X), cupy.asarray(Y)
    np.testing.assert_allclose(sm.spectrum(x, y).x, EXPECTED.x, atol=1e-9)
    half = sm.spectrum(x.astype(cupy.float16), y)
    assert half.n_samples == 200


class OnDevice:
    """As an array of CuPy is, on a GPU that is not here."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 7

    def __dlpack__(self, **options: Any) -> object:
        raise RuntimeError("no such device")


def test_a_device_that_is_not_here_is_refused_by_name() -> None:
    pytest.importorskip("torch")
    refused(partial(sm.spectrum, OnDevice(), Y), "x", "cannot be read")
    refused(partial(sm.ActivationPair().update, X, OnDevice()), "batch 0", "y")
    refused(partial(sm.as_rows, OnDevice()), "activations", "cannot be read")
