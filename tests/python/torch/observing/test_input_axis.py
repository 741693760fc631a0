"""Where the inputs are in an output, by the definition: slices that moved as they did."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spanmatch.torch.observing.input_axis import (
    InputAxis,
    NoInputAxisError,
    UnmovedError,
    choose_order,
    find_disturbed_axis,
    find_input_axis,
    project_slices,
)

EPS = torch.finfo(torch.float32).eps


@pytest.mark.parametrize("n", range(2, 40))
def test_no_input_stays_and_no_order_undoes_itself(n: int) -> None:
    order, there = choose_order(n), torch.arange(n)
    assert sorted(order.tolist()) == there.tolist()
    assert not (order == there).any()
    if n > 3:
        assert not torch.equal(order[order], there)
        assert len(set(((order - there) % n).tolist())) > 1


@given(
    n=st.integers(2, 7), before=st.integers(1, 3), after=st.integers(1, 3), axis=st.integers(0, 2),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_every_way_in_which_rows_lie_is_found(
    n: int, before: int, after: int, axis: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    others = torch.randn((before, n, after, 3, 5), generator=generator)
    order = choose_order(n)

    def lay(values: torch.Tensor) -> torch.Tensor:
        return values.flatten(0, 2).movedim(0, axis)

    one, other = (project_slices(lay(each), n) for each in (others, others[:, order]))
    found = find_input_axis(one, other, order, EPS)
    assert found == InputAxis(axis, before, after)
    split = found.split(lay(others), n)
    assert split.shape[found.place] == n
    assert torch.equal(
        split.select(found.place, 1).flatten().sort()[0], others[:, 1].flatten().sort()[0]
    )
    touched = {}
    for at in (0, n - 1):
        changed = others.clone()
        changed[:, at] += 0.01
        touched[at] = project_slices(lay(changed), n)
    if n > 2 or before == after == 1:
        assert find_disturbed_axis(one, touched, n) == found


def test_what_stays_has_no_input_axis() -> None:
    order, values = choose_order(5), torch.randn(5, 4, 10)
    slices = project_slices(values, 5)
    with pytest.raises(UnmovedError):
        find_input_axis(slices, slices, order, EPS)
    # Rows that went to other places than the inputs.
    with pytest.raises(NoInputAxisError, match="could not be found again"):
        find_input_axis(slices, project_slices(values.flip(0), 5), order, EPS)
    # One that is lost is enough.
    moved = values[order].clone()
    moved[2] += 1.0
    with pytest.raises(NoInputAxisError, match="could not be found again"):
        find_input_axis(slices, project_slices(moved, 5), order, EPS)
    with pytest.raises(NoInputAxisError, match="changes shape"):
        find_input_axis(slices, project_slices(values[:, :, :5], 5), order, EPS)
    with pytest.raises(NoInputAxisError, match="no axis"):
        find_input_axis({}, {}, order, EPS)


def test_places_that_are_the_same_for_all_inputs_may_be_of_none() -> None:
    order, values = choose_order(5), torch.randn(5, 3, 4)
    values[:, 2] = 7.0
    before, after = (project_slices(each.flatten(0, 1), 5) for each in (values, values[order]))
    with pytest.raises(NoInputAxisError, match="free places of experts"):
        find_input_axis(before, after, order, EPS)
