"""The trace for inputs that lie one after the other, which checks the given row counts.

The model runs on its first batch with the rows of some inputs disturbed. Only the rows of an output
that belong to these inputs may change. The right number of rows alone would not prove it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.torch.observing.disturbed_rows import disturb_rows, list_disturbed, plan_runs
from spanmatch.torch.observing.input_axis import InputAxis
from spanmatch.torch.observing.items import ONE
from spanmatch.torch.observing.layout import Layout
from spanmatch.torch.observing.positions import find_neurons
from spanmatch.torch.observing.trace import make_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from torch import Tensor

    from spanmatch.torch.observing.forward_pass import Call, ForwardPass, SeenOutput
    from spanmatch.torch.observing.items import BatchItems, RowCounts
    from spanmatch.torch.observing.trace import RowTrace

    Run = Callable[..., ForwardPass]

SEEN = 0.5  # the part of the inputs whose rows must be seen to change, at least
ROUNDINGS = 10  # A difference of up to this many times that of two equal runs is no change,
STILL = 2  # and neither is one of up to this many roundings of the largest row.


@dataclass
class Evidence:
    """The effect of disturbing some tensors, by output and kind of rows."""

    names: Sequence[str]
    """The tensors."""
    agrees: set[tuple[Call, str]] = field(default_factory=set)
    contradicts: set[tuple[Call, str]] = field(default_factory=set)
    changes: set[Call] = field(default_factory=set)

    def add(self, call: Call, changed: Tensor, plan: Tensor, kinds: Iterable[RowCounts]) -> None:
        """Record the rows of an output that changed in each run, as rows × runs."""
        if bool(changed.any()):
            self.changes.add(call)
        for kind in kinds:
            owners = torch.arange(len(plan)).repeat_interleave(torch.tensor(kind.counts))
            if bool((changed & ~plan[owners]).any()):
                self.contradicts.add((call, kind.kind))
                continue
            seen = owners[changed.any(1)].unique()
            if len(seen) >= SEEN * sum(count > 0 for count in kind.counts):
                self.agrees.add((call, kind.kind))


def trace_items(
    run: Run,
    run_on: Callable[[], ForwardPass],
    given: ForwardPass,
    inputs: Any,
    items: BatchItems,
) -> RowTrace:
    """Find the kinds of rows of each output, among the given kinds of each input.

    Parameters
    ----------
    run
        Runs the model on inputs, and returns the pass with projections of its outputs.
    run_on
        Runs the model on the first batch again, with the random numbers and the state after the
        first pass.
    given
        The pass on the first batch.
    inputs
        The inputs of the model.
    items
        The number of rows of each input.
    """
    kinds = {call: items.find_kinds(output.shape[0]) for call, output in given.seen.items()}
    shown = [] if items.n_inputs == 1 else _disturb_all(run, given, inputs, items, kinds)
    found = _drop_misplaced(shown, kinds)
    layouts: dict[Call, Layout] = {}
    n_neurons: dict[Call, int] = {}
    left_out: dict[str, str] = {}
    silent: set[Call] = set()
    for call, output in given.seen.items():
        of = _choose_kinds(call, kinds[call], found, is_tested=items.n_inputs > 1)
        try:
            if not of:
                if not any(call in each.changes for each in shown):
                    silent.add(call)
                misplaced = [each for each in shown if each not in found]
                raise ValueError(_explain(output, kinds[call], found, misplaced, items))
            neurons = find_neurons(output, InputAxis(0), [])
        except ValueError as error:
            left_out.setdefault(call[0], str(error))
            continue
        layouts[call] = Layout(InputAxis(0), neurons, len(output.shape), kinds=of)
        n_neurons[call] = prod(output.shape[axis] for axis in neurons)
    _name_random(run_on, given, left_out, found)
    return make_trace(layouts, n_neurons, left_out, frozenset(silent))


def _disturb_all(
    run: Run,
    given: ForwardPass,
    inputs: Any,
    items: BatchItems,
    kinds: Mapping[Call, list[RowCounts]],
) -> list[Evidence]:
    """Return the effect of disturbing each tensor, or each group of tensors."""
    plan = plan_runs(items.n_inputs)
    floors = _measure_rounding(run, given, inputs)
    found = []
    for rows in list_disturbed(inputs, items):
        runs: list[ForwardPass | None] = []
        try:
            for at in range(plan.shape[1]):
                changed = disturb_rows(inputs, rows, plan[:, at], seed=at)
                runs.append(None if changed is None else run(changed))
        except MemoryError:
            raise
        except Exception:
            # The model refuses such inputs, so nothing is learned.
            continue
        evidence = Evidence(list(rows))
        for call, output in given.seen.items():
            changed_rows = _find_changed(output, runs, floors[call]) if kinds[call] else None
            if changed_rows is not None:
                evidence.add(call, changed_rows, plan, kinds[call])
        found.append(evidence)
    return found


def _measure_rounding(run: Run, given: ForwardPass, inputs: Any) -> dict[Call, float]:
    """Return the differences of projected rows of every output that count as no change."""
    again = run(inputs)
    floors = {}
    for call, output in given.seen.items():
        one = output.slices.get(0)
        other = again.seen[call].slices.get(0) if call in again.seen else None
        if one is None or other is None or one.shape != other.shape:
            floors[call] = float("inf")
            continue
        rounding = float(one.abs().max()) * output.resolution * STILL
        floors[call] = max(ROUNDINGS * float((one - other).abs().max()), rounding)
    return floors


def _find_changed(
    output: SeenOutput, runs: list[ForwardPass | None], floor: float
) -> Tensor | None:
    """Return the rows that changed in each run; None if the number of rows changed."""
    one = output.slices.get(0)
    if one is None:
        return None
    columns = []
    for each in runs:
        if each is None:
            columns.append(torch.zeros(len(one), dtype=torch.bool))
            continue
        seen = each.seen.get((output.layer, output.call))
        other = None if seen is None else seen.slices.get(0)
        if other is None or other.shape != one.shape:
            return None
        columns.append(((other - one).abs().amax(1) > floor).cpu())
    return torch.stack(columns, 1)


def _drop_misplaced(found: list[Evidence], kinds: Mapping[Call, list[RowCounts]]) -> list[Evidence]:
    """Drop the effects of tensors whose rows are not those of inputs, but happen to be as many.

    Outputs with one row for each input show this: they change with the right input only for tensors
    whose rows are those of inputs.
    """
    single = {(call, ONE) for call, each in kinds.items() if [kind.kind for kind in each] == [ONE]}
    right = [each for each in found if each.agrees & single and not each.contradicts & single]
    return [each for each in found if not each.contradicts & single] if right else found


def _choose_kinds(
    call: Call, kinds: list[RowCounts], found: list[Evidence], *, is_tested: bool
) -> tuple[str, ...]:
    """Return the possible kinds of an output's rows: those seen to change, and never wrongly."""
    return tuple(
        kind.kind
        for kind in kinds
        if not is_tested
        or (
            any((call, kind.kind) in each.agrees for each in found)
            and not any((call, kind.kind) in each.contradicts for each in found)
        )
    )


