"""Which layers are left out of a comparison: unreadable ones, and those whose sums do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.memory import format_bytes
from spanmatch.torch.comparing.budget import count_in_pass, count_sums
from spanmatch.torch.comparing.parts import keep_pairs, list_both

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.torch.comparing.lockstep import Lockstep, Sizes
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.comparing.pair_costs import PairCosts
    from spanmatch.torch.comparing.parts import Part
    from spanmatch.torch.observing.layer_size import LayerSize


def leave_out_of_pairs(
    lockstep: Lockstep,
    sizes: Sizes,
    pairs: Mapping[str, str],
    options: CompareOptions,
    budget: int | None,
) -> dict[str, str]:
    """Leave out the traced layers that cannot be compared one by one.

    Parameters
    ----------
    lockstep
        Both models, which stop reading the layers that are left out.
    sizes
        The sizes of the layers of both models that can be read.
    pairs
        The layers of A, each with its layer of B.
    options
        The options of the comparison.
    budget
        The bytes that the sums of a layer may take; None for no limit.

    Returns
    -------
    dict
        The reasons, by the layers' names in A.

    Raises
    ------
    ValueError
        A layer that was named would be left out, or every layer.
    MemoryError
        The same, because its sums do not fit.
    """
    left_out, too_large = _find_unreadable(lockstep, pairs), dict[str, str]()
    for a, b in pairs.items():
        if a in left_out or a not in sizes[0] or b not in sizes[1]:
            continue
        n_a, n_b = sizes[0][a].n_neurons, sizes[1][b].n_neurons
        if options.max_neurons is not None and max(n_a, n_b) > options.max_neurons:
            left_out[a] = explain_width(max(n_a, n_b))
        elif budget is not None and count_in_pass(sizes[0][a], sizes[1][b], options) > budget:
            too_large[a] = _explain_size(sizes[0][a], sizes[1][b], options, budget)
    reasons = left_out | too_large
    kept = {a: b for a, b in pairs.items() if a not in reasons}
    of_b = {b: reasons[a] for a, b in pairs.items() if a in reasons and b not in kept.values()}
    named = [a for a in too_large if lockstep.is_named(a)]
    if named or (too_large and not any(a in sizes[0] for a in kept)):
        layer = named[0] if named else next(iter(too_large))
        raise MemoryError(f"layer {layer!r}: {too_large[layer]}")
    lockstep.leave_out(reasons, of_b)
    return {a: reasons[a] for a in pairs if a in reasons}


def leave_out_wide(lockstep: Lockstep, sizes: Sizes, options: CompareOptions) -> dict[str, str]:
    """Leave out layers of all pairs; the reasons are by the layers' names in either model."""
    wide_a, wide_b = (_find_wide(each, options.max_neurons) for each in sizes)
    lockstep.leave_out(wide_a, wide_b)
    of_a, of_b = lockstep.left_out
    return {**_prefix("B", of_b), **_prefix("A", of_a)}


def leave_out_large_pairs(
    lockstep: Lockstep, costs: PairCosts, pairs: Part, budget: int
) -> dict[tuple[str, str], str]:
    """Leave out the pairs of layers whose sums do not fit, and return the reasons.

    A layer that fits with no other is no longer read.

    Raises
    ------
    MemoryError
        Both layers of such a pair were named; or one was, and it fits with no other; or no pair
        fits.
    """
    every = [(a, b) for a, each in pairs.items() for b in each]
    reasons = {
        (a, b): _explain_large_pair(costs, a, b, budget)
        for a, b in every
        if costs.count({a: (b,)}) > budget
    }
    kept = list_both(keep_pairs(pairs, lambda a, b: (a, b) not in reasons))
    for (a, b), reason in reasons.items():
        named = lockstep.is_named(a), lockstep.is_named(b, model=1)
        gone = a not in kept[0], b not in kept[1]
        if all(named) or not kept[0] or any(map(all, zip(named, gone, strict=True))):
            raise MemoryError(f"layer {a!r} of A and {b!r} of B: {reason}")
    lockstep.leave_out(
        {a: reason for (a, _), reason in reasons.items() if a not in kept[0]},
        {b: reason for (_, b), reason in reasons.items() if b not in kept[1]},
    )
    return reasons


def explain_width(count: int) -> str:
    """Return why a layer with this number of neurons is left out."""
    return f"it has {count} neurons, more than `max_neurons`"


def explain_unreadable(of_a: str | None, of_b: str | None) -> str:
    """Return why a layer cannot be read in A, in B, or in both; "" if it can be read in both.

    >>> explain_unreadable(None, "it never ran")
    'in B: it never ran'
    """
    if of_a == of_b:
        return of_a or ""
    reasons = {"A": of_a, "B": of_b}
    return "; ".join(f"in {side}: {reason}" for side, reason in reasons.items() if reason)


def _find_unreadable(lockstep: Lockstep, pairs: Mapping[str, str]) -> dict[str, str]:
    of_a, of_b = lockstep.left_out
    reasons = {a: explain_unreadable(of_a.get(a), of_b.get(b)) for a, b in pairs.items()}
    return {a: reason for a, reason in reasons.items() if reason}


def _find_wide(sizes: Mapping[str, LayerSize], max_neurons: int | None) -> dict[str, str]:
    return {
        name: explain_width(size.n_neurons)
        for name, size in sizes.items()
        if max_neurons is not None and size.n_neurons > max_neurons
    }


def _explain_size(a: LayerSize, b: LayerSize, options: CompareOptions, budget: int) -> str:
    sums = a.n_calls * count_sums(a.n_neurons, b.n_neurons, options)
    return _explain_memory(a, b, sums, a.n_bytes, budget)


def _explain_large_pair(costs: PairCosts, a: str, b: str, budget: int) -> str:
    sizes, pair = (costs.sizes[0][a], costs.sizes[1][b]), {a: (b,)}
    return _explain_memory(*sizes, costs.count_sums(pair), costs.count_batch(pair), budget)


def _explain_memory(a: LayerSize, b: LayerSize, sums: int, outputs: int, budget: int) -> str:
    return (
        f"the sums of its {a.n_neurons} + {b.n_neurons} neurons take {format_bytes(sums)}, and its "
        f"outputs for a batch {format_bytes(outputs)}, of {format_bytes(budget)} that may be "
        "used: allow more by `max_memory`, if there is more, or give smaller batches"
    )


def _prefix(side: str, reasons: Mapping[str, str]) -> dict[str, str]:
    return {name: f"in {side}: {reason}" for name, reason in reasons.items()}
