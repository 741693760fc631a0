"""Runs on sequences of other lengths: axes that follow the length are positions.

The other length is half. Models may pad a sequence to whole blocks or pool it by two, and then one
position less would change no shape. If half the length changes no shape either, as with a single
block, the model runs once more with so many positions that shapes must change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanmatch.torch.observing.perturbed_inputs import (
    count_positions,
    resize_inputs,
    shorten_inputs,
)
from spanmatch.torch.observing.positions import Resized, explain_doubt, is_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from spanmatch.torch.observing.forward_pass import Call, ForwardPass, SeenOutput
    from spanmatch.torch.observing.input_axis import InputAxis

    Run = Callable[..., ForwardPass]


def resize_runs(
    run: Run,
    given: ForwardPass,
    axes: Mapping[Call, InputAxis],
    inputs: Any,
    masks: Mapping[str, Tensor],
    *,
    input_axis: int,
) -> tuple[list[Resized], dict[Call, str]]:
    """Run on inputs of other lengths, if that can show more positions.

    Parameters
    ----------
    run, given, inputs, masks, input_axis
        As `trace_rows` has them.
    axes
        The axis of the inputs in each output, if known.

    Returns
    -------
    tuple
        The runs; and the outputs whose positions could not be found, with the reasons.
    """
    if not masks:
        unknown = any(
            is_unknown(given.seen[call], where) and len(given.seen[call].shape) > 2
            for call, where in axes.items()
        )
        if not unknown or input_axis:
            return [], {}
        shorter = run(shorten_inputs(inputs), given.n_inputs, until_error=True)
        return [_note_shapes("", shorter, count_positions(inputs))], {}
    shorter_runs: list[tuple[str, ForwardPass]] = []
    for name, mask in masks.items():
        length = mask.shape[1]
        for less in filter(None, dict.fromkeys((length // 2, length - 1))):
            changed = resize_inputs(inputs, name, mask, less, input_axis)
            if changed is None:
                break
            shorter_runs.append((name, run(changed, given.n_inputs, until_error=True)))
            if shorter_runs[-1][1].is_whole:
                break
    resized = [_note_shapes(name, shorter, masks[name].shape[1]) for name, shorter in shorter_runs]
    doubts: dict[Call, str] = {}
    for name, mask in masks.items():
        doubtful = _find_doubtful(given, axes, shorter_runs, name, mask.shape[1])
        if not doubtful:
            continue
        longer = run(
            resize_inputs(inputs, name, mask, max(doubtful.values()) + 1, input_axis),
            given.n_inputs,
            until_error=True,
        )
        resized.append(_note_shapes(name, longer, mask.shape[1]))
        doubts.update({call: explain_doubt(name) for call in doubtful if call not in longer.seen})
    return resized, doubts


def _note_shapes(mask: str, current: ForwardPass, n_positions: int) -> Resized:
    shapes = {call: output.shape for call, output in current.seen.items()}
    return Resized(mask, shapes, n_positions)


def _find_doubtful(
    given: ForwardPass,
    axes: Mapping[Call, InputAxis],
    shorter_runs: list[tuple[str, ForwardPass]],
    mask: str,
    length: int,
) -> dict[Call, int]:
    """Return the outputs that may have a mask's positions, and how many, if no axis shrank.

    They have at least as many rows, and other values for the shorter sequence.
    """
    found = {}
    for call, where in axes.items():
        output = given.seen[call]
        others = [
            (name, other)
            for name, each in shorter_runs
            if (other := each.seen.get(call)) is not None
        ]
        if any(other.shape != output.shape for _, other in others):
            continue
        if not any(name == mask and output.differs(other) for name, other in others):
            continue
        most = max(_count_positions(output, where, given.n_inputs), default=1)
        if most >= length:
            found[call] = most
    return found


def _count_positions(output: SeenOutput, where: InputAxis, n_inputs: int) -> list[int]:
    """Return the lengths of the axes that may be positions."""
    neurons = output.neurons or (() if len(output.shape) > 2 else (1 - where.axis,))
    return [
        size // n_inputs if axis == where.axis else size
        for axis, size in enumerate(output.shape)
        if axis not in neurons
    ]
