"""A comparison without networks that are copies of others, such as one file under two names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.many.compared_networks import ComparedNetworks

if TYPE_CHECKING:
    from collections.abc import Sequence


def leave_out_copies(many: ComparedNetworks) -> ComparedNetworks | None:
    """Return the comparison without copies, or None if fewer than two networks differ.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rows = np.random.default_rng(0).standard_normal((2, 50, 3))
    >>> told = sm.Comparison({"fc": sm.spectrum(rows[0], rows[1])}, None)
    >>> pairs = {pair: told for pair in [("a", "b"), ("a", "c"), ("b", "c")]}
    >>> many = sm.ManyComparison(["a", "b", "c"], pairs, identical=[("a", "b")])
    >>> leave_out_copies(many).networks
    ('a', 'c')
    """
    copies = {
        name
        for group in many.identical
        for name in group
        if name != choose_original(group, many.reference)
    }
    if not copies:
        return many
    comparisons = {pair: each for pair, each in many.comparisons.items() if copies.isdisjoint(pair)}
    if not comparisons:
        return None
    networks = [name for name in many.networks if name not in copies]
    return ComparedNetworks(networks, comparisons, reference=many.reference)


def choose_original(group: Sequence[str], reference: str | None) -> str:
    """Return which of identical networks is kept: the reference, or else the first.

    >>> choose_original(["a", "b"], None), choose_original(["a", "b"], "b")
    ('a', 'b')
    """
    return reference if reference is not None and reference in group else group[0]