def _explain(
    output: SeenOutput,
    kinds: list[RowCounts],
    found: list[Evidence],
    misplaced: list[Evidence],
    items: BatchItems,
) -> str:
    """Return why the inputs of an output's rows are not known."""
    call = output.layer, output.call
    if not kinds:
        return items.explain_size(output.shape)
    if any((call, kind.kind) in each.contradicts for kind in kinds for each in found):
        return (
            f"disturbing an input changed rows of its output {output.shape} that {items.source} "
            "gives to other inputs: choose another layer, or say `trace=False` if its inputs do "
            "act on each other"
        )
    if names := [repr(name) for each in misplaced if call in each.changes for name in each.names]:
        return (
            f"its output {output.shape} has the rows of {' and '.join(names)}, which are as many "
            f"as those of the inputs, and do not lie as {items.source} says"
        )
    return (
        f"too few rows of its output {output.shape} changed with the rows of the batch to see "
        f"whether they lie as {items.source} says; `trace=False` takes that for granted"
    )


def _name_random(
    run_on: Callable[[], ForwardPass],
    given: ForwardPass,
    left_out: dict[str, str],
    found: list[Evidence],
) -> None:
    """Report the contradictory outputs that differ between two runs on the same inputs."""
    lost = {call for each in found for call, _ in each.contradicts if call[0] in left_out}
    if not lost:
        return
    try:
        again = run_on()
    except MemoryError:
        raise
    except Exception:
        return
    for call in lost:
        one, other = given.seen[call].slices.get(0), again.seen.get(call)
        if one is not None and other is not None and not torch.equal(one, other.slices[0]):
            left_out[call[0]] = (
                "its output is random, or depends on what was run before: two runs on the same "
                "inputs differ; `trace=False` takes its rows to lie as they are said to"
            )
