"""Which layers are left out of a comparison: unreadable ones, and those whose sums do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.memory import find_available, format_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.torch.comparing.lockstep import Lockstep
    from spanmatch.torch.comparing.options import CompareOptions


def leave_out_layers(
    lockstep: Lockstep,
    counts: tuple[Mapping[str, int], Mapping[str, int]],
    pairs: Mapping[str, str] | None,
    options: CompareOptions,
) -> dict[str, str]:
    """Leave out what cannot be compared, of layers that have been traced.

    Parameters
    ----------
    lockstep
        Both models, which read the layers left out no more.
    counts
        How many neurons the layers of both have that can be read.
    pairs
        The layers of A, each with its layer of B; None for all pairs.
    options
        What is asked for.

    Returns
    -------
    dict
        The reasons, by the layers' names in A; for all pairs by those of either.

    Raises
    ------
    ValueError
        A layer that was named, or every one, is among them.
    MemoryError
        Each fits, but the sums of all together do not.
    """
    if pairs is None:
        wide_a, wide_b = (_find_wide(each, options.max_neurons) for each in counts)
        lockstep.leave_out(wide_a, wide_b)
        of_a, of_b = lockstep.left_out
        return {**_prefix("B", of_b), **_prefix("A", of_a)}
    left_out, needed = _find_unreadable(lockstep, pairs), 0
    free = find_available()
    for a, b in pairs.items():
        if a in left_out or a not in counts[0] or b not in counts[1]:
            continue
        n_a, n_b = counts[0][a], counts[1][b]
        size = count_sums(n_a, n_b, options)
        if options.max_neurons is not None and max(n_a, n_b) > options.max_neurons:
            left_out[a] = _explain_width(max(n_a, n_b))
        elif free is not None and size > free:
            left_out[a] = (
                f"the sums of its {n_a} + {n_b} neurons take {format_bytes(size)}, of "
                f"{format_bytes(free)} that are free"
            )
        else:
            needed += size
    if free is not None and needed > free:
        raise MemoryError(
            f"the sums of {len(pairs) - len(left_out)} layers take {format_bytes(needed)}, of "
            f"{format_bytes(free)} that are free: compare fewer layers at a time by `layers`, "
            "leave out wide ones by `max_neurons`, or keep fewer `nulls` and `folds`"
        )
    alone = {b for a, b in pairs.items() if a not in left_out}
    of_b = {b: left_out[a] for a, b in pairs.items() if a in left_out and b not in alone}
    lockstep.leave_out(left_out, of_b)
    return left_out


def count_sums(n_a: int, n_b: int, options: CompareOptions) -> int:
    """Return how many bytes the sums of a pair take, with its nulls and folds."""
    return 8 * ((n_a + n_b) ** 2 + options.resampling.count_beside(n_a, n_b))


def _find_unreadable(lockstep: Lockstep, pairs: Mapping[str, str]) -> dict[str, str]:
    of_a, of_b = lockstep.left_out
    found: dict[str, str] = {}
    for a, b in pairs.items():
        reasons = [
            (side, reasons[name])
            for side, name, reasons in (("A", a, of_a), ("B", b, of_b))
            if name in reasons
        ]
        if len({reason for _, reason in reasons}) == 1 and len(reasons) == 2:
            found[a] = reasons[0][1]
        elif reasons:
            found[a] = "; ".join(f"in {side}: {reason}" for side, reason in reasons)
    return found


def _find_wide(counts: Mapping[str, int], max_neurons: int | None) -> dict[str, str]:
    return {
        name: _explain_width(count)
        for name, count in counts.items()
        if max_neurons is not None and count > max_neurons
    }


def _explain_width(count: int) -> str:
    return f"it has {count} neurons, more than `max_neurons`"


def _prefix(side: str, reasons: Mapping[str, str]) -> dict[str, str]:
    return {name: f"in {side}: {reason}" for name, reason in reasons.items()}
