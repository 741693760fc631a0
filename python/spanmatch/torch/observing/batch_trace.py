"""The trace of one batch: runs on it and on changed inputs, until all rows are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from spanmatch.torch.observing.forward_pass import ForwardPass
from spanmatch.torch.observing.item_trace import trace_items
from spanmatch.torch.observing.kept_state import ModelState
from spanmatch.torch.observing.model_state import RandomStream
from spanmatch.torch.observing.trace import trace_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.torch.observing.batch_contents import BatchContents
    from spanmatch.torch.observing.trace import RowTrace

    Origin: TypeAlias = tuple[RandomStream, ModelState]
    RunModel: TypeAlias = Callable[[Any, ForwardPass, Origin], None]


def trace_batch(
    run_model: RunModel,
    read: BatchContents,
    input_axis: int,
    check: Callable[[ForwardPass], None],
) -> tuple[ForwardPass, RowTrace]:
    """Find the layout of every output, and return it with the first pass over the batch.

    Parameters
    ----------
    run_model
        Runs the model on inputs, with the random numbers and the state of an origin, and records
        the forward pass.
    read
        The contents of the batch.
    input_axis
        The axis of its tensors that runs over the inputs.
    check
        Raises an error if the first pass is wrong.
    """
    # With items every row on axis 0 is checked.
    n_looked_at = read.n_inputs if read.items is None else 1

    def run(
        inputs: Any,
        n_inputs: int = n_looked_at,
        *,
        until_error: bool = False,
        origin: Origin | None = None,
    ) -> ForwardPass:
        current = ForwardPass(
            n_inputs=n_inputs, input_axis=input_axis, is_projected=True, is_resized=until_error
        )
        try:
            # Without an origin, begin where the run of the first batch will begin.
            run_model(inputs, current, origin or (RandomStream(), ModelState()))
        except MemoryError:
            raise
        except Exception:
            if not until_error:
                raise
            current.is_whole = False
        return current

    origin = RandomStream(), ModelState()
    given = run(read.inputs, origin=origin)
    given.is_repeatable = not any(part.has_moved for part in origin)
    check(given)

    def run_on() -> ForwardPass:
        return run(read.inputs, origin=origin)

    if read.items is not None:
        return given, trace_items(run, run_on, given, read.inputs, read.items)
    masks = read.masks.of_inputs
    return given, trace_rows(run, run_on, given, read.inputs, masks, input_axis=input_axis)
