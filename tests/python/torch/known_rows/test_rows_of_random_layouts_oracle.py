"""The oracle of random layouts, by itself."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
import numpy as np
import torch
from hypothesis import given

from known_rows import inputs, record, seeded
from random_layouts import Arranged, Layout, Sizes, label, layouts, read

SIZES = Sizes(2, 3, 2, 2)


@given(layout=layouts(kinds=("own",)))
def test_rows_are_what_the_labels_say(layout: Layout) -> None:
    model = seeded(0, lambda: Arranged(layout, SIZES, fixed=True, mixed=True, axis=0))
    x = inputs(3, 6, 4)
    (out,) = record(model, [x], "layer")
    with torch.no_grad():
        plain = torch.tanh(model.split(x))  # type: ignore[operator]
    factors = label(layout, 3, SIZES)
    assert torch.equal(out, plain[tuple(factors)])
    for reading in read(out, layout, 3, SIZES):
        assert sorted(reading.rows) == sorted(set(reading.rows))
        assert {name[0] for name in reading.rows} == {0, 1, 2}
        for (b, *_), values in reading.rows.items():
            assert np.isin(values, plain[b].numpy()).all()


def test_the_plain_layout_has_the_readings_that_it_should() -> None:
    out = torch.randn(3, 6, 2, 2)
    found = {
        reading.neurons: len(reading.rows)
        for reading in read(out, Layout("BPQhd", ("B", "PQ", "h", "d")), 3, SIZES)
    }
    # Size apart from heads, each head a row; both together.
    assert found == {(3,): 36, (3, 2): 18}


def test_features_among_inputs_have_no_reading() -> None:
    out = torch.randn(6, 2, 6)
    assert list(read(out, Layout("PQhBd", ("PQ", "h", "Bd")), 3, SIZES)) == []
